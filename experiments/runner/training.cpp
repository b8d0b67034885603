#include "experiments/runner/training.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "core/version.h"
#include "experiments/encoder_table.h"
#include "experiments/evaluation/features.h"
#include "experiments/evaluation/knn.h"
#include "experiments/evaluation/supervised_state.h"
#include "experiments/runner/live_curves.h"
#include "methods/pretrain/alignment.h"
#include "methods/pretrain/health.h"
#include "mlvicx/gate_ranges.h"

#include <algorithm>
#include <chrono>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// The probe of a pre-training: the AUC, mean over classes, of the 20 nearest training images of each validation image;
/// for an encoder with context bottlenecks also without them.
Probe knn_probe(const OpenDataset& data, const TrainingJob& job) {
    OpenDataset split;
    auto images = data.train;
    const auto trained = std::ssize(images);
    images.insert(images.end(), data.validation.begin(), data.validation.end());
    for (std::int64_t i = 0; i < std::ssize(images); ++i) (i < trained ? split.train : split.validation).push_back(i);
    split.labels = rows_of(data.labels, images);
    split.classes = data.classes;
    const Inference inference{job.options.image_size, job.device, precision_from(job.options.precision, job.device)};
    return [&data, images, split, inference](Encoder& encoder) {
        std::vector<std::pair<std::string, double>> found;
        const auto add = [&](const char* name, Encoder& probed) {
            const auto features = extract_features(probed, data.images, images, inference);
            KnnOptions options;
            options.k = {20};
            const auto auc = evaluate_knn(features, split, options, inference.precision).details.at("validation_auc");
            if (!auc.is_null()) found.emplace_back(name, auc.to_number<double>());
        };
        add("probe_auc", encoder);
        if (const auto backbone = backbone_of(encoder); backbone->name() != encoder.name()) {
            backbone->to(inference.device);
            add("probe_auc_backbone", *backbone);
        }
        return found;
    };
}

/// Probes the initial encoder, which training has to surpass.
std::vector<std::pair<std::string, double>> first_probe(const Probe& probe, Encoder& encoder,
                                                        const std::string& title) {
    const auto found = probe(encoder);
    if (found.empty())
        user_error("{}: probe_every asks for AUCs on the validation split, where no class has both positives and "
                   "negatives",
                   title);
    return found;
}

/// "nearest neighbours on validation: AUC 91.2 %", "...; without context 93.0 %".
void tell_probe(const std::string& when, const std::vector<std::pair<std::string, double>>& values) {
    std::string text;
    for (const auto& [name, value] : values) {
        if (name == "probe_auc") text += fmt::format("AUC {:.1f} %", 100 * value);
        if (name == "probe_auc_backbone") text += fmt::format(", without context bottlenecks {:.1f} %", 100 * value);
    }
    if (!text.empty()) say("{}: nearest neighbours on validation, {}", when, text);
}

/// Measures and logs the gates of context bottlenecks on some training images; empty for an encoder without them.
json::array gates_of(Encoder& encoder, const ImagePool& pool, std::vector<std::int64_t> images, const TrainingJob& job,
                     const char* when) {
    auto* context = dynamic_cast<ContextEncoder*>(&encoder);
    if (context == nullptr) return {};
    constexpr std::size_t measured = 128;
    images.resize(std::min(measured, images.size()));
    const auto views = pool.plain_views(images, job.options.image_size, job.device);
    const auto levels = gate_ranges(*context, encoder_input(views));
    say("{}: gates of levels 1 to 5, {}", when, text_of(levels));
    return to_json(levels);
}

} // namespace

