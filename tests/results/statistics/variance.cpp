#include "tests/support/catch.h"

#include "core/error.h"
#include "core/json.h"
#include "core/random.h"
#include "results/report/health.h"
#include "results/report/markdown.h"
#include "results/report/report.h"
#include "results/report/sections/grid_csv.h"
#include "results/report/sections/grid_text.h"
#include "results/report/sections/variance_text.h"
#include "results/report/status.h"
#include "results/statistics/variance.h"
#include "tests/support/results_fixture.h"

#include <cmath>

using namespace mlvicx;
using namespace results_test;

namespace {

JobKey drawn(const std::string& method, double fraction, std::int64_t seed, std::optional<std::int64_t> draw,
             const std::string& weights = {}) {
    auto key = job(fmt::format("{}-{}-{}-{}", method, fraction, seed, draw.value_or(-1)), method, fraction, seed);
    key.draw = draw;
    key.config["precision"] = "fp32"; // on frozen features
    if (!weights.empty()) key.config["weights"] = weights;
    return key;
}

JobResult figure(double auc, std::int64_t images = 35) {
    auto r = result();
    r.test = aucs({{"Mass", auc, 10, 90}});
    r.train_images = images;
    r.scored.reset();
    r.scores.clear();
    return r;
}

JobResult pretraining(const std::string& verdict) {
    JobResult r;
    if (!verdict.empty())
        r.details["health"] = json::object{{"verdict", verdict}, {"reason", "effective rank 1.2 of 128"}};
    return r;
}

bool has(const std::string& text, const std::string& part) {
    INFO(part << " in " << text);
    CHECK(text.find(part) != std::string::npos);
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("variance: components are statsmodels'", "[reference]") {
    const auto file = read_json(MLVICX_TEST_DATA "/variance.json");
    const auto& cases = file.at("cases").as_array();
    REQUIRE(cases.size() == 5);
    int cut = 0;
    for (const auto& entry : cases) {
        const auto values = json::value_to<std::vector<std::vector<double>>>(entry.at("values"));
        const auto found = variance_components(values);
        const auto expected = [&](const char* name) { return entry.at(name).to_number<double>(); };
        CHECK(found.seeds_uncut == Approx(expected("seeds")).epsilon(1e-6));
        CHECK(found.draws_uncut == Approx(expected("draws")).epsilon(1e-6));
        CHECK(found.rest == Approx(expected("rest")).epsilon(1e-6));
        CHECK(found.seeds == std::max(0.0, found.seeds_uncut));
        CHECK(found.draws == std::max(0.0, found.draws_uncut));
        if (found.seeds_uncut < 0 || found.draws_uncut < 0) {
            ++cut;
            continue;
        }
        // The maximum likelihood fit stops slightly off the optimum.
        const auto reml = [&](const char* name) { return entry.at("reml").at(name).to_number<double>(); };
        CHECK(found.seeds == Approx(reml("seeds")).epsilon(1e-3));
        CHECK(found.draws == Approx(reml("draws")).epsilon(1e-3));
        CHECK(found.rest == Approx(reml("rest")).epsilon(1e-3));
    }
    CHECK(cut == 3);
}

TEST_CASE("variance: by hand, and tables that are not complete", "[unit]") {
    // Rows differ by 2, columns by 4, nothing is left: variances 2 and 8 of two values each.
    const auto found = variance_components(std::vector<std::vector<double>>{{1, 5}, {3, 7}});
    CHECK(found.mean == 4);
    CHECK(found.seeds == Approx(2));
    CHECK(found.draws == Approx(8));
    CHECK(found.rest == 0);
    CHECK(found.of_mean == Approx(5));
    const auto checkered = variance_components(std::vector<std::vector<double>>{{0, 1}, {1, 0}});
    CHECK(checkered.rest == Approx(1));
    CHECK(checkered.seeds_uncut == Approx(-0.5));
    CHECK(checkered.seeds == 0);
    CHECK(checkered.of_mean == Approx(0.25));
    using Table = std::vector<std::vector<double>>;
    for (const auto& wrong : {Table{}, Table{{1, 2}}, Table{{1}, {2}}, Table{{1, 2}, {3}}})
        CHECK_THROWS_AS(variance_components(wrong), InternalError);
}

TEST_CASE("variance: the simulated spread is recovered on average", "[unit]") {
    double seeds = 0, draws = 0, rest = 0, of_mean = 0, mean_square = 0;
    constexpr int repeats = 4000;
    for (std::uint32_t repeat = 0; repeat < repeats; ++repeat) {
        Random random(5, Purpose::bootstrap, repeat);
        std::vector<double> row(4), column(3);
        for (auto& value : row) value = 2 * random.normal();
        for (auto& value : column) value = 1 * random.normal();
        std::vector<std::vector<double>> values(4, std::vector<double>(3));
        for (std::size_t i = 0; i < 4; ++i)
            for (std::size_t j = 0; j < 3; ++j) values[i][j] = row[i] + column[j] + 0.5 * random.normal();
        const auto found = variance_components(values);
        seeds += found.seeds_uncut / repeats;
        draws += found.draws_uncut / repeats;
        rest += found.rest / repeats;
        of_mean += found.of_mean / repeats;
        mean_square += found.mean * found.mean / repeats; // the truth is 0
    }
    CHECK(seeds == Approx(4).epsilon(0.06));
    CHECK(draws == Approx(1).epsilon(0.06));
    CHECK(rest == Approx(0.25).epsilon(0.06));
    CHECK(of_mean == Approx(mean_square).epsilon(0.06));
}

TEST_CASE("report: draws are distinguished from seeds, and the caption says what the standard deviation is over",
          "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    std::vector<JobKey> jobs;
    for (const std::string method : {"byol", "random"})
        for (const double fraction : {0.1, 1.0})
            for (std::int64_t seed = 0; seed < 2; ++seed)
                for (std::int64_t draw = 0; draw < (fraction == 1 ? 1 : 2); ++draw)
                    jobs.push_back(drawn(method, fraction, seed, fraction == 1 ? std::nullopt : std::optional(draw)));
    store.add_experiment("draws", json::object{{"name", "draws"}}, jobs);
    for (const auto& key : jobs) {
        const double base = key.method == "byol" ? 0.7 : 0.6;
        const double seed = 0.02 * static_cast<double>(key.seed),
                     draw = 0.04 * static_cast<double>(key.draw.value_or(0));
        if (key.method != "random" || key.seed != 1 || key.draw != 1) // one evaluation is missing
            store.finish(key, figure(base + seed + draw, key.fraction == 1 ? 700 : 35), provenance);
    }
    const auto rows = grid(store);
    REQUIRE(rows.size() == 2);
    const auto &pairs = rows[0].cells[0], &all = rows[0].cells[1];
    CHECK(pairs.planned == 4);
    CHECK(pairs.seeds == 2);
    CHECK(pairs.draws == 2);
    CHECK(all.seeds == 2);
    CHECK(all.draws == 0);
    REQUIRE(seed_means(pairs).size() == 2);
    CHECK(seed_means(pairs)[0] == Approx(0.72));
    CHECK(seed_means(pairs)[1] == Approx(0.74));
    CHECK(seed_means(all).size() == 2);
    const auto text = grid_text(rows);
    has(text, "nih, frozen (linear probe): test AUC in percent, mean over classes ± standard deviation over seeds and "
              "draws, n = 2 seeds x 2 draws of the labelled images (100 %: seeds only)\n");
    has(text, "  byol     73.0 ± 2.6           71.0 ± 1.4\n");
    has(text, "  random   62.0 ± 2.0 (n = 3)   61.0 ± 1.4\n");
    has(text, "±: over all pairs of a seed (training) and a draw (label subset); over seeds only where all images are "
              "labelled.");
    CHECK(text.find("each with its own label subset") == std::string::npos);
    has(grid_csv(rows), "\nnih,frozen,random,0.1,35,0.6");
    has(seeds_csv(store), ",byol-0.1-1-1,1,,\n");

    const auto components = variance_components(pairs);
    REQUIRE(components.has_value());
    CHECK(components->seeds == Approx(0.0002)); // 0.02 apart
    CHECK(components->draws == Approx(0.0008)); // 0.04 apart
    CHECK(components->rest == Approx(0).margin(1e-12));
    CHECK_FALSE(variance_components(all).has_value());
    const auto section = variance_markdown(rows);
    has(section,
        "### nih, frozen (linear probe)\n| method | labels | AUC | seeds | draws | rest | of the mean | n |\n");
    has(section, "| byol | 10 % | 73.0 | 1.41 | 2.83 | 0.00 | 2.24 | 2 x 2 |\n");
    has(section, "| random | 10 % | too few pairs are finished |");
    CHECK(section.find("100 %") == std::string::npos);
    has(report_markdown(store), "\n## Seeds and draws\n" + section);
    const auto files = write_report(store, "draws", report_figures(store, "draws", rows), folder / "report");
    CHECK(files.back() == folder / "report-variance.csv");
    has(variance_csv(rows), "\nnih,frozen,byol,0.1,2,2,0.7");
}

TEST_CASE("report: all images imported as one draw are complete with it; a single draw has no variance", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    std::vector<JobKey> jobs;
    for (std::int64_t seed = 0; seed < 2; ++seed) {
        for (std::int64_t draw = 0; draw < 3; ++draw) jobs.push_back(drawn("random", 0.1, seed, draw));
        jobs.push_back(drawn("random", 1, seed, 0));
    }
    store.add_experiment("imported", json::object{{"name", "imported"}}, jobs);
    for (const auto& key : jobs) store.finish(key, figure(0.6), provenance);
    const auto rows = grid(store);
    const auto text = grid_text(rows);
    has(text, "n = 2 seeds x 3 draws of the labelled images (100 %: seeds only)\n");
    CHECK(text.find("(n = ") == std::string::npos);
    const auto section = variance_markdown(rows);
    has(section, "| random | 10 % |");
    CHECK(section.find("| 100 % |") == std::string::npos);
}

TEST_CASE("report: evaluations on a collapsed pre-training are left out and counted, unless asked for", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const std::vector<std::string> verdicts = {"healthy", "collapsed", "partly collapsed", "diverged", ""};
    std::vector<JobKey> jobs;
    for (std::int64_t seed = 0; seed < 5; ++seed) {
        jobs.push_back(job(fmt::format("pre{}", seed), "byol", 0, seed, ""));
        jobs.push_back(drawn("byol", 1, seed, {}, fmt::format("pre{}", seed)));
    }
    jobs.push_back(job("previc", "vicreg", 0, 0, ""));
    jobs.push_back(drawn("vicreg", 1, 0, {}, "previc"));
    jobs.push_back(drawn("random", 1, 0, {}, "no cell has this name"));
    store.add_experiment("sick", json::object{{"name", "sick"}}, jobs);
    for (const auto& key : jobs) {
        if (key.kind == "pretrain")
            store.finish(
                key, pretraining(key.method == "vicreg" ? "collapsed" : verdicts[static_cast<std::size_t>(key.seed)]),
                provenance);
        else
            store.finish(key, figure(0.5 + 0.1 * static_cast<double>(key.seed)), provenance);
    }
    const auto rows = grid(store);
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].cells[0].left_out == 2);
    CHECK(rows[0].cells[0].main().values == std::vector<double>{0.5, 0.7, 0.9}); // the one without a verdict stays
    const auto text = grid_text(rows);
    has(text, "n = 5 seeds; 3 evaluations left out\n");
    has(text, "  byol     70.0 ± 20.0 (n = 3)\n");
    has(text, "  vicreg   left out\n");
    has(text,
        "Left out: evaluations whose pre-training collapsed or diverged; `mlvicx-bench report --all` shows them.");
    has(gap_text(rows), "  vicreg - random = left out\n");
    has(grid_csv(rows), ",0,2,\n");
    has(seeds_csv(store), ",byol-1-1--1,,collapsed,\n"); // the raw figures have all
    const auto all = grid(store, "sick", true);
    CHECK(all[0].cells[0].runs.size() == 5);
    CHECK(grid_text(all).find("left out") == std::string::npos);

