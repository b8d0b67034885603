#include "core/utf8.h"
#include "results/compare/compare.h"
#include "results/report/card.h"
#include "results/report/class_table.h"
#include "results/report/encoders.h"
#include "results/report/health.h"
#include "results/report/leakage.h"
#include "results/report/page/html.h"
#include "results/report/page/report_page.h"
#include "results/report/sections/class_count_text.h"
#include "results/report/sections/grid_text.h"
#include "results/report/status.h"
#include "results/report/status_json.h"
#include "results/report/subsets.h"
#include "results/store/copy.h"
#include "results/verify/verify.h"
#include "tests/fuzz/results_readers.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

namespace {

void printed(const std::string& text) {
    ensure(!invalid_utf8(text), "printed text is not UTF-8");
    ensure(text.find('\x1b') == std::string::npos, "printed text steers the terminal");
}

void report(Store& store) {
    require_figures(store, {});
    const auto rows = grid(store);
    const auto figures = report_figures(store, {}, rows);
    printed(grid_text(rows) + gap_text(rows) + tables_text(class_count_tables(store, rows)) +
            same_subsets_text(store, {}) + classes_text(rows) + health_text(store) + leakage_text(store) +
            encoders_text(store));
    for (const auto& [ending, text] : report_files(store, {}, figures)) printed(text);
    printed(html_of(report_page(store, {}, figures), [](const Plot&) { return std::string(); }));
}

} // namespace

void read_results(const Input& input, const std::filesystem::path& file) {
    const auto reading = [&](auto&& read) {
        return [&file, read] {
            Store store(file, true);
            read(store);
        };
    };
    const auto copy = Input::folder() / "copy.db";
    std::filesystem::remove(copy);
    input.read_in({
        reading([](Store& store) { printed(status_text(store)); }),
        reading([](Store& store) { printed(watch_text(store, {}).text); }),
        reading([](Store& store) { json::serialize(status_json(store, {}, {})); }),
        reading([](Store& store) { printed(verification_text(verify(store, Input::folder()))); }),
        reading([](Store& store) { printed(card_text(store)); }),
        reading([](Store& store) { report(store); }),
        reading([](Store& store) {
            const Compared same{store, {}};
            printed(comparison_text(compare_results(same, same)));
        }),
        reading([](Store& store) {
            for (const auto& name : store.experiment_names())
                for (const auto& job : store.jobs_of(name)) store.pictures(job.key.hash);
        }),
        reading([&](Store& store) { copy_results(store, copy); }),
        [&] { // as `run` opens it
            Store store(file);
            store.typical_seconds("evaluate", "frozen");
        },
    });
}

void results(const Input& input) {
    const auto file = Input::folder() / "results.db";
    for (const char* end : {"", "-journal", "-wal", "-shm"}) std::filesystem::remove(file.string() + end);
    read_results(input, input.file("results.db"));
}

} // namespace mlvicx::fuzz
