#include "results/report/card_parts.h"

#include "core/json_text.h"
#include "results/report/table.h"
#include "results/statistics/grid.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace mlvicx {

namespace {

/// A value at a path of a configuration; null if there is none.
json::value at(const json::object& config, std::initializer_list<const char*> path) {
    json::value value = config;
    for (const char* key : path) {
        const auto* next = value.is_object() ? value.get_object().if_contains(key) : nullptr;
        if (next == nullptr) return nullptr;
        const json::value copy = *next;
        value = copy;
    }
    return value;
}

/// "0.2", "sgd"; empty for null.
std::string plain(const json::value& value) {
    if (value.is_null()) return {};
    if (value.is_string()) return json::value_to<std::string>(value);
    return value.is_double() ? fmt::format("{:g}", value.get_double()) : readable(value);
}

/// "optimizer sgd, learning rate 0.2": those of the keys that have a value.
std::string listed(const json::object& options, const std::vector<std::string>& keys) {
    std::vector<std::string> items;
    for (const auto& key : keys) {
        const auto* value = options.if_contains(key);
        if (value == nullptr) continue;
        std::string words = key;
        std::replace(words.begin(), words.end(), '_', ' ');
        items.push_back(words + " " + plain(*value));
    }
    return fmt::format("{}", fmt::join(items, ", "));
}

/// Keys of a plan's dataset that name files, which a reader does not have.
bool is_path(const std::string& key) {
    static const std::set<std::string> paths = {"root",     "images", "metadata", "manifest",        "mapping",
                                                "nih_test", "file",   "train",    "validation_list", "test_list"};
    return paths.contains(key);
}

/// What a plan says of a dataset, "importer nih, size 224, split kind official"; nested keys in a row.
std::string said_of(const json::object& options, const std::string& prefix = "") {
    std::vector<std::string> items;
    for (const auto& item : options) {
        const std::string key(item.key());
        if (is_path(key) && item.value().is_string()) continue;
        if (item.value().is_object())
            items.push_back(said_of(item.value().get_object(), prefix + key + " "));
        else
            items.push_back(prefix + key + " " + plain(item.value()));
    }
    items.erase(std::remove(items.begin(), items.end(), std::string()), items.end());
    return fmt::format("{}", fmt::join(items, ", "));
}

struct TestImages {
    std::int64_t images = 0, patients = 0;
    std::string split;
    std::vector<std::string> classes;
};

/// The largest set of test images of a dataset under a kind of protocols.
TestImages test_images(Store& store, std::int64_t experiment, const std::string& dataset, const char* table) {
    Statement query(store.db(), std::string("SELECT f.images, f.classes, f.split, (SELECT count(DISTINCT patient) FROM "
                                            "scored_images p WHERE p.set_id = f.id) FROM experiment_jobs x JOIN jobs j "
                                            "ON j.id = x.job_id AND j.state = 'done' JOIN ") +
                                    table +
                                    " s ON s.job_id = j.id JOIN image_sets f ON f.id = s.set_id "
                                    "WHERE x.experiment_id = ? AND x.dataset = ? ORDER BY f.images DESC LIMIT 1");
    if (!query.bind(1, experiment).bind(2, dataset).step()) return {};
    return {query.integer(0), query.integer(3), query.text(2), query.texts(1)};
}

/// How a protocol was evaluated.
struct Way {
    std::string protocol, settings;
    std::set<std::string> methods;
};

void add_way(std::vector<Way>& ways, const Way& way) {
    const auto found = std::find_if(ways.begin(), ways.end(), [&](const Way& known) {
        return known.protocol == way.protocol && known.settings == way.settings;
    });
    if (found == ways.end())
        ways.push_back(way);
    else
        found->methods.insert(way.methods.begin(), way.methods.end());
}

/// Names the methods if most of the others were evaluated in another way.
std::string sentence_of(const Way& way, const std::vector<Way>& ways) {
    const Way* most = &way;
    for (const auto& other : ways)
        if (other.protocol == way.protocol && other.methods.size() > most->methods.size()) most = &other;
    const std::string whose = most == &way ? "" : fmt::format(" of {}", fmt::join(way.methods, ", "));
    return way.protocol + whose + way.settings + ". ";
}

} // namespace

namespace {

/// The first digits of a fingerprint, and of each of those that a pre-training on several datasets has ("a+b").
std::string short_fingerprints(const std::string& text) {
    constexpr std::size_t digits = 16;
    std::string result = text.substr(0, digits);
    for (auto at = text.find('+'); at != std::string::npos; at = text.find('+', at + 1))
        result += "+" + text.substr(at + 1, digits);
    return result;
}

} // namespace

std::string data_sentences(Store& store, std::int64_t experiment, const json::object& plan) {
    Statement query(store.db(), "SELECT x.dataset, group_concat(DISTINCT j.dataset_fingerprint) FROM experiment_jobs x "
                                "JOIN jobs j ON j.id = x.job_id AND j.state = 'done' WHERE x.experiment_id = ? "
                                "GROUP BY x.dataset ORDER BY min(x.position)");
    query.bind(1, experiment);
    std::string text;
    while (query.step()) {
        const std::string name = query.text(0);
        text += fmt::format("{}{}: fingerprint {}", text.empty() ? "" : " ", name, short_fingerprints(query.text(1)));
        if (const auto said = at(plan, {"datasets", name.c_str()}); said.is_object())
            text += fmt::format("; in the plan {}", said_of(said.get_object()));
        auto found = test_images(store, experiment, name, "scores");
        const bool masks = found.images == 0;
        if (masks) found = test_images(store, experiment, name, "image_values");
        if (found.images > 0)
            text += fmt::format("; {} split of {} images of {} patients; {} {} ({})", found.split, found.images,
                                found.patients, found.classes.size(), masks ? "masks" : "classes",
                                fmt::join(found.classes, ", "));
        text += ".";
    }
    return text;
}

