// What finished jobs have stored, read back, and whether rows that belong together agree.
#include "results/store/store.h"

#include "core/error.h"

#include <algorithm>
#include <cstring>

namespace mlvicx {

namespace {

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
