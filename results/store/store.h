#pragma once

#include "core/json.h"
#include "results/metrics/metric_table.h"
#include "results/store/sqlite.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// What a protocol asks of an encoder, and by it which figures its evaluations have.
enum class Task { classification, segmentation };

/// One way to evaluate, as the file keeps it for its reports.
struct Protocol {
    std::string name;  ///< as jobs have it: "finetuned", ...
    std::string label; ///< as tables show it: "fine-tuned", ...
    Task task = Task::classification;
};

/// The protocol of this name among those that a file describes. Of others its name is all that is known, and of none
/// ("") that it is a pre-training.
Protocol protocol_of(const std::map<std::string, Protocol>& known, const std::string& name);

/// What a job is: everything that determines its result is in `config`, and `hash` is taken of that.
struct JobKey {
    std::string hash;     ///< 16 hexadecimal digits or more
    std::string kind;     ///< "pretrain" or "evaluate"
    std::string method;   ///< as the plan names it: "mlvicx", "random", ...
    std::string dataset;  ///< plan's name of the dataset trained or evaluated on
    std::string protocol; ///< "frozen", "finetuned", ...; empty for pre-training
    double fraction = 0;  ///< label fraction (<= 1) or count; 0 for pre-training
    std::int64_t seed = 0;
    std::optional<std::int64_t> draw; ///< number that the label subset is drawn by; nullopt: by the seed
    json::object config;              ///< full resolved configuration
    bool control = false; ///< of an encoder with initial weights: what the plan's other methods have to beat
};

/// A job of an experiment with what it says of its encoder.
struct StoredJob {
    JobKey key;
    json::object
        weights; ///< details.weights (results/report/encoders.h); empty where the job is not done or says nothing
};

/// Where and with what a job ran.
struct Provenance {
    std::string git_commit, suite_version, libtorch_version, device, host;
};

struct CurvePoint {
    std::int64_t epoch = 0;
    std::string name; ///< "loss", "learning_rate", "embedding_std", "validation_auc", ...
    double value = 0;
};

/// The images that scores belong to; stored once per (fingerprint, split).
struct ScoredImages {
    std::string fingerprint, split;
    std::vector<std::string> ids, patients, classes;
    std::vector<std::int8_t> labels; ///< [images, classes]
};

/// One figure that each image has, per class or mask, and from which figures of the whole set are made: pixel counts,
/// ...
struct ImageMetric {
    std::string metric;        ///< its name in the results file: "intersection", ...
    std::vector<float> values; ///< [images, classes]; NaN where undefined
};

struct ImageMetrics {
    ScoredImages images; ///< their `classes` may be masks, and their labels say whether an image has the mask
    std::vector<ImageMetric> metrics;
};

/// Test images that were known before the test: copies of them, changed or not, stand elsewhere.
struct Leakage {
    std::int64_t test_images = 0;
    std::int64_t in_training = 0; ///< have a copy in the training or validation split of their own dataset
    std::optional<std::int64_t> in_pretraining; ///< have a copy among the images pre-trained on; nullopt: not known
};

/// All that a finished job leaves.
struct JobResult {
    std::string dataset_fingerprint;
    std::int64_t train_images = 0; ///< labelled images used, or images pre-trained on
    json::object details;          ///< e.g. positives per class, chosen regularisation, best epoch, encoder file
    std::vector<CurvePoint> curves;
    std::vector<MetricTable> test, validation; ///< evaluation jobs: each metric once
    std::optional<ScoredImages> scored;        ///< the test images, with `scores` [images, classes]
    std::vector<float> scores;
    std::vector<ImageMetrics> image_metrics; ///< each metric once
    std::optional<Leakage> leakage;          ///< evaluation jobs, where it was looked for
    double seconds = 0;
};

enum class JobState { absent, running, failed, done };

/// The results file: versioned schema with migrations (PRAGMA user_version), WAL, foreign keys, one transaction a job.
/// Schema and queries: results/README.md. What a finished job leaves is written and read in store_finish.cpp.
class Store {
public:
    /// Opens or creates; migrates an older schema. Throws UserError for a file that is not SQLite, not ours or newer.
    /// `read_only` (status, report): the file must exist and may be in use by others or on a read-only medium.
    explicit Store(const std::filesystem::path& file, bool read_only = false);

    /// Registers the plan (by name and the hash of its text) and all its jobs, in the order that tables show; returns
    /// the experiment's id. A plan that is registered again keeps its id and gets the jobs of the last call. Results
    /// belong to jobs alone, so plans share them; each plan keeps its own names of methods and datasets.
    std::int64_t add_experiment(const std::string& name, const json::value& plan, const std::vector<JobKey>& jobs);

    /// Names of the experiments, the one used last first.
    std::vector<std::string> experiment_names();
    /// The registration used last under this name (empty: of all). Throws UserError where there is none.
    std::int64_t find_experiment(const std::string& name);
    /// The jobs of the experiment of this name, in its order and under its names of methods and datasets; of a plan
    /// that was changed, of all its registrations. None: there is no such experiment.
    std::vector<StoredJob> jobs_of(const std::string& experiment);

    /// Writes what reports say of these protocols, in place of what the file said of them.
    void describe_protocols(std::span<const Protocol> protocols);
    /// All protocols that the file describes, by name.
    std::map<std::string, Protocol> protocols();

    JobState state(const std::string& hash);
    /// Of a failed job; empty for others.
    std::string error_of(const std::string& hash);
    /// Takes the job for this process for `lease_seconds`, unless it is done or another live process holds it: one
    /// whose lease has not ended and that is not known to be dead (results/store/owner.h). Of several processes one
    /// gets it.
    bool claim(const JobKey& job, const std::string& owner, double lease_seconds);
    /// Extends the lease; nothing happens where `owner` no longer holds the job.
    void renew(const std::string& hash, const std::string& owner, double lease_seconds);
    void release(const std::string& hash, const std::string& owner); ///< back to absent, after an interruption
    /// One transaction: the job and everything in `result`, which replaces whatever was there. Throws InternalError,
    /// and stores nothing, where a score is NaN or sizes disagree.
    void finish(const JobKey& job, const JobResult& result, const Provenance& provenance);
    /// A finished job stays finished.
    void fail(const JobKey& job, const std::string& error, const Provenance& provenance);
    /// `details` of a finished job. Throws InternalError where it is not done.
    json::object details(const std::string& hash);
    /// The metrics of a finished job on a split ("test", "validation"), by name; empty where there are none.
    std::vector<MetricTable> metrics(const std::string& hash, const std::string& split);
    /// The test scores of a finished job, [images, classes]; empty where there are none.
    std::vector<float> scores(const std::string& hash);
    /// The set and the values, [images, classes], of an image metric of a finished job; nullopt where it has none.
    struct ImageValues {
        std::int64_t set = 0;
        std::vector<float> values;
    };
    std::optional<ImageValues> image_values(const std::string& hash, const std::string& metric);
    /// The images of an image set, by its id in the file. Throws InternalError where there is none.
    ScoredImages image_set(std::int64_t id);
    /// Mean seconds of finished jobs of this kind and protocol, for estimates; nullopt where there is none.
    std::optional<double> typical_seconds(const std::string& kind, const std::string& protocol);

    Sqlite& db() { return db_; }

private:
    inline static const std::string now_text = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"; ///< in SQL
    std::int64_t job_id(const JobKey& job);
    Sqlite db_;
};

} // namespace mlvicx
