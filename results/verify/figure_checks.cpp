#include "core/error.h"
#include "results/metrics/classification.h"
#include "results/metrics/metrics.h"
#include "results/metrics/segmentation.h"
#include "results/statistics/localisation_figures.h"
#include "results/statistics/subgroups.h"
#include "results/verify/checks.h"
#include "results/verify/verify.h"

#include <cmath>
#include <functional>
#include <set>

namespace mlvicx {

namespace {

/// Sums in another order, by another compiler, differ by 1e-15.
constexpr double same_value = 1e-9;

using Tell = std::function<void(const std::string&)>;

std::string text_of(const std::optional<double>& value) {
    return value ? fmt::format("{:.9g}", *value) : "undefined";
}

bool differ(const std::optional<double>& a, const std::optional<double>& b) {
    return a.has_value() != b.has_value() || (a && std::abs(*a - *b) > same_value);
}

/// Tells in what a stored metric differs from the recomputed one.
void compare(const MetricTable& stored, const MetricTable& ours, const std::string& source, const Tell& tell) {
    if (stored.classes.size() != ours.classes.size())
        return tell(fmt::format("{} has {} classes, its {} have {}", ours.metric, stored.classes.size(), source,
                                ours.classes.size()));
    for (std::size_t c = 0; c < ours.classes.size(); ++c) {
        const auto &a = stored.classes[c], &b = ours.classes[c];
        if (a.name != b.name)
            tell(fmt::format("{} of class {} is named {}, its {} have {}", ours.metric, c + 1, a.name, source, b.name));
        if (differ(a.value, b.value))
            tell(fmt::format("{} of {} is {}, its {} give {}", ours.metric, b.name, text_of(a.value), source,
                             text_of(b.value)));
        if (a.positives != b.positives || a.negatives != b.negatives)
            tell(fmt::format("{} of {} counts {} positives and {} negatives, its {} have {} and {}", ours.metric,
                             b.name, a.positives, a.negatives, source, b.positives, b.negatives));
    }
    if (differ(stored.mean, ours.mean))
        tell(fmt::format("{}, mean over classes, is {}, its {} give {}", ours.metric, text_of(stored.mean), source,
                         text_of(ours.mean)));
    if (stored.defined != ours.defined)
        tell(fmt::format("{} counts {} defined classes, its {} give {}", ours.metric, stored.defined, source,
                         ours.defined));
}

/// The metrics that one kind of stored values gives.
struct Recomputed {
    std::string source; ///< "scores", "pixel counts", "heatmap figures"
    std::vector<MetricTable> tables;
};

/// Recomputes a job's metrics; remembers the image sets.
class Recompute {
public:
    /// `everything` false: only those that tables are made of.
    Recompute(Store& store, bool everything) : store_(store), everything_(everything) {}

    /// Tells what cannot be recomputed because the stored values are not what they should be.
    std::vector<Recomputed> operator()(const CheckedJob& job, const Tell& tell) {
        std::vector<Recomputed> result;
        for (const auto part : {&Recompute::of_scores, &Recompute::of_pixels, &Recompute::of_heatmaps}) {
            try {
                if (auto found = (this->*part)(job); !found.tables.empty()) result.push_back(std::move(found));
            } catch (const std::exception& error) { // bounds that the metrics check
                tell(std::string("its metrics cannot be recomputed: ") + error.what());
            }
        }
        return result;
    }

private:
    const ScoredImages& set(std::int64_t id, const CheckedJob& job, std::size_t values) {
        if (!sets_.contains(id)) sets_[id] = store_.image_set(id);
        const auto& images = sets_.at(id);
        if (images.fingerprint != job.fingerprint &&
            job.config.find('"' + images.fingerprint + '"') == std::string::npos)
            user_error("its images are of the dataset {}, expected {}", images.fingerprint.substr(0, 12),
                       job.fingerprint.substr(0, 12));
        if (values != images.ids.size() * images.classes.size() || images.labels.size() != values)
            user_error("{} values are stored, expected {} for {} images and {} classes", values,
                       images.ids.size() * images.classes.size(), images.ids.size(), images.classes.size());
        return images;
    }

