#include "results/store/digests.h"

#include "core/hash.h"

#include <fmt/ranges.h>

#include <array>
#include <bit>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

namespace {

/// A kind of content: the columns that are digested, and the rows of job ?1 in a fixed order.
struct Kind {
    const char* name;
    std::vector<const char*> columns;
    const char* rows;
};

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all = {
        {"run",
         {"git_commit", "suite_version", "libtorch_version", "device", "host", "dataset_fingerprint", "train_images",
          "started_at", "finished_at", "seconds"},
         "FROM jobs WHERE id = ?1"},
        {"metrics",
         {"split", "metric", "position", "class", "value", "positives", "negatives", "defined"},
         "FROM metrics WHERE job_id = ?1 ORDER BY split, metric, position"},
        {"curves", {"name", "epoch", "value"}, "FROM curves WHERE job_id = ?1 ORDER BY name, epoch"},
        {"leakage", {"test_images", "in_training", "in_pretraining"}, "FROM leakage WHERE job_id = ?1"},
        {"scores",
         {"i.fingerprint", "i.split", "i.content_hash", "s.scores"},
         "FROM scores s JOIN image_sets i ON i.id = s.set_id WHERE s.job_id = ?1"},
        {"pictures", {"name", "caption", "png"}, "FROM pictures WHERE job_id = ?1 ORDER BY name"},
        {"image_values",
         {"v.metric", "i.fingerprint", "i.split", "i.content_hash", "v.image_values"},
         "FROM image_values v JOIN image_sets i ON i.id = v.set_id WHERE v.job_id = ?1 ORDER BY v.metric"},
    };
    return all;
}

/// Adds a value with its type and length, so that no two rows of values give the same bytes.
void add(Sha256& hash, const Statement& query, int column) {
    const std::string type = query.text(column);
    const int value = column + 1;
    hash.add(type).add(std::string_view("\0", 1));
    const auto sized = [&](std::span<const std::byte> bytes) {
        hash.add(std::to_string(bytes.size())).add(std::string_view("\0", 1)).add(bytes);
    };
    if (type == "real") {
        const auto bits = std::bit_cast<std::array<std::byte, sizeof(double)>>(query.real(value));
        sized(bits);
    } else if (type == "blob" || type == "text") { // the bytes as stored
        sized(query.blob(value));
    } else if (type != "null") {
        const std::string text = query.text(value);
        sized(std::as_bytes(std::span(text)));
    }
}

/// Empty if there are no rows.
std::string digest_of_rows(Sqlite& db, const Kind& kind, std::int64_t job) {
    std::vector<std::string> columns;
    for (const auto* column : kind.columns) columns.push_back(fmt::format("typeof({0}), {0}", column));
    Statement query(db, fmt::format("SELECT {} {}", fmt::join(columns, ", "), kind.rows));
    query.bind(1, job);
    Sha256 hash;
    bool any = false;
    while (query.step()) {
        any = true;
        for (int i = 0; i < static_cast<int>(kind.columns.size()); ++i) add(hash, query, 2 * i);
    }
    return any ? hash.hex() : std::string();
}

} // namespace

json::object digests_of(Sqlite& db, std::int64_t job) {
    json::object digests;
    Statement query(db, "SELECT details FROM jobs WHERE id = ?");
    if (query.bind(1, job).step() && !query.text(0).empty()) {
        json::object details = query.object(0);
        details.erase(digests_key);
        digests["details"] = sha256(canonical(details));
    }
    for (const auto& kind : kinds())
        if (const auto digest = digest_of_rows(db, kind, job); !digest.empty()) digests[kind.name] = digest;
    return digests;
}

std::string digest_of_experiment(Sqlite& db, std::int64_t experiment) {
    Statement query(db, fmt::format("SELECT DISTINCT j.hash, json_extract(j.details, '$.{}') FROM experiment_jobs x "
                                    "JOIN jobs j ON j.id = x.job_id WHERE x.experiment_id = ? AND j.state = 'done' "
                                    "ORDER BY j.hash",
                                    digests_key));
    query.bind(1, experiment);
    Sha256 hash;
    bool any = false;
    while (query.step()) {
        if (query.text(1).empty()) return {};
        hash.add(query.text(0)).add(canonical(query.json(1)));
        any = true;
    }
    return any ? hash.hex() : std::string();
}

} // namespace mlvicx
