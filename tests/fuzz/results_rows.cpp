#include "core/files.h"
#include "results/store/schema.h"
#include "tests/fuzz/results_readers.h"
#include "tests/fuzz/target.h"
#include "tests/support/paged_experiment.h"

#include <charconv>
#include <sstream>

namespace mlvicx::fuzz {

namespace {

/// A results file of this program, as one file.
const std::string& honest_file() {
    static const std::string bytes = [] {
        const auto file = Input::folder() / "honest.db";
        {
            Store store(file);
            results_test::make_paged(store, {"mlvicx", "random"});
            store.db().run("PRAGMA journal_mode = DELETE");
        }
        return read_text(file);
    }();
    return bytes;
}

bool is_name(const std::string& word) {
    return !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
}

void give(Statement& update, char kind, const std::string& text) {
    std::int64_t whole = 0;
    double real = 0;
    std::from_chars(text.data(), text.data() + text.size(), whole);
    std::from_chars(text.data(), text.data() + text.size(), real);
    if (kind == 'i')
        update.bind(1, whole);
    else if (kind == 'r')
        update.bind(1, real);
    else if (kind == 'b')
        update.bind_blob(1, std::as_bytes(std::span(text)));
    else if (kind == 'n')
        update.bind_null(1);
    else
        update.bind(1, text);
}

/// "scores scores job_id 2 b bytes" sets a column to text (t), a whole number (i), a real one (r), bytes (b) or NULL
/// (n) where another column has this value, whatever the table's checks say.
void edit(Sqlite& db, const std::string& line) {
    std::istringstream words(line);
    std::string table, column, where, number, kind, rest;
    words >> table >> column >> where >> number >> kind;
    words.get();
    std::getline(words, rest, '\n');
    if (!is_name(table) || !is_name(column) || !is_name(where) || kind.empty()) return;
    try {
        Statement update(db, "UPDATE OR IGNORE " + table + " SET " + column + " = ?1 WHERE " + where + " = ?2");
        give(update, kind.front(), rest);
        update.bind(2, static_cast<std::int64_t>(std::strtoll(number.c_str(), nullptr, 10))).run();
    } catch (const std::exception&) { // no such table or column, or NULL where it cannot be
    }
}

} // namespace

/// Values that no program of ours has written, in tables as they should be.
void results_rows(const Input& input) {
    const auto file = Input::file("rows.db", honest_file());
    {
        Sqlite db(file);
        db.run("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF");
        std::istringstream lines{std::string(input.text())};
        for (std::string line; std::getline(lines, line);) edit(db, line);
    }
    read_results(input, file);
}

} // namespace mlvicx::fuzz
