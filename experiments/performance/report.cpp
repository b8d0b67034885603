// The whole report of a results file of ChestX-ray14's size: 80 simulated evaluations (8 methods, 5 fractions, 2 seeds)
// of 25,596 test images of 2,797 patients and 14 findings; 1,000 resamples of the patients, all pairs of methods. And
// the folder with page, plots and tables of a sweep: 20,000 evaluations (40 methods, 4 protocols, 5 fractions, 5 seeds,
// 5 draws) of 200 test images and 5 findings.
#include "results/report/report.h"
#include "core/random.h"
#include "datasets/text/csv.h"
#include "experiments/performance/harness.h"
#include "results/metrics/metrics.h"
#include "results/report/page/report_page.h"
#include "results/statistics/pairs.h"
#include "tests/support/many_jobs.h"

#include <unistd.h>

#include <filesystem>
#include <map>
#include <utility>

namespace {

namespace fs = std::filesystem;
using namespace mlvicx;

constexpr std::size_t images = 25596, patients = 2797, findings = 14;

constexpr double fractions[] = {0.01, 0.05, 0.1, 0.5, 1.0};
constexpr std::uint16_t methods = 8;
constexpr std::uint32_t seeds = 2;

std::string name_of(std::uint16_t method) {
    return method == 0 ? "random" : fmt::format("method {}", method);
}

/// This many test images.
ScoredImages test_images(std::size_t count) {
    ScoredImages scored{"simulated", "test", {}, {}, {}, {}, {}};
    Random labels(0, Purpose::bootstrap, 1);
    for (std::size_t c = 0; c < findings; ++c) scored.classes.push_back(fmt::format("finding {}", c + 1));
    for (std::size_t image = 0; image < count; ++image) {
        scored.ids.push_back(fmt::format("{:08}.png", image));
        scored.patients.push_back(std::to_string(labels.below(patients)));
        for (std::size_t c = 0; c < findings; ++c)
            scored.labels.push_back(labels.chance(0.004 + 0.015 * static_cast<double>(c)) ? 1 : 0);
    }
    return scored;
}

std::vector<float> scores_of(const ScoredImages& scored, std::uint16_t method, double fraction, std::uint32_t seed) {
    Random noise(seed, Purpose::bootstrap, 2, static_cast<std::uint32_t>(1000 * fraction), method);
    const double skill = 0.02 * method + 0.1 * fraction;
    std::vector<float> scores;
    for (const auto label : scored.labels)
        scores.push_back(static_cast<float>(0.7 * noise.uniform() + (label == 1 ? skill : 0)));
    return scores;
}

void fill(Store& store, const ScoredImages& scored) {
    std::vector<JobKey> jobs;
    for (std::uint16_t method = 0; method < methods; ++method)
        for (const double fraction : fractions)
            for (std::uint32_t seed = 0; seed < seeds; ++seed) {
                JobKey key;
                key.method = name_of(method);
                key.hash = fmt::format("{} {} {}", key.method, fraction, seed);
                key.kind = "evaluate";
                key.dataset = "simulated";
                key.protocol = "frozen";
                key.fraction = fraction;
                key.seed = seed;
                key.config = {{"hash", key.hash}};
                jobs.push_back(key);
                JobResult result;
                result.dataset_fingerprint = scored.fingerprint;
                result.train_images = static_cast<std::int64_t>(75000 * fraction);
                result.scores = scores_of(scored, method, fraction, seed);
                result.test = {auc_table(result.scores, scored.labels, scored.classes)};
                result.scored = scored;
                store.finish(key, result, {"", "", "", "", ""});
            }
    store.add_experiment("simulated", json::object{{"name", "simulated"}}, jobs);
}

/// A folder with a results file of this many test images, removed at the end.
struct Results {
    fs::path folder = fs::temp_directory_path() / fmt::format("mlvicx-report-{}", ::getpid());

    explicit Results(std::size_t count) {
        fs::create_directories(folder);
        Store store(folder / "results.db");
        fill(store, test_images(count));
    }
    ~Results() {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }
    Results(const Results&) = delete;
    Results& operator=(const Results&) = delete;

