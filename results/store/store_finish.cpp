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
#include <cstring>
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

/// Columns of an image set `i`: how many images and classes it has.
constexpr const char* set_sizes = "i.images, json_array_length(i.classes)";

/// The values in a column, a number for each image and class of their set, whose sizes are in the next two. Throws
/// UserError for another number of them.
std::vector<float> floats(Sqlite& db, const Statement& row, int column) {
    const auto bytes = row.blob(column);
    const auto images = row.integer(column + 1), classes = row.integer(column + 2);
    std::int64_t expected = 0;
    const bool countable = images >= 0 && !__builtin_mul_overflow(images, classes, &expected);
    const auto count = bytes.size() / sizeof(float);
    if (!countable || bytes.size() % sizeof(float) != 0 || count != static_cast<std::size_t>(expected))
        user_error("{}: {} values are stored, expected {} for {} images and {} classes", db.file().string(), count,
                   expected, images, classes);
    std::vector<float> result(count);
    if (!result.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
    return result;
}

/// Throws UserError if an image set has another number of images than its row says, not a label for each image and
/// class, a label other than 1, 0 and -1, or an attribute without a value for each image.
void require_whole(const std::string& set, std::int64_t count, const ScoredImages& images) {
    const auto n = images.ids.size();
    if (std::ssize(images.ids) != count) user_error("{} has {} images, its row says {}", set, n, count);
    if (images.labels.size() != n * images.classes.size())
        user_error("{} has {} labels, expected {} for {} images and {} classes", set, images.labels.size(),
                   n * images.classes.size(), n, images.classes.size());
    const auto wrong =
        std::find_if(images.labels.begin(), images.labels.end(), [](int label) { return label < -1 || label > 1; });
    if (wrong != images.labels.end())
        user_error("{} has the label {} at image {}, expected 1, 0 or -1", set, int{*wrong},
                   (wrong - images.labels.begin()) / std::ssize(images.classes) + 1);
    for (const auto& attribute : images.attributes)
        if (attribute.values.size() != n)
            user_error("{}: attribute \"{}\" has {} values, expected one for each of {} images", set, attribute.name,
                       attribute.values.size(), n);
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

std::vector<MetricTable> Store::metrics(const std::string& hash, const std::string& split,
                                        std::span<const std::string> names) {
    std::string among = names.empty() ? "" : "AND m.metric IN (";
    for (std::size_t i = 0; i < names.size(); ++i) among += i + 1 < names.size() ? "?, " : "?) ";
    Statement query(db_, "SELECT m.metric, m.position, m.class, m.value, m.positives, m.negatives, m.defined "
                         "FROM metrics m JOIN jobs j ON j.id = m.job_id WHERE j.hash = ? AND m.split = ? " +
                             among + "ORDER BY m.metric, m.position");
    query.bind(1, hash).bind(2, split);
    for (std::size_t i = 0; i < names.size(); ++i) query.bind(static_cast<int>(i + 3), names[i]);
    std::vector<MetricTable> tables;
    while (query.step()) {
        const auto metric = query.text(0);
        if (query.integer(1) == 0)
            tables.push_back({metric, {}, query.maybe_real(3), query.integer(6)});
        else if (!tables.empty() && tables.back().metric == metric)
            tables.back().classes.push_back({query.text(2), query.maybe_real(3), query.integer(4), query.integer(5)});
        else
            user_error("{}: job {} has no mean of the metric {}, expected one before its classes", db_.file().string(),
                       hash, metric);
    }
    return tables;
}

std::vector<float> Store::scores(const std::string& hash) {
    Statement query(db_, std::string("SELECT s.scores, ") + set_sizes +
                             " FROM scores s JOIN jobs c ON c.id = s.job_id JOIN image_sets i ON i.id = s.set_id "
                             "WHERE c.hash = ?");
    if (!query.bind(1, hash).step()) return {};
    return floats(db_, query, 0);
}

void Store::require_of(const ScoredImages& images, const std::vector<float>& values, const std::string& hash,
                       const std::string& what) {
    if (values.size() != images.labels.size())
        user_error("{}: job {} has {} {}, expected {} for {} images and {} classes", db_.file().string(), hash,
                   values.size(), what, images.labels.size(), images.ids.size(), images.classes.size());
}

std::vector<float> Store::scores(const std::string& hash, const ScoredImages& images) {
    auto found = scores(hash);
    require_of(images, found, hash, "scores");
    return found;
}

std::vector<float> Store::image_values(const std::string& hash, const std::string& metric, const ScoredImages& images) {
    auto found = image_values(hash, metric).value_or(ImageValues{}).values;
    require_of(images, found, hash, "values of " + metric);
    return found;
}

std::optional<Store::ImageValues> Store::image_values(const std::string& hash, const std::string& metric) {
    Statement query(db_, std::string("SELECT v.set_id, v.image_values, ") + set_sizes +
                             " FROM image_values v JOIN jobs c ON c.id = v.job_id JOIN image_sets i ON i.id = v.set_id "
                             "WHERE c.hash = ? AND v.metric = ?");
    if (!query.bind(1, hash).bind(2, metric).step()) return std::nullopt;
    return ImageValues{query.integer(0), floats(db_, query, 1)};
}

std::vector<StoredPicture> Store::pictures(const std::string& hash) {
    Statement query(db_, "SELECT p.name, p.caption, p.png FROM pictures p JOIN jobs j ON j.id = p.job_id "
                         "WHERE j.hash = ? ORDER BY p.name");
    query.bind(1, hash);
    std::vector<StoredPicture> pictures;
    while (query.step()) {
        const auto bytes = query.blob(2);
        pictures.push_back(
            {query.text(0), query.text(1), std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())});
    }
    return pictures;
}

ScoredImages Store::image_set(std::int64_t id) {
    Statement query(db_, "SELECT fingerprint, split, classes, labels, images FROM image_sets WHERE id = ?");
    if (!query.bind(1, id).step()) user_error("{}: has no image set {}", db_.file().string(), id);
    ScoredImages images{query.text(0), query.text(1), {}, {}, {}, {}, {}};
    images.classes = query.texts(2);
    const auto bytes = query.blob(3);
    images.labels.resize(bytes.size());
    if (!bytes.empty()) std::memcpy(images.labels.data(), bytes.data(), bytes.size());
    Statement image(db_, "SELECT image, patient FROM scored_images WHERE set_id = ? ORDER BY position");
    image.bind(1, id);
    while (image.step()) {
        images.ids.push_back(image.text(0));
        images.patients.push_back(image.text(1));
    }
    Statement attribute(db_, "SELECT name, attribute_values FROM image_attributes WHERE set_id = ? ORDER BY name");
    attribute.bind(1, id);
    while (attribute.step()) images.attributes.push_back({attribute.text(0), attribute.texts(1)});
    require_whole(fmt::format("{}: image set {}", db_.file().string(), id), query.integer(4), images);
    return images;
}

} // namespace mlvicx
