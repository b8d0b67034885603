#pragma once

#include "core/image_attribute.h"
#include "core/json.h"
#include "results/metrics/metric_table.h"
#include "results/store/sqlite.h"
#include "results/store/writer_lock.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// What a protocol asks of an encoder; it decides which figures its evaluations have.
enum class Task { classification, segmentation };

/// One way to evaluate, as the file keeps it for reports.
struct Protocol {
    std::string name;  ///< as jobs have it: "finetuned", ...
    std::string label; ///< as tables show it: "fine-tuned", ...
    Task task = Task::classification;
};

/// The protocol of this name among those that a file describes. For an unknown one only its name is known; "" is
/// pre-training.
Protocol protocol_of(const std::map<std::string, Protocol>& known, const std::string& name);

/// Identity of a job: everything that determines its result is in `config`, and `hash` is computed from that.
struct JobKey {
    std::string hash;     ///< 16 hexadecimal digits or more
    std::string kind;     ///< "pretrain" or "evaluate"
    std::string method;   ///< as the plan names it: "mlvicx", "random", ...
    std::string dataset;  ///< plan's name of the dataset trained or evaluated on
    std::string protocol; ///< "frozen", "finetuned", ...; empty for pre-training
    double fraction = 0;  ///< label fraction (<= 1) or label count; 0 for pre-training
    std::int64_t seed = 0;
    std::optional<std::int64_t> draw; ///< seed of the label subset's draw; nullopt: `seed`
    json::object config;              ///< fully resolved configuration
    bool control = false;             ///< encoder with initial weights: the baseline of the plan's other methods
};

/// A job of an experiment with what is recorded about its encoder.
struct StoredJob {
    JobKey key;
    /// details.weights (results/report/encoders.h); empty if the job is not done or records nothing.
    json::object weights;
};

/// Where and with which versions a job ran.
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
    /// What is known of the images, each with a value per image. Not part of the set's identity: the attributes written
    /// last are those of the set.
    std::vector<ImageAttribute> attributes = {};
};

/// One figure that each image has, per class or mask, from which figures of the whole set are computed: pixel counts,
/// ...
struct ImageMetric {
    std::string metric;        ///< its name in the results file: "intersection", ...
    std::vector<float> values; ///< [images, classes]; NaN where undefined
};

struct ImageMetrics {
    ScoredImages images; ///< `classes` may be masks; labels say whether an image has the mask
    std::vector<ImageMetric> metrics;
};

/// Test images that were known before the test: copies of them, altered or not, occur elsewhere.
struct Leakage {
    std::int64_t test_images = 0;
    std::int64_t in_training = 0; ///< have a copy in the training or validation split of their own dataset
    std::optional<std::int64_t> in_pretraining; ///< have a copy among the images pre-trained on; nullopt: unknown
};

/// A picture that reports show of a job.
struct StoredPicture {
    std::string name;    ///< "segmentation", "heatmaps"
    std::string caption; ///< a sentence
    std::string png;     ///< the bytes of a PNG file, or of a JPEG file if a PNG would be too large
};

/// Everything that a finished job stores.
struct JobResult {
    std::string dataset_fingerprint;
    std::int64_t train_images = 0; ///< labelled images used, or images pre-trained on
    json::object details;          ///< e.g. positives per class, chosen regularisation, best epoch, encoder file
    std::vector<CurvePoint> curves;
    std::vector<MetricTable> test, validation; ///< evaluation jobs: each metric once
    std::optional<ScoredImages> scored;        ///< the test images, with `scores` [images, classes]
    std::vector<float> scores;
    std::vector<ImageMetrics> image_metrics; ///< each metric once
    std::optional<Leakage> leakage;          ///< evaluation jobs, if audited
    std::vector<StoredPicture> pictures;     ///< each name once
    double seconds = 0;
};

enum class JobState { absent, running, failed, done };

/// The results file: versioned schema with migrations (PRAGMA user_version), write-ahead log, foreign keys, one
/// transaction per job. Schema and queries: docs/results_file.md. Reading and writing a finished job's results is in
/// store_finish.cpp.
class Store {
public:
    /// Opens or creates; migrates an older schema. Throws UserError if the file is not SQLite, not ours or newer.
    /// `read_only` (status, report): the file must exist and may be in use by others or on a read-only medium. On a
    /// network file system only one process at a time may open it for writing; another gets a UserError.
    explicit Store(const std::filesystem::path& file, bool read_only = false);
    /// The same on the network file system of this name (core/file_system.h); empty: on a local disk.
    Store(const std::filesystem::path& file, bool read_only, const std::string& network);