    void report() const {
        Store store(folder / "results.db", true);
        const auto rows = grid(store);
        benchmark::DoNotOptimize(write_report(store, "", report_figures(store, "", rows), folder / "report"));
    }
};

void whole_report(benchmark::State& state) {
    const Results results(images);
    for (auto _ : state) results.report();
}

constexpr std::size_t few = 2000;

/// The mean AUC of each method and fraction, from the report's table.
Values reported(const Sizes&) {
    const Results results(few);
    results.report();
    const Csv table(results.folder / "report.csv");
    std::map<std::pair<std::string, double>, double> figures;
    const auto number = [&](std::size_t row, const char* column) {
        return *number_from(table.cell(row, table.column(column)));
    };
    for (std::size_t row = 0; row < table.rows(); ++row)
        figures[{std::string(table.cell(row, table.column("method"))), number(row, "fraction")}] =
            number(row, "auc_mean");
    Values values(1);
    for (const auto& [key, figure] : figures) values[0].push_back(figure);
    return values;
}

/// The same from the scores: all pairs of a positive and a negative image, mean over findings and seeds.
Values by_pairs(const Sizes&) {
    const auto scored = test_images(few);
    std::map<std::pair<std::string, double>, double> figures;
    for (std::uint16_t method = 0; method < methods; ++method)
        for (const double fraction : fractions)
            for (std::uint32_t seed = 0; seed < seeds; ++seed) {
                const auto scores = scores_of(scored, method, fraction, seed);
                for (std::size_t c = 0; c < findings; ++c) {
                    double won = 0, pairs = 0;
                    for (std::size_t i = c; i < scores.size(); i += findings)
                        for (std::size_t j = c; scored.labels[i] == 1 && j < scores.size(); j += findings) {
                            if (scored.labels[j] == 1) continue;
                            won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                            ++pairs;
                        }
                    figures[{name_of(method), fraction}] += won / pairs / (findings * seeds);
                }
            }
    Values values(1);
    for (const auto& [key, figure] : figures) values[0].push_back(figure);
    return values;
}

// ---- the folder of a sweep -----------------------------------------------------------------------------------------

/// A folder with the results file of a sweep, removed at the end.
struct SweepResults {
    fs::path folder = fs::temp_directory_path() / fmt::format("mlvicx-sweep-{}", ::getpid());

    explicit SweepResults(const Sweep& sweep) {
        fs::create_directories(folder);
        Store store(folder / "results.db");
        simulate(store, sweep);
    }
    ~SweepResults() {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }
    SweepResults(const SweepResults&) = delete;
    SweepResults& operator=(const SweepResults&) = delete;
};

void sweep_folder(benchmark::State& state) {
    const SweepResults results({});
    Store store(results.folder / "results.db", true);
    for (auto _ : state) benchmark::DoNotOptimize(write_report_folder(store, "", results.folder / "report").sections);
}

const Sweep small_sweep = {3, {"frozen", "knn"}, {0.1, 1}, 2, 2, 60, 40, 2};

/// The mean AUCs of the folder's data, in the order of its lines.
Values in_folder(const Sizes&) {
    const SweepResults results(small_sweep);
    Store store(results.folder / "results.db", true);
    write_report_folder(store, "", results.folder / "report");
    const Csv table(results.folder / "report/data/report.csv");
    Values values(1);
    for (std::size_t row = 0; row < table.rows(); ++row)
        values[0].push_back(*number_from(table.cell(row, table.column("auc_mean"))));
    return values;
}

/// The same by a query.
Values by_query(const Sizes&) {
    const SweepResults results(small_sweep);
    Store store(results.folder / "results.db", true);
    Statement query(store.db(), "SELECT avg(auc) FROM evaluations GROUP BY dataset, protocol, method, fraction "
                                "ORDER BY protocol, CASE method WHEN 'random' THEN '' ELSE method END, fraction");
    Values values(1);
    while (query.step()) values[0].push_back(query.real(0));
    return values;
}

} // namespace

int main(int argc, char** argv) {
    verified_benchmark({.name = "whole_report",
                        .candidate = reported,
                        .reference = by_pairs,
                        .tolerance = 1e-9,
                        .timed = whole_report},
                       [](auto* registered) { registered->Unit(benchmark::kSecond)->UseRealTime(); });
    verified_benchmark({.name = "sweep_folder",
                        .candidate = in_folder,
                        .reference = by_query,
                        .tolerance = 1e-9,
                        .timed = sweep_folder},
                       [](auto* registered) { registered->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1); });
    return run_registered(argc, argv);
}