namespace {

JobResult train_here(const PretrainingData& data, const TrainingJob& job) {
    const auto start = std::chrono::steady_clock::now();
    const auto pool = data.pool();
    const auto images = data.images(job.options);
    const auto method = initial_method(*job.entry, job.own, job.backbone, job.options.seed);
    method->to(job.device);
    for (const auto& file : {job.checkpoint, job.encoder_file})
        fs::create_directories(fs::absolute(file).parent_path());
    std::int64_t trained_now = 0;
    say("training {}", job.title);
    const FixedBatch fixed(pool, images, job.options, job.device);
    const auto precision = precision_from(job.options.precision, job.device);
    FixedBatchHealth found;
    found.initial_nearest = fixed.embeddings(*method).nearest;
    found.initial_feature_nearest = feature_health(fixed, method->encoder(), precision).nearest;
    const auto gates_before = gates_of(method->encoder(), pool, images, job, "before training");
    Probe probe;
    json::object before;
    if (job.options.probe_every > 0) {
        probe = knn_probe(data.first(), job);
        const auto initial = first_probe(probe, method->encoder(), job.title);
        tell_probe("before training", initial);
        for (const auto& [name, value] : initial) before[name] = value;
    }
    const LiveCurves live(job.live_curves, fs::exists(job.checkpoint));
    const auto on_epoch = [&](const EpochRecord& record) {
        ++trained_now;
        live.add(record);
        tell_probe(fmt::format("epoch {} of {}", record.epoch + 1, job.options.epochs), record.values);
        if (job.on_epoch) job.on_epoch(points_of(record));
    };
    const auto records = pretrain(*method, pool, images, job.options, job.device,
                                  {job.checkpoint, job.hash, on_epoch, probe, job.world});
    found.features = feature_health(fixed, method->encoder(), precision);
    if (const auto backbone = backbone_of(method->encoder()); backbone->name() != method->encoder().name()) {
        backbone->to(job.device);
        found.backbone = feature_health(fixed, *backbone, precision);
    }
    const auto gates = gates_of(method->encoder(), pool, images, job, "after training");
    const auto health = health_of(records, found);
    method->to(torch::kCPU);
    save_encoder(job.encoder_file, method->encoder(),
                 {{"hash", job.hash},
                  {"method", job.entry->name},
                  {"config", canonical(job.config)},
                  {"dataset", data.names()},
                  {"dataset_fingerprint", data.fingerprint()},
                  {"health", name_of(health.verdict)},
                  {"suite_version", suite_version},
                  {"git_commit", git_commit}});
    JobResult result;
    result.dataset_fingerprint = data.fingerprint();
    result.train_images = static_cast<std::int64_t>(images.size());
    for (const auto& record : records)
        for (auto& point : points_of(record)) result.curves.push_back(std::move(point));
    result.details["encoder_file"] = job.encoder_file.filename().string();
    result.details["encoder"] = method->encoder().name();
    result.details["epochs"] = records.size();
    if (job.options.images != 0) result.details["training_split_images"] = data.training_split();
    if (data.left_out() > 0) result.details["left_out_images"] = data.left_out();
    if (data.datasets().size() > 1) result.details["datasets"] = data.describe(images);
    for (const auto& [name, value] : records.back().values) result.details[name] = value;
    if (!before.empty()) result.details["before_training"] = before;
    if (!gates.empty()) result.details["gates"] = {{"before_training", gates_before}, {"after_training", gates}};
    result.details["health"] = json::object{{"verdict", name_of(health.verdict)},
                                            {"reason", health.reason},
                                            {"spread", health.spread},
                                            {"effective_rank", health.effective_rank},
                                            {"rank_share", health.rank_share},
                                            {"deviation", health.deviation},
                                            {"dead_share", found.features.dead_share},
                                            {"feature_nearest_view", found.features.nearest}};
    auto& measured = result.details["health"].as_object();
    if (health.correlation) measured["view_correlation"] = *health.correlation;
    if (health.nearest) measured["nearest_view"] = *health.nearest;
    if (found.backbone) measured["backbone_nearest_view"] = found.backbone->nearest;
    measured["initial_nearest_view"] = found.initial_nearest;
    measured["initial_feature_nearest_view"] = found.initial_feature_nearest;
    // For a resumed training, assumes that its earlier epochs took as long as the present ones.
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (trained_now > 0) result.seconds *= static_cast<double>(records.size()) / static_cast<double>(trained_now);
    return result;
}

/// The ranks' work on one job, from the first's announcement to the point where all are done with it.
template <typename Work> auto as_one_of_ranks(World& world, const Work& work) {
    try {
        auto result = work();
        world.done("");
        return result;
    } catch (const Interrupted&) {
        throw;
    } catch (const std::exception& error) {
        world.done(error.what());
        throw;
    }
}

} // namespace

JobResult train_encoder(const PretrainingData& data, const TrainingJob& job) {
    if (job.world == nullptr) return train_here(data, job);
    job.world->announce(job.hash);
    return as_one_of_ranks(*job.world, [&] { return train_here(data, job); });
}

void train_along(World& world, const std::function<SharedJob(const std::string& hash)>& job_of) {
    for (auto hash = world.heard(); !hash.empty(); hash = world.heard()) {
        try {
            as_one_of_ranks(world, [&] {
                const auto [data, job] = job_of(hash);
                const auto images = data.images(job.options);
                const auto method = initial_method(*job.entry, job.own, job.backbone, job.options.seed);
                method->to(job.device);
                return pretrain(*method, data.pool(), images, job.options, job.device, {.world = &world}).size();
            });
        } catch (const Interrupted&) {
            throw;
        } catch (const std::exception&) { // on all ranks, and rank 0 has said so
        }
    }
}

std::string health_of_details(const json::object& details) {
    const auto& health = details.at("health").as_object();
    return json::value_to<std::string>(health.at("verdict")) + " (" + json::value_to<std::string>(health.at("reason")) +
           ")";
}

} // namespace mlvicx
