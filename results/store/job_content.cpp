#include "results/store/job_content.h"

#include "core/hash.h"
#include "core/json.h"
#include "results/store/copy.h"
#include "results/store/digests.h"
#include "results/store/transfer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace {

constexpr const char* rate = "images_per_second"; // a curve and an entry of details that is another one each time

/// A column's value, or "none".
std::string shown(const Statement& query, int column) {
    const std::string type = query.type(column);
    if (type == "null") return "none";
    if (type == "blob") return "SHA-256 " + Sha256().add(query.blob(column)).hex().substr(0, 12);
    return type == "real" ? fmt::format("{}", query.real(column)) : query.text(column);
}

void add_json(std::map<std::string, std::string>& values, const std::string& path, const json::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr) {
        values[path] = json::serialize(value);
        return;
    }
    for (const auto& item : *object) add_json(values, path + "." + std::string(item.key()), item.value());
}

void add_job(Sqlite& db, std::int64_t job, std::map<std::string, std::string>& values) {
    Statement query(db,
                    "SELECT kind, protocol, fraction, seed, draw, config, dataset_fingerprint, train_images, details "
                    "FROM jobs WHERE id = ?");
    query.bind(1, job).step();
    int column = 0;
    for (const char* name : {"kind", "protocol", "fraction", "seed", "draw"}) values[name] = shown(query, column++);
    add_json(values, "config", query.json(column++));
    for (const char* name : {"dataset_fingerprint", "train_images"}) values[name] = shown(query, column++);
    if (query.text(column).empty()) return;
    json::object details = query.object(column);
    for (const char* key : {digests_key, rate}) details.erase(key);
    if (auto* weights = details.if_contains("weights"); weights != nullptr && weights->is_object())
        weights->get_object().erase("file"); // a path; the digest says which weights they are
    add_json(values, "details", details);
}

void add_metrics(Sqlite& db, std::int64_t job, std::map<std::string, std::string>& values) {
    Statement query(db, "SELECT split, metric, position, class, value, positives, negatives, defined FROM metrics "
                        "WHERE job_id = ?");
    query.bind(1, job);
    while (query.step()) {
        const bool mean = query.integer(2) == 0;
        const std::string name =
            fmt::format("{} {}{}", query.text(0), query.text(1), mean ? "" : " of " + query.text(3));
        values[name] = shown(query, 4);
        values[name + " (positives, negatives, defined, place)"] =
            fmt::format("{}, {}, {}, {}", shown(query, 5), shown(query, 6), shown(query, 7), shown(query, 2));
    }
}

void add_curves(Sqlite& db, std::int64_t job, std::map<std::string, std::string>& values) {
    Statement query(db, "SELECT name, epoch, value FROM curves WHERE job_id = ? AND name <> ?");
    query.bind(1, job).bind(2, std::string(rate));
    while (query.step()) values[fmt::format("{} of epoch {}", query.text(0), query.text(1))] = shown(query, 2);
}

/// Any other table: a row is named by the texts that are its key, and each further column by itself.
void add_rows(Sqlite& db, std::int64_t job, const std::string& table, std::map<std::string, std::string>& values) {
    const bool named = table == "pictures" || table == "image_values";
    const auto columns = content_columns(db, table);
    const bool images = table == "scores" || table == "image_values";
    Statement query(db, fmt::format("SELECT {}{} FROM {} t {} WHERE t.job_id = ?", fmt::join(columns, ", "),
                                    images ? ", i.fingerprint || i.split || i.content_hash" : "", table,
                                    images ? "JOIN image_sets i ON i.id = t.set_id" : ""));
    query.bind(1, job);
    while (query.step()) {
        const std::string row = named ? " of " + query.text(0) : "";
        for (int i = named ? 1 : 0; i < static_cast<int>(columns.size()); ++i)
            values[columns[static_cast<std::size_t>(i)] + row] = shown(query, i);
        if (images) values["images" + row] = sha256(query.text(static_cast<int>(columns.size()))).substr(0, 12);
    }
}

} // namespace

JobContent content_of(Sqlite& db, std::int64_t job) {
    JobContent content;
    add_job(db, job, content["jobs"]);
    for (const auto& table : tables_of_jobs())
        if (table == "metrics")
            add_metrics(db, job, content[table]);
        else if (table == "curves")
            add_curves(db, job, content[table]);
        else
            add_rows(db, job, table, content[table]);
    std::erase_if(content, [](const auto& kind) { return kind.second.empty(); });
    return content;
}

std::string first_difference(const JobContent& a, const JobContent& b) {
    // Metrics first: they are what a reader knows.
    std::vector<std::string> kinds = {"metrics"};
    for (const auto* side : {&a, &b})
        for (const auto& [kind, values] : *side)
            if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
    const auto may_lack = kinds_left_out_by_copies();
    const auto value_in = [](const std::map<std::string, std::string>& values, const std::string& name) {
        const auto found = values.find(name);
        return found == values.end() ? std::string("none") : found->second;
    };
    static const std::map<std::string, std::string> nothing;
    for (const auto& kind : kinds) {
        const bool in_a = a.contains(kind), in_b = b.contains(kind);
        if (in_a != in_b && std::find(may_lack.begin(), may_lack.end(), kind) != may_lack.end()) continue;
        const auto &here = in_a ? a.at(kind) : nothing, &there = in_b ? b.at(kind) : nothing;
        std::map<std::string, std::string> all = here;
        all.insert(there.begin(), there.end());
        for (const auto& [name, value] : all)
            if (value_in(here, name) != value_in(there, name))
                return fmt::format("{}: {} and {}", name, value_in(here, name), value_in(there, name));
    }
    return {};
}

} // namespace mlvicx
