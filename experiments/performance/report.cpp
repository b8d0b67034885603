// The whole report of a results file of ChestX-ray14's size: 80 evaluations (8 methods, 5 fractions, 2 seeds) of 25,596
// test films of 2,797 patients and 14 findings, simulated; 1,000 resamples of the patients, all pairs of methods.
#include "results/report.h"
#include "core/error.h"
#include "core/files.h"
#include "core/random.h"
#include "results/metrics.h"
#include "results/pairs.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

namespace {

namespace fs = std::filesystem;
using namespace mlvicx;

constexpr std::size_t films = 25596, patients = 2797, findings = 14;

void fill(Store& store) {
    ScoredFilms scored{"simulated", "test", {}, {}, {}, {}};
    Random labels(0, Purpose::bootstrap, 1);
    for (std::size_t c = 0; c < findings; ++c) scored.classes.push_back(fmt::format("finding {}", c + 1));
    for (std::size_t film = 0; film < films; ++film) {
        scored.ids.push_back(fmt::format("{:08}.png", film));
        scored.patients.push_back(std::to_string(labels.below(patients)));
        for (std::size_t c = 0; c < findings; ++c)
            scored.labels.push_back(labels.chance(0.004 + 0.015 * static_cast<double>(c)) ? 1 : 0);
    }
    std::vector<CellKey> cells;
    for (std::uint16_t method = 0; method < 8; ++method)
        for (const double fraction : {0.01, 0.05, 0.1, 0.5, 1.0})
            for (std::uint32_t seed = 0; seed < 2; ++seed) {
                CellKey key;
                key.method = method == 0 ? "random" : fmt::format("method {}", method);
                key.hash = fmt::format("{} {} {}", key.method, fraction, seed);
                key.kind = "evaluate";
                key.dataset = "simulated";
                key.protocol = "frozen";
                key.fraction = fraction;
                key.seed = seed;
                key.config = {{"hash", key.hash}};
                cells.push_back(key);
                CellResult result;
                result.dataset_fingerprint = scored.fingerprint;
                result.train_films = static_cast<std::int64_t>(75000 * fraction);
                Random noise(seed, Purpose::bootstrap, 2, static_cast<std::uint32_t>(1000 * fraction), method);
                const double skill = 0.02 * method + 0.1 * fraction;
                for (const auto label : scored.labels)
                    result.scores.push_back(static_cast<float>(0.7 * noise.uniform() + (label == 1 ? skill : 0)));
                result.test = {auc_table(result.scores, scored.labels, scored.classes)};
                result.scored = scored;
                store.finish(key, result, {"", "", "", "", ""});
            }
    store.add_experiment("simulated", json::object{{"name", "simulated"}}, cells);
}

void whole_report(benchmark::State& state) {
    const auto folder = fs::temp_directory_path() / fmt::format("mlvicx-report-{}", ::getpid());
    fs::create_directories(folder);
    {
        Store store(folder / "results.db");
        fill(store);
    }
    for (auto _ : state) {
        Store store(folder / "results.db", true);
        const auto rows = grid(store);
        benchmark::DoNotOptimize(write_report(store, "", rows, folder / "report"));
    }
    const auto text = read_text(folder / "report.md");
    ensure(text.find("(") != std::string::npos && text.find("p ") != std::string::npos,
           "intervals and tests are there");
    fs::remove_all(folder);
}

} // namespace

BENCHMARK(whole_report)->Unit(benchmark::kSecond)->UseRealTime();

BENCHMARK_MAIN();