std::string pretraining_sentences(Store& store, std::int64_t experiment) {
    Statement query(store.db(), "SELECT x.method, x.dataset, j.config, j.train_images, "
                                "coalesce(json_extract(j.details, '$.health.verdict'), '') FROM experiment_jobs x "
                                "JOIN jobs j ON j.id = x.job_id WHERE x.experiment_id = ? AND j.kind = 'pretrain' "
                                "AND j.state = 'done' ORDER BY x.position");
    query.bind(1, experiment);
    std::map<std::string, std::map<std::string, std::int64_t>> verdicts; // by the sentence, over its seeds
    std::vector<std::string> order;
    while (query.step()) {
        const auto config = query.object(2);
        const auto training = at(config, {"training"}), optimizer = at(config, {"training", "optimizer"});
        std::string line = fmt::format("{}: {}, {} images of {}", query.text(0), plain(at(config, {"encoder"})),
                                       query.integer(3), query.text(1));
        if (training.is_object())
            line += ", " + listed(training.get_object(), {"epochs", "batch_size", "image_size", "precision"});
        if (optimizer.is_object())
            line += ", optimiser " + plain(at(config, {"training", "optimizer", "name"})) + " with " +
                    listed(optimizer.get_object(), {"learning_rate", "weight_decay"});
        if (const auto warmup = at(config, {"training", "schedule", "warmup_epochs"}); !warmup.is_null())
            line += ", warm-up " + plain(warmup) + " epochs, then cosine";
        if (!verdicts.contains(line)) order.push_back(line);
        ++verdicts[line][query.text(4)];
    }
    std::string text;
    for (const auto& line : order) {
        std::vector<std::string> found;
        for (const auto& [verdict, count] : verdicts.at(line))
            if (!verdict.empty()) found.push_back(fmt::format("{} {}", count, verdict));
        text += line + (found.empty() ? "." : fmt::format(" ({}).", fmt::join(found, ", "))) + " ";
    }
    if (!text.empty()) text += "The weights after the last epoch are evaluated.";
    return text;
}

std::string evaluation_sentences(Store& store, std::int64_t experiment) {
    Statement query(store.db(), "SELECT j.protocol, j.config, j.details, x.method FROM experiment_jobs x JOIN jobs j "
                                "ON j.id = x.job_id WHERE x.experiment_id = ? AND j.kind = 'evaluate' "
                                "AND j.state = 'done' ORDER BY x.position");
    query.bind(1, experiment);
    const auto protocols = store.protocols();
    std::vector<Way> ways;
    while (query.step()) {
        const auto config = query.object(1), details = query.object(2);
        std::string line;
        if (const auto size = at(config, {"image_size"}); !size.is_null())
            line += fmt::format(": images of {} x {} pixels", plain(size), plain(size));
        const auto precision = at(config, {"precision"});
        line += precision.is_null() ? "" : ", " + plain(precision);
        if (const auto options = at(config, {"options"}); options.is_object() && !options.get_object().empty())
            line += ", " + listed(options.get_object(), {"precision", "epochs", "batch_size", "learning_rate",
                                                         "weight_decay", "patience", "l2", "k", "temperature"});
        const auto selection = plain(at(config, {"selection"}));
        if (const auto by = at(details, {"chosen_by"}); by.is_string())
            line += ", chosen by " + plain(by);
        else if (details.contains("best_epoch"))
            line += selection.empty() ? ", epoch chosen on the validation split" : ", epoch chosen: " + selection;
        if (!selection.empty() && selection != "validation") line += " (selection: " + selection + ")";
        add_way(ways, {protocol_of(protocols, query.text(0)).label, line, {query.text(3)}});
    }
    std::string text;
    for (const auto& way : ways) text += sentence_of(way, ways);
    Statement fractions(store.db(), "SELECT x.dataset, j.fraction, min(j.train_images), max(j.train_images) "
                                    "FROM experiment_jobs x JOIN jobs j ON j.id = x.job_id AND j.state = 'done' "
                                    "AND j.kind = 'evaluate' WHERE x.experiment_id = ? GROUP BY 1, 2 "
                                    "ORDER BY min(x.position), 2");
    fractions.bind(1, experiment);
    std::vector<std::string> labelled;
    while (fractions.step())
        labelled.push_back(fmt::format("{} of {} ({} images)", fraction_label(fractions.real(1)), fractions.text(0),
                                       fractions.integer(2) == fractions.integer(3)
                                           ? fmt::format("{}", fractions.integer(2))
                                           : fmt::format("{} to {}", fractions.integer(2), fractions.integer(3))));
    if (!labelled.empty()) text += fmt::format("Labelled training images: {}.", fmt::join(labelled, ", "));
    return text;
}

} // namespace mlvicx
