#include "core/error.h"
#include "core/hash.h"
#include "core/json_text.h"
#include "results/store/digests.h"
#include "results/store/image_sets.h"
#include "results/store/schema.h"
#include "results/store/store.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

namespace mlvicx {

// Scores are stored as they are in memory, and documented as little-endian.
static_assert(std::endian::native == std::endian::little);

namespace {

void check(const JobResult& result) {
    for (const auto* split : {&result.test, &result.validation}) {
        std::set<std::string> names;
        for (const auto& table : *split) {
            ensure(!table.metric.empty() && names.insert(table.metric).second, "each metric needs a unique name");
            ensure(!table.mean || std::isfinite(*table.mean), "a mean is not a number");
            for (const auto& c : table.classes) ensure(!c.value || std::isfinite(*c.value), "a metric is not a number");
        }
    }
    ensure(std::none_of(result.scores.begin(), result.scores.end(), [](float s) { return std::isnan(s); }),
           "a score is not a number");
    for (const auto& [images, metrics] : result.image_metrics)
        for (const auto& metric : metrics)
            ensure(metric.values.size() == images.labels.size(), "image values are [images, classes]");
    ensure(result.scored.has_value() || result.scores.empty(), "scores without their images");
    const auto whole = [](const ScoredImages& images) {
        ensure(images.patients.size() == images.ids.size(), "as many patients as images");
        ensure(images.labels.size() == images.ids.size() * images.classes.size(), "labels are [images, classes]");
        for (const auto& attribute : images.attributes)
            ensure(attribute.values.size() == images.ids.size(), "an attribute has a value per image");
    };
    for (const auto& item : result.image_metrics) whole(item.images);
    if (!result.scored) return;
    whole(*result.scored);
    ensure(result.scores.size() == result.scored->labels.size(), "scores are [images, classes]");
}

/// JSON has no NaN: NaN becomes null.
json::value without_nan(const json::value& value) {
    if (value.is_double() && std::isnan(value.get_double())) return nullptr;
    json::value result = value;
    if (auto* object = result.if_object())
        for (auto& item : *object) item.value() = without_nan(item.value());
    if (auto* array = result.if_array())
        for (auto& item : *array) item = without_nan(item);
    return result;
}

void clear(Sqlite& db, std::int64_t job) {
    for (const char* table : {"metrics", "curves", "scores", "image_values", "leakage", "pictures"})
        Statement(db, std::string("DELETE FROM ") + table + " WHERE job_id = ?").bind(1, job).run();
}

void write_metrics(Sqlite& db, std::int64_t job, const char* split, const MetricTable& table) {
    Statement insert(db, "INSERT INTO metrics (job_id, split, metric, position, class, value, positives, negatives, "
                         "defined) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(1, job).bind(2, std::string(split)).bind(3, table.metric);
    insert.bind(4, std::int64_t{0}).bind(5, std::string()).bind(6, table.mean).bind(9, table.defined);
    insert.bind_null(7).bind_null(8).run();
    for (std::size_t i = 0; i < table.classes.size(); ++i) {
        const auto& c = table.classes[i];
        insert.bind(4, static_cast<std::int64_t>(i + 1)).bind(5, c.name).bind(6, c.value);
        insert.bind(7, c.positives).bind(8, c.negatives).bind(9, std::int64_t{c.value.has_value()}).run();
    }
}

void write_curves(Sqlite& db, std::int64_t job, const std::vector<CurvePoint>& curves) {
    Statement insert(db, "INSERT OR REPLACE INTO curves (job_id, name, epoch, value) VALUES (?, ?, ?, ?)");
    for (const auto& point : curves)
        insert.bind(1, job).bind(2, point.name).bind(3, point.epoch).bind(4, point.value).run();
}

void write_leakage(Sqlite& db, std::int64_t job, const Leakage& leakage) {
    Statement insert(db, "INSERT INTO leakage (job_id, test_images, in_training, in_pretraining) VALUES (?, ?, ?, ?)");
    insert.bind(1, job).bind(2, leakage.test_images).bind(3, leakage.in_training).bind(4, leakage.in_pretraining).run();
}

/// Written if they are new or have changed; most jobs find them in place.
void write_attributes(Sqlite& db, std::int64_t set, const std::vector<ImageAttribute>& attributes) {
    Statement insert(db, "INSERT INTO image_attributes (set_id, name, attribute_values) VALUES (?, ?, ?) "
                         "ON CONFLICT (set_id, name) DO UPDATE SET attribute_values = excluded.attribute_values "
                         "WHERE attribute_values <> excluded.attribute_values");
    for (const auto& [name, values] : attributes)
        insert.bind(1, set).bind(2, name).bind(3, json::serialize(json::value_from(values))).run();
}

/// The row of these images, written if they are new: all jobs of a dataset and split share one.
std::int64_t image_set_id(Sqlite& db, const ScoredImages& images) {
    const std::string classes = json::serialize(json::value_from(images.classes));
    const std::string hash = content_hash(images, classes);
    Statement find(db, "SELECT id FROM image_sets WHERE fingerprint = ? AND split = ? AND content_hash = ?");
    if (find.bind(1, images.fingerprint).bind(2, images.split).bind(3, hash).step()) return find.integer(0);
    Statement insert(db, "INSERT INTO image_sets (fingerprint, split, content_hash, images, classes, labels) "
                         "VALUES (?, ?, ?, ?, ?, ?) RETURNING id");
    insert.bind(1, images.fingerprint).bind(2, images.split).bind(3, hash);
    insert.bind(4, static_cast<std::int64_t>(images.ids.size())).bind(5, classes);
    insert.bind_blob(6, std::as_bytes(std::span(images.labels))).step();
    const std::int64_t id = insert.integer(0);
    insert.run();
    Statement image(db, "INSERT INTO scored_images (set_id, position, image, patient) VALUES (?, ?, ?, ?)");
    image.bind(1, id);
    for (std::size_t i = 0; i < images.ids.size(); ++i)
        image.bind(2, static_cast<std::int64_t>(i)).bind(3, images.ids[i]).bind(4, images.patients[i]).run();
    return id;
}

/// Their row, with their attributes.
std::int64_t described_set_id(Sqlite& db, const ScoredImages& images) {
    const std::int64_t id = image_set_id(db, images);
    write_attributes(db, id, images.attributes);
    return id;
}

void write_pictures(Sqlite& db, std::int64_t job, const std::vector<StoredPicture>& pictures) {
    Statement insert(db, "INSERT INTO pictures (job_id, name, caption, png) VALUES (?, ?, ?, ?)");
    for (const auto& [name, caption, png] : pictures)
        insert.bind(1, job).bind(2, name).bind(3, caption).bind_blob(4, std::as_bytes(std::span(png))).run();
}

void write_image_metrics(Sqlite& db, std::int64_t job, const ImageMetrics& item) {
    Statement insert(db, "INSERT INTO image_values (job_id, metric, set_id, image_values) VALUES (?, ?, ?, ?)");
    insert.bind(1, job).bind(3, described_set_id(db, item.images));
    for (const auto& metric : item.metrics)
        insert.bind(2, metric.metric).bind_blob(4, std::as_bytes(std::span(metric.values))).run();
}

/// Adds the digests of what is stored to the stored details.
void write_digests(Sqlite& db, std::int64_t job, json::object details) {
    details[digests_key] = digests_of(db, job);
    Statement(db, "UPDATE jobs SET details = ? WHERE id = ?").bind(1, readable(details)).bind(2, job).run();
}

} // namespace

void Store::finish(const JobKey& job, const JobResult& result, const Provenance& provenance) {
    check(result);
    const json::object details = without_nan(result.details).as_object();
    Transaction transaction(db_);
    require_known_schema(db_);
    const std::int64_t id = job_id(job);
    clear(db_, id);
    Statement(db_, "UPDATE jobs SET state = 'done', owner = NULL, lease_until = NULL, error = NULL, git_commit = ?, "
                   "suite_version = ?, libtorch_version = ?, device = ?, host = ?, dataset_fingerprint = ?, "
                   "train_images = ?, details = ?, seconds = ?, finished_at = " +
                       now_text + " WHERE id = ?")
        .bind(1, provenance.git_commit)
        .bind(2, provenance.suite_version)
        .bind(3, provenance.libtorch_version)
        .bind(4, provenance.device)
        .bind(5, provenance.host)
        .bind(6, result.dataset_fingerprint)
        .bind(7, result.train_images)
        .bind(8, readable(details))
        .bind(9, result.seconds)
        .bind(10, id)
        .run();
    for (const auto& table : result.test) write_metrics(db_, id, "test", table);
    for (const auto& table : result.validation) write_metrics(db_, id, "validation", table);
    write_curves(db_, id, result.curves);
    write_pictures(db_, id, result.pictures);
    if (result.leakage) write_leakage(db_, id, *result.leakage);
    if (result.scored) {
        Statement insert(db_, "INSERT INTO scores (job_id, set_id, scores) VALUES (?, ?, ?)");
        insert.bind(1, id).bind(2, described_set_id(db_, *result.scored));
        insert.bind_blob(3, std::as_bytes(std::span(result.scores))).run();
    }
    for (const auto& item : result.image_metrics) write_image_metrics(db_, id, item);
    write_digests(db_, id, details);
    transaction.commit();
}

} // namespace mlvicx