    Recomputed of_scores(const CheckedJob& job) {
        Statement query(store_.db(), "SELECT set_id FROM scores WHERE job_id = ?");
        if (!query.bind(1, job.id).step()) return {};
        const auto scores = store_.scores(job.key.hash);
        const auto& images = set(query.integer(0), job, scores.size());
        if (!everything_) return {"scores", {auc_table(scores, images.labels, images.classes)}};
        auto tables = classification_tables(scores, images.labels, images.classes);
        for (auto& table : subgroup_metrics(images, scores)) tables.push_back(std::move(table));
        return {"scores", std::move(tables)};
    }

    Recomputed of_pixels(const CheckedJob& job) {
        const auto truth = store_.image_values(job.key.hash, "truth");
        if (!truth) return {};
        const auto read = [&](const char* metric) {
            auto found = store_.image_values(job.key.hash, metric);
            if (!found || found->values.size() != truth->values.size())
                user_error("{} are not stored for every image", metric);
            return std::move(found->values);
        };
        const auto& images = set(truth->set, job, truth->values.size());
        return {"pixel counts",
                segmentation_tables({read("intersection"), read("predicted"), truth->values}, images.classes)};
    }

    Recomputed of_heatmaps(const CheckedJob& job) {
        const auto area = everything_ ? store_.image_values(job.key.hash, area_metric) : std::nullopt;
        if (!area) return {};
        ImageMetrics metrics{set(area->set, job, area->values.size()), {{area_metric, area->values}}};
        for (const auto& metric : localisation_metrics)
            for (const auto& name : {std::string(metric.name), centre_prefix + metric.name}) {
                auto found = store_.image_values(job.key.hash, name);
                if (!found || found->values.size() != area->values.size())
                    user_error("{} is not stored for every image", name);
                metrics.metrics.push_back({name, std::move(found->values)});
            }
        return {"heatmap figures", localisation_tables(metrics)};
    }

    Store& store_;
    bool everything_;
    std::map<std::int64_t, ScoredImages> sets_;
};

} // namespace

void check_figures(Store& store, const std::vector<CheckedJob>& jobs, Verification& found) {
    found.section("metrics: from scores, pixel counts, heatmap figures");
    Recompute recompute(store, true);
    for (const auto& job : jobs) {
        if (!job.done || job.key.kind != "evaluate") continue;
        const Tell tell = [&](const std::string& what) { found.differs(job.words, what); };
        const auto stored = store.metrics(job.key.hash, "test");
        std::set<std::string> seen;
        const auto sources = recompute(job, tell);
        for (const auto& [source, tables] : sources)
            for (const auto& ours : tables) {
                const auto* table = find_metric(stored, ours.metric);
                if (table == nullptr) continue; // an earlier release had fewer metrics; the digests cover the rest
                found.checked();
                seen.insert(ours.metric);
                compare(*table, ours, source, tell);
            }
        for (const auto& table : stored)
            if (sources.empty())
                found.unchecked("metrics have no scores or counts in this file");
            else if (!seen.contains(table.metric))
                found.unchecked("tables of " + table.metric + " cannot be recomputed from what is stored");
        if (const auto validation = store.metrics(job.key.hash, "validation"); !validation.empty())
            found.unchecked("validation metrics: only the scores of test images are stored", std::ssize(validation));
    }
}

void require_figures(Store& store, const std::string& experiment) {
    const auto members = fmt::format("state = 'done' AND kind = 'evaluate' AND id IN "
                                     "(SELECT job_id FROM experiment_jobs WHERE experiment_id = {})",
                                     store.find_experiment(experiment));
    Recompute recompute(store, false);
    for_checked_jobs(store, members, [&](const CheckedJob& job) {
        const Tell tell = [&](const std::string& what) {
            user_error("{}: {}: {}; mlvicx-bench verify lists everything that differs", store.db().file().string(),
                       job.words, what);
        };
        const auto stored = store.metrics(job.key.hash, "test");
        for (const auto& [source, tables] : recompute(job, tell))
            for (const auto& ours : tables)
                if (const auto* table = find_metric(stored, ours.metric)) compare(*table, ours, source, tell);
    });
}

} // namespace mlvicx
