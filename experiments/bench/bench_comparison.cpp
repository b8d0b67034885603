#include "core/error.h"
#include "experiments/bench/bench_record.h"
#include "results/report/table.h"
#include "results/report/text.h"

#include <algorithm>
#include <initializer_list>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// A member of an object that is found by a path of keys. Throws UserError.
const json::value& member(const json::value& object, std::initializer_list<const char*> keys, const fs::path& file) {
    const json::value* at = &object;
    std::string path = "$";
    for (const char* key : keys) {
        path += std::string(".") + key;
        at = at->is_object() ? at->get_object().if_contains(key) : nullptr;
        if (at == nullptr) user_error("{}: {} is missing", file.string(), path);
    }
    return *at;
}

double number(const json::value& row, const char* key, const fs::path& file) {
    const auto& value = member(row, {key}, file);
    if (!value.is_number() || value.to_number<double>() <= 0)
        user_error("{}: a row's {} is {}, expected a number above 0", file.string(), key, canonical(value));
    return value.to_number<double>();
}

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : canonical(value);
}

struct Record {
    fs::path file;
    json::value content;

    explicit Record(const fs::path& path) : file(path), content(read_json(path)) {
        const auto* kind = content.is_object() ? content.get_object().if_contains("kind") : nullptr;
        if (kind == nullptr || *kind != "bench")
            user_error("{}: {}, expected a record of mlvicx-bench bench --json", file.string(),
                       kind == nullptr ? "has no kind" : "its kind is " + canonical(*kind));
        if (!member(content, {"rows"}, file).is_array()) user_error("{}: $.rows is no list", file.string());
        for (const auto& row : rows()) member(row, {"method"}, file);
    }
    const json::array& rows() const { return content.at("rows").get_array(); }
    std::string text(std::initializer_list<const char*> keys) const { return text_of(member(content, keys, file)); }
    const json::value* row(const json::value& method) const {
        const auto found =
            std::find_if(rows().begin(), rows().end(), [&](const json::value& r) { return r.at("method") == method; });
        return found == rows().end() ? nullptr : &*found;
    }
    std::string headline() const {
        return fmt::format("{} ({}, {}, {} threads, commit {}, LibTorch {})", file.string(), text({"date"}),
                           text({"machine", "device"}), text({"machine", "threads"}), text({"program", "commit"}),
                           text({"libtorch"}));
    }
};

void require_equal(const Record& a, const Record& b, const char* key) {
    const auto first = a.text({"setting", key}), second = b.text({"setting", key});
    if (first != second)
        user_error("{} is {} in {} and {} in {}, expected one setting for a ratio", key, first, a.file.string(), second,
                   b.file.string());
}

} // namespace

std::string bench_comparison(const fs::path& a_file, const fs::path& b_file) {
    const Record a(a_file), b(b_file);
    for (const char* key : {"encoder", "image_size", "batch_size", "precision"}) require_equal(a, b, key);
    Table table;
    table.title = "Ratios";
    table.caption = "B to A; images/s above 1: B is faster";
    for (const char* column : {"A images/s", "B images/s", "ratio", "range", "peak memory"})
        table.columns.push_back({column, ""});
    std::string alone;
    for (const auto& row : a.rows()) {
        const auto& method = row.at("method");
        const auto* other = b.row(method);
        if (other == nullptr) {
            alone += fmt::format("Only in A: {}\n", text_of(method));
            continue;
        }
        if (member(row, {"options"}, a.file) != member(*other, {"options"}, b.file))
            user_error("{} has the options {} in {} and {} in {}, expected equal ones", text_of(method),
                       canonical(row.at("options")), a.file.string(), canonical(other->at("options")), b.file.string());
        const auto of_a = [&](const char* key) { return number(row, key, a.file); };
        const auto of_b = [&](const char* key) { return number(*other, key, b.file); };
        table.lines.push_back(
            {text_of(method),
             {fmt::format("{:.4g}", of_a("images_per_second")), fmt::format("{:.4g}", of_b("images_per_second")),
              fmt::format("{:.2f}", of_b("images_per_second") / of_a("images_per_second")),
              fmt::format("{:.2f}-{:.2f}", of_b("lowest") / of_a("highest"), of_b("highest") / of_a("lowest")),
              fmt::format("{:.2f}", of_b("peak_gb") / of_a("peak_gb"))}});
    }
    for (const auto& row : b.rows())
        if (a.row(row.at("method")) == nullptr) alone += fmt::format("Only in B: {}\n", text_of(row.at("method")));
    if (table.lines.empty()) user_error("{} and {} have no method in common", a_file.string(), b_file.string());
    return wrapped("A: " + a.headline(), 80) + "\n" + wrapped("B: " + b.headline(), 80) + "\n" +
           fmt::format("{}, {} images of {} pixels a step, {}\n\n", a.text({"setting", "encoder"}),
                       a.text({"setting", "batch_size"}), a.text({"setting", "image_size"}),
                       a.text({"setting", "precision"})) +
           table_text(table) + alone;
}

} // namespace mlvicx