    /// Registers the plan (by name and the hash of its text) and all its jobs, in the order that tables show; returns
    /// the experiment's id. A plan that is registered again keeps its id and gets the jobs of the last call. Results
    /// belong to jobs only, so plans share them; each plan keeps its own names of methods and datasets.
    std::int64_t add_experiment(const std::string& name, const json::value& plan, const std::vector<JobKey>& jobs);

    /// Names of the experiments, most recently used first.
    std::vector<std::string> experiment_names();
    /// The most recently used registration under this name (empty: of all names). Throws UserError if there is none.
    std::int64_t find_experiment(const std::string& name);
    /// The jobs of the experiment of this name, in its order and with its names of methods and datasets; if the plan
    /// was changed, of all its registrations. Empty if there is no such experiment.
    std::vector<StoredJob> jobs_of(const std::string& experiment);

    /// Writes what reports show of these protocols, replacing earlier descriptions.
    void describe_protocols(std::span<const Protocol> protocols);
    /// All protocols that the file describes, by name.
    std::map<std::string, Protocol> protocols();

    JobState state(const std::string& hash);
    /// The error of a failed job; empty for others.
    std::string error_of(const std::string& hash);
    /// Takes the job for this process for `lease_seconds`, unless it is done or another live process holds it: one
    /// whose lease has not ended and that is not known to be dead (results/store/owner.h). If several processes try,
    /// one gets it.
    bool claim(const JobKey& job, const std::string& owner, double lease_seconds);
    /// Extends the lease; no effect if `owner` no longer holds the job.
    void renew(const std::string& hash, const std::string& owner, double lease_seconds);
    void release(const std::string& hash, const std::string& owner); ///< back to absent, after an interruption
    /// One transaction: the job and everything in `result`, replacing what was stored for it. Throws InternalError, and
    /// stores nothing, if a score is NaN or sizes disagree.
    void finish(const JobKey& job, const JobResult& result, const Provenance& provenance);
    /// Has no effect on a finished job.
    void fail(const JobKey& job, const std::string& error, const Provenance& provenance);
    /// `details` of a finished job. Throws InternalError if it is not done.
    json::object details(const std::string& hash);
    /// The metrics of a finished job on a split ("test", "validation"), by name, or only those called as in `names` if
    /// it is not empty; empty if there are none.
    std::vector<MetricTable> metrics(const std::string& hash, const std::string& split,
                                     std::span<const std::string> names = {});
    /// The test scores of a finished job, [images, classes]; empty if there are none.
    std::vector<float> scores(const std::string& hash);
    /// The same for a job that was tested on these images. Throws UserError if it has no scores for each of them.
    std::vector<float> scores(const std::string& hash, const ScoredImages& images);
    /// The image set and the values, [images, classes], of an image metric of a finished job; nullopt if it has none.
    struct ImageValues {
        std::int64_t set = 0;
        std::vector<float> values;
    };
    std::optional<ImageValues> image_values(const std::string& hash, const std::string& metric);
    /// The same for a job that was tested on these images. Throws UserError if it has no values for each of them.
    std::vector<float> image_values(const std::string& hash, const std::string& metric, const ScoredImages& images);
    /// The pictures of a finished job, by name.
    std::vector<StoredPicture> pictures(const std::string& hash);
    /// The images of an image set, by its id in the file. Throws UserError if there is none, or if its sizes disagree.
    ScoredImages image_set(std::int64_t id);
    /// Mean seconds of finished jobs of this kind and protocol, for estimates; nullopt if there are none.
    std::optional<double> typical_seconds(const std::string& kind, const std::string& protocol);

    Sqlite& db() { return db_; }

private:
    inline static const std::string now_text = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"; ///< in SQL
    std::int64_t job_id(const JobKey& job);
    void require_of(const ScoredImages& images, const std::vector<float>& values, const std::string& hash,
                    const std::string& what);
    WriterLock lock_; ///< before the file is opened, until it is closed
    Sqlite db_;
};

} // namespace mlvicx
