#include "experiments/cells.h"

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/suggest.h"
#include "core/version.h"
#include "experiments/protocols.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace mlvicx {

std::string hash_of(const json::object& config) {
    return sha256(canonical(config)).substr(0, 32);
}

namespace {

std::string precision_name(const std::string& text, const torch::Device& device) {
    return name_of(precision_from(text, device));
}

json::object begin_config(const char* kind, const std::string& encoder) {
    json::object config;
    config["kind"] = kind;
    config["result_version"] = result_version;
    config["encoder"] = encoder;
    return config;
}

} // namespace

json::object pretrain_config(const MethodEntry& entry, MethodOptions own, PretrainOptions options,
                             const std::string& backbone, const std::string& fingerprint, const torch::Device& device) {
    options.precision = precision_name(options.precision, device);
    json::object config = begin_config("pretrain", entry.encoder(backbone));
    config["method"] = entry.name;
    config["options"] = resolved([&](Fields& f) { entry.fields(f, own); });
    config["training"] = resolved([&](Fields& f) { fields(f, options); });
    for (const char* key : {"checkpoint_every", "probe_every"}) // they do not change the weights
        config["training"].get_object().erase(key);
    config["dataset"] = fingerprint;
    config["seed"] = options.seed;
    return config;
}

std::int64_t drawn_by(const CellKey& key) {
    return key.draw.value_or(key.seed);
}

std::string random_encoder_id(const std::string& encoder, std::int64_t seed) {
    json::object config = begin_config("random", encoder);
    config["seed"] = seed;
    return hash_of(config);
}

std::string weights_encoder_id(const std::string& encoder, const std::filesystem::path& file) {
    json::object config = begin_config("weights", encoder);
    config["content"] = Sha256().add(MappedFile(file).bytes()).hex();
    return hash_of(config);
}

json::object evaluate_config(PlanEvaluation options, const CellKey& key, const std::string& encoder,
                             const std::string& encoder_id, const std::string& fingerprint, const torch::Device& device,
                             const std::string& subset) {
    json::object config = begin_config("evaluate", encoder);
    config["weights"] = encoder_id;
    config["dataset"] = fingerprint;
    config["protocol"] = key.protocol;
    config["fraction"] = key.fraction;
    config["seed"] = key.seed;
    config["image_size"] = options.image_size;
    if (key.draw) config["draw"] = *key.draw;
    if (!subset.empty()) config["subset"] = subset;
    if (options.heatmaps.on && has_linear_head(key.protocol))
        config["heatmaps"] = resolved([&](Fields& f) { fields(f, options.heatmaps); });
    if (on_frozen_features(key.protocol)) {
        const bool knn = key.protocol == "knn";
        config["options"] = resolved([&](Fields& f) { knn ? fields(f, options.knn) : fields(f, options.frozen); });
        config["precision"] = precision_name(options.precision, device);
        return config;
    }
    if (is_segmentation(key.protocol)) {
        options.segmentation.precision = precision_name(options.segmentation.precision, device);
        json::object training = resolved([&](Fields& f) { fields(f, options.segmentation); });
        training.erase("datasets"); // which datasets are segmented changes nothing in one of them
        config["options"] = training;
        return config;
    }
    auto& training = options.training(key.protocol);
    training.precision = precision_name(training.precision, device);
    const bool plain = key.protocol == "finetuned";
    config["options"] = resolved([&](Fields& f) { plain ? fields(f, training) : all_fields(f, training); });
    if (!plain) config["learns"] = training.learns;
    return config;
}

namespace {

/// The datasets whose test films are left out of pre-training, for its configuration.
json::array left_out(const Plan& plan, const CellInputs& inputs) {
    std::set<std::string> fingerprints;
    for (const auto& dataset : plan.evaluate.datasets) fingerprints.insert(inputs.fingerprints.at(dataset));
    return json::array(fingerprints.begin(), fingerprints.end());
}

std::string subset_digest(const Plan& plan, const CellInputs& inputs, const CellKey& key) {
    if (plan.evaluate.subsets.empty()) return {};
    const auto dataset = inputs.subsets.find(key.dataset);
    if (dataset == inputs.subsets.end()) return "not prepared yet";
    const auto found = dataset->second.find({key.fraction, drawn_by(key)});
    if (found == dataset->second.end())
        user_error("{}: $.evaluate.subsets: {} has no subset of {} with seed {} for dataset \"{}\"", plan.file.string(),
                   plan.evaluate.subsets, amount_text(key.fraction), drawn_by(key), key.dataset);
    return found->second;
}

std::string feature_id(const json::object& config) {
    json::object id;
    for (const char* key : {"result_version", "weights", "encoder", "dataset", "image_size", "precision"})
        id[key] = config.at(key);
    return hash_of(id);
}

void require_distinct(const Plan& plan, const std::vector<Cell>& cells) {
    std::map<std::string, const Cell*> seen;
    for (const auto& cell : cells) {
        const auto [other, is_new] = seen.emplace(cell.key.hash, &cell);
        if (!is_new)
            user_error("{}: \"{}\" and \"{}\" differ in nothing but their names", plan.file.string(),
                       cell_text(other->second->key), cell_text(cell.key));
    }
}

} // namespace