    CHECK(health_text(store) == "byol seed 1: collapsed (effective rank 1.2 of 128)\n"
                                "byol seed 2: partly collapsed (effective rank 1.2 of 128)\n"
                                "byol seed 3: diverged (effective rank 1.2 of 128)\n"
                                "vicreg seed 0: collapsed (effective rank 1.2 of 128)\n");
    has(health_text(store, "sick", true), "byol seed 0: healthy (effective rank 1.2 of 128)\n");
    has(status_text(store), "  pre-training that is not healthy:\n    byol seed 1: collapsed (effective rank 1.2 of "
                            "128)\n    byol seed 2: partly");
    has(report_markdown(store), "\n## Pre-training\n```\nbyol seed 0: healthy");
}

TEST_CASE("report: figures on a pre-training that has not learned stay, marked; many dead features are reported",
          "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const std::vector<JobKey> jobs = {job("preb", "byol", 0, 0, ""), drawn("byol", 1, 0, {}, "preb"),
                                      job("prev", "vicreg", 0, 0, ""), drawn("vicreg", 1, 0, {}, "prev"),
                                      drawn("random", 1, 0, {}, "none")};
    store.add_experiment("weak", json::object{{"name", "weak"}}, jobs);
    for (const auto& key : jobs) {
        if (key.kind == "pretrain") {
            store.finish(key, pretraining(key.method == "byol" ? "not learned" : "healthy"), provenance);
            continue;
        }
        auto evaluated = figure(0.6);
        evaluated.details["features"] = 512;
        evaluated.details["dead_features"] = key.method == "vicreg" ? 66 : 5;
        store.finish(key, evaluated, provenance);
    }
    const auto rows = grid(store);
    CHECK(rows[0].cells[0].not_learned);
    CHECK(rows[0].cells[0].left_out == 0);
    CHECK_FALSE(rows[1].cells[0].not_learned);
    const auto text = grid_text(rows);
    has(text, "  byol     60.0 †\n");
    has(text, "  vicreg   60.0\n");
    has(text, "†: the pre-training was judged not to have learned.");
    const auto health = health_text(store);
    has(health, "byol seed 0: not learned (effective rank 1.2 of 128); 5 of 512 features are dead on ");
    has(health, "vicreg seed 0: healthy (effective rank 1.2 of 128); 66 of 512 features are dead on ");
}
