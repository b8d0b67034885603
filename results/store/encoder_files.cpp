#include "results/store/encoder_files.h"

#include "core/json.h"
#include "core/json_text.h"
#include "results/store/digests.h"

#include <utility>
#include <vector>

namespace mlvicx {

namespace {

struct Evaluated {
    std::int64_t job = 0;
    std::string encoder, file;
};

std::vector<Evaluated> evaluated(Sqlite& db) {
    Statement query(db,
                    "SELECT id, json_extract(config, '$.weights'), json_extract(details, '$.weights.file') FROM jobs "
                    "WHERE state = 'done' AND kind = 'evaluate' AND json_type(details, '$.weights.file') = 'text'");
    std::vector<Evaluated> found;
    while (query.step()) found.push_back({query.integer(0), query.text(1), query.text(2)});
    return found;
}

void write_details(Sqlite& db, std::int64_t job, const json::object& details) {
    Statement(db, "UPDATE jobs SET details = ? WHERE id = ?").bind(1, readable(details)).bind(2, job).run();
}

void change_file(Sqlite& db, std::int64_t job, const std::string& file) {
    Statement query(db, "SELECT details FROM jobs WHERE id = ?");
    query.bind(1, job).step();
    json::object details = json::parse(query.text(0)).as_object();
    const auto digest = [&] { return digests_of(db, job).at("details"); };
    auto* digests = details.if_contains(digests_key);
    const bool has_digest = digests != nullptr && digests->is_object() && digests->get_object().contains("details");
    const bool intact = has_digest && digests->get_object().at("details") == digest();
    details.at("weights").as_object()["file"] = file;
    write_details(db, job, details);
    if (!intact) return;
    details.at(digests_key).as_object()["details"] = digest();
    write_details(db, job, details);
}

} // namespace

std::int64_t
place_encoder_files(Sqlite& db,
                    const std::function<std::string(const std::string& id, const std::string& file)>& place) {
    Transaction transaction(db);
    std::int64_t changed = 0;
    for (const auto& [job, encoder, file] : evaluated(db))
        if (const std::string placed = place(encoder, file); placed != file) {
            change_file(db, job, placed);
            ++changed;
        }
    transaction.commit();
    return changed;
}

} // namespace mlvicx