std::string evaluated_encoder(const Plan& plan, const PlanMethod& method) {
    return plan.evaluate.features == "backbone" ? plan.encoder : method.entry->encoder(plan.encoder);
}

Cells expand_cells(const Plan& plan, const CellInputs& inputs) {
    Cells cells;
    // Seeds outside: a table that compares all methods is there early.
    for (const auto seed : plan.seeds)
        for (std::size_t i = 0; i < plan.methods.size(); ++i) {
            const PlanMethod& method = plan.methods[i];
            std::optional<std::size_t> pretrain;
            std::string encoder_id;
            bool initial = false;
            if (method.entry->trains) {
                Cell cell;
                cell.method = i;
                auto& key = cell.key;
                key.kind = "pretrain";
                key.method = method.label;
                key.dataset = plan.pretrain_dataset;
                key.seed = seed;
                PretrainOptions options = method.pretrain;
                options.seed = seed;
                key.config = pretrain_config(*method.entry, method.own, options, plan.encoder,
                                             inputs.fingerprints.at(plan.pretrain_dataset), inputs.device);
                if (plan.exclude_overlap) key.config["without_test_films_of"] = left_out(plan, inputs);
                key.hash = encoder_id = hash_of(key.config);
                pretrain = cells.pretrain.size();
                cells.pretrain.push_back(std::move(cell));
            } else if (const auto& file = method.own.weights.file; !file.empty()) {
                encoder_id = weights_encoder_id(plan.encoder, file);
            } else {
                encoder_id = random_encoder_id(plan.encoder, seed);
                initial = true;
            }
            for (const auto& dataset : plan.evaluate.datasets)
                for (const auto& protocol : plan.evaluate.protocols)
                    for (const double fraction : plan.evaluate.fractions)
                        for (const auto draw : plan.evaluate.draws_of(fraction)) {
                            if (!plan.evaluate.takes(protocol, dataset)) continue;
                            Cell cell;
                            cell.method = i;
                            cell.pretrain = pretrain;
                            cell.encoder_id = encoder_id;
                            auto& key = cell.key;
                            key.kind = "evaluate";
                            key.method = method.label;
                            key.dataset = dataset;
                            key.protocol = protocol;
                            key.fraction = fraction;
                            key.seed = seed;
                            key.draw = draw;
                            key.control = initial;
                            key.config = evaluate_config(plan.evaluate, key, evaluated_encoder(plan, method),
                                                         encoder_id, inputs.fingerprints.at(dataset), inputs.device,
                                                         subset_digest(plan, inputs, key));
                            key.hash = hash_of(key.config);
                            if (on_frozen_features(protocol)) cell.features = feature_id(key.config);
                            cells.evaluate.push_back(std::move(cell));
                        }
        }
    require_distinct(plan, cells.pretrain);
    require_distinct(plan, cells.evaluate);
    return cells;
}

CellFilter::CellFilter(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string item = text.substr(at, end - at);
        const std::size_t equals = item.find('=');
        const std::string key = item.substr(0, equals);
        const std::vector<std::string> known = {"kind", "method", "dataset", "protocol", "fraction", "seed", "draw"};
        if (equals == std::string::npos || std::find(known.begin(), known.end(), key) == known.end())
            user_error("--only has \"{}\", expected KEY=VALUE with a key of: {}{}", item, fmt::join(known, ", "),
                       did_you_mean(key, known));
        wanted_[key].push_back(item.substr(equals + 1));
        at = end + 1;
    }
    for (const char* key : {"fraction", "seed", "draw"})
        for (const auto& value : wanted_[key]) {
            double number = 0;
            const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
            if (read.ec != std::errc() || read.ptr != value.data() + value.size())
                user_error("--only has {}={}, expected a number", key, value);
        }
}

bool CellFilter::takes(const CellKey& key) const {
    for (const auto& [name, values] : wanted_) {
        if (values.empty()) continue;
        const bool any = std::any_of(values.begin(), values.end(), [&, &wanted = name](const std::string& value) {
            if (wanted == "kind") return key.kind == value;
            if (wanted == "method") return key.method == value;
            if (wanted == "dataset") return key.dataset == value;
            if (wanted == "protocol") return key.protocol == value;
            if (wanted == "seed") return static_cast<double>(key.seed) == std::stod(value);
            if (wanted == "draw") return key.draw && static_cast<double>(*key.draw) == std::stod(value);
            return std::abs(key.fraction - std::stod(value)) < 1e-9;
        });
        if (!any) return false;
    }
    return true;
}

std::string amount_text(double amount) {
    return amount > 1 ? fmt::format("{:g} films", amount) : fmt::format("{:g} %", 100 * amount);
}

std::string cell_text(const CellKey& key) {
    if (key.kind == "pretrain") return fmt::format("{} seed {}", key.method, key.seed);
    const std::string draw = key.draw ? fmt::format(" draw {}", *key.draw) : "";
    return fmt::format("{} seed {}{}, {}, {} of {}", key.method, key.seed, draw, key.protocol,
                       amount_text(key.fraction), key.dataset);
}

} // namespace mlvicx
