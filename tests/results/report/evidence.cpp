// Recomputes every figure that a report prints, from the database alone and by definition.
#include "tests/support/catch.h"

#include "core/files.h"
#include "core/random.h"
#include "results/metrics/classification.h"
#include "results/report/report.h"
#include "results/report/sections/grid_text.h"
#include "tests/support/report_csv.h"
#include "tests/support/results_fixture.h"
#include "tests/support/results_recomputed.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

using namespace mlvicx;
using namespace results_test;
using namespace recomputed;
using plain::deviation, plain::ends, plain::lines_by;

namespace {

constexpr int images = 130, patients = 45, seeds = 3;
const std::vector<std::string> classes = {"Mass", "Nodule", "Hernia", "Fibrosis"};
const std::vector<std::string> methods = {"mlvicx", "byol", "random"};
const std::vector<double> fractions = {0.05, 1};

/// Simulated scores with ties; Hernia has no positive image, some labels are unknown.
JobResult simulated(const std::string& method, double fraction, int seed) {
    JobResult r;
    ScoredImages scored{"f1n9e2", "test", {}, {}, classes, {}, {}};
    Random labels(1, Purpose::bootstrap, 7);
    Random noise(2, Purpose::bootstrap, 8, static_cast<std::uint32_t>(seed),
                 static_cast<std::uint16_t>(method.size() * 2 + (fraction == 1 ? 1 : 0)));
    const double skill = (method == "random" ? 0.1 : method == "byol" ? 0.25 : 0.35) + 0.1 * fraction;
    for (int image = 0; image < images; ++image) {
        scored.ids.push_back(fmt::format("{}.png", image));
        scored.patients.push_back(fmt::format("p{}", labels.below(patients)));
        for (std::size_t c = 0; c < classes.size(); ++c) {
            const bool positive = labels.chance(0.2) && classes[c] != "Hernia";
            scored.labels.push_back(labels.chance(0.05) ? -1 : positive ? 1 : 0);
            const double score = 0.5 * noise.uniform() + (positive ? skill : 0);
            r.scores.push_back(static_cast<float>(std::floor(score * 32) / 32)); // ties
        }
    }
    r.dataset_fingerprint = scored.fingerprint;
    r.train_images = fraction == 1 ? 700 : 35;
    r.test = classification_tables(r.scores, scored.labels, classes);
    r.scored = std::move(scored);
    return r;
}

void make_experiment(Store& store) {
    std::vector<JobKey> jobs;
    for (const auto& method : methods)
        for (const double fraction : fractions)
            for (int seed = 0; seed < seeds; ++seed)
                jobs.push_back(job(fmt::format("{}-{}-{}", method, fraction, seed), method, fraction, seed));
    store.add_experiment("evidence", json::object{{"name", "evidence"}}, jobs);
    for (const auto& key : jobs)
        store.finish(key, simulated(key.method, key.fraction, static_cast<int>(key.seed)), provenance);
}

bool near(const std::string& text, double expected) {
    return std::isnan(expected) ? text.empty() : std::abs(std::stod(text) - expected) < 1e-9;
}

struct Made {
    TempFolder folder;
    std::map<Key, Recomputed> figures;
    std::map<Key, std::vector<Evaluation>> evaluations;
    std::string markdown, terminal;
    Made() {
        {
            Store store(folder / "results.db");
            make_experiment(store);
        }
        Store store(folder / "results.db", true);
        const auto rows = grid(store);
        write_report(store, "", report_figures(store, "", rows), folder / "report");
        markdown = read_text(folder / "report.md");
        terminal = grid_text(rows) + gap_text(rows);
        evaluations = read_evaluations(store.db(), classes.size());
        for (const auto& [key, found] : evaluations) figures[key] = recompute(found);
    }
    std::string csv(const std::string& name) const { return read_text(folder / ("report" + name + ".csv")); }
};

const Made& made() {
    static const Made once;
    return once;
}

std::string percent(double value) {
    return fmt::format("{:.1f}", 100 * value);
}

} // namespace

TEST_CASE("evidence: the stored figures of every job follow from its scores", "[unit]") {
    Sqlite db(made().folder / "results.db", true);
    for (const auto& [key, evaluations] : made().evaluations)
        for (std::size_t seed = 0; seed < evaluations.size(); ++seed) {
            std::map<std::string, std::vector<double>> expected;
            for (const auto& column : evaluations[seed].columns) {
                double known = 0, positives = 0, negatives = 0, brier = 0, precision = 0, sensitivity = 0, error = 0;
                std::map<int, double> bins;
                for (const auto& [score, label] : column) {
                    if (label < 0) continue;
                    ++known;
                    (label == 1 ? positives : negatives) += 1;
                    brier += (score - label) * (score - label);
                    int bin = 0;
                    while (score > (bin + 1) / 15.0) ++bin;
                    bins[bin] += score - label;
                }
                for (const auto& [threshold, owner] : column) {
                    double above = 0, hits = 0;
                    for (const auto& [score, label] : column) {
                        above += label >= 0 && score >= threshold ? 1 : 0;
                        hits += label == 1 && score >= threshold ? 1 : 0;
                    }
                    if (owner == 1) precision += hits / above / positives;
                    if (10 * (above - hits) <= negatives) sensitivity = std::max(sensitivity, hits / positives);
                }
                for (const auto& [bin, excess] : bins) error += std::abs(excess);
                const bool both = positives > 0 && negatives > 0;
                expected["auc"].push_back(auc_by_pairs(column));
                expected["average_precision"].push_back(both ? precision : std::nan(""));
                expected["sensitivity_at_90_specificity"].push_back(both ? sensitivity : std::nan(""));
                expected["brier"].push_back(brier / known);
                expected["ece"].push_back(error / known);
            }
            Statement query(db, "SELECT m.metric, m.position, m.value, m.defined FROM metrics m JOIN jobs c ON c.id = "
                                "m.job_id WHERE c.method = ? AND c.fraction = ? AND c.seed = ?");
            query.bind(1, key.first).bind(2, key.second).bind(3, static_cast<std::int64_t>(seed));
            int figures = 0;
            while (query.step()) {
                ++figures;
                const auto& values = expected.at(query.text(0));
                const auto position = static_cast<std::size_t>(query.integer(1));
                const double value = position == 0 ? mean(values) : values[position - 1];
                INFO(query.text(0) << " " << position);
                REQUIRE(query.maybe_real(2).has_value() == !std::isnan(value));
                if (!std::isnan(value)) REQUIRE(std::abs(query.real(2) - value) < 1e-7); // brier: float arithmetic here
                if (position == 0)
                    REQUIRE(query.integer(3) ==
                            std::count_if(values.begin(), values.end(), [](double v) { return !std::isnan(v); }));
            }
            REQUIRE(figures == 5 * 5);
        }
}

TEST_CASE("evidence: the grid's means, standard deviations and intervals follow from the scores, in every file",
          "[unit]") {
    const auto lines = lines_by(made().csv(""), {"dataset", "protocol", "method", "fraction"});
    const auto of_class = lines_by(made().csv("-classes"), {"dataset", "protocol", "method", "fraction", "class"});
    REQUIRE(lines.size() == 6);
    REQUIRE(of_class.size() == 24);
    for (const auto& method : methods) {
        std::string row = "| " + method + " |";
        for (const double fraction : fractions) {
            const auto& figure = made().figures.at({method, fraction});
            const auto [low, high] = ends(figure.replicates);
            const auto& line = lines.at(fmt::format("nih,frozen,{},{}", method, fraction));
            CHECK(near(line.at("auc_mean"), mean(figure.values)));
            CHECK(near(line.at("auc_deviation"), deviation(figure.values)));
            CHECK(line.at("seeds") == "3");
            CHECK(line.at("defined_classes") == "3");
            CHECK(line.at("classes") == "4");
            CHECK(near(line.at("auc_low"), low));
            CHECK(near(line.at("auc_high"), high));
            CHECK(line.at("resamples") == "1000");
            CHECK(line.at("test_images") == std::to_string(images));
            const std::set<std::string> different(made().evaluations.at({method, fraction})[0].patients.begin(),
                                                  made().evaluations.at({method, fraction})[0].patients.end());
            CHECK(line.at("test_patients") == std::to_string(different.size()));
            const std::string entry = fmt::format("{} ({}–{}) ± {} [3/4]", percent(mean(figure.values)), percent(low),
                                                  percent(high), percent(deviation(figure.values)));
            row += " " + entry + " |";
            CHECK(made().terminal.find(entry) != std::string::npos);
            for (std::size_t c = 0; c < classes.size(); ++c) {
                const auto& values = of_class.at(fmt::format("nih,frozen,{},{},{}", method, fraction, classes[c]));
                CHECK(near(values.at("auc"), figure.aucs[c]));
                if (classes[c] == "Hernia") {
                    CHECK(values.at("auc_low").empty());
                    CHECK(values.at("positives") == "0");
                    continue;
                }
                CHECK(near(values.at("auc_low"), ends(figure.by_class[c]).first));
                CHECK(near(values.at("auc_high"), ends(figure.by_class[c]).second));
            }
        }
        INFO(row);
        CHECK(made().markdown.find(row) != std::string::npos);
    }
}

TEST_CASE("evidence: differences, their intervals and corrected p values follow from the scores", "[unit]") {
    const auto lines =
        lines_by(made().csv("-pairs"), {"dataset", "protocol", "fraction", "method_a", "method_b", "class"});
    REQUIRE(lines.size() == 3 * 2 * 4); // pairs, fractions, three classes and their mean
    for (const double fraction : fractions) {
        std::vector<std::string> names;
        std::vector<double> p;
        for (std::size_t i = 0; i < methods.size(); ++i)
            for (std::size_t j = i + 1; j < methods.size(); ++j) {
                const auto &a = made().figures.at({methods[i], fraction}),
                           &b = made().figures.at({methods[j], fraction});
                std::vector<double> replicates;
                for (std::size_t r = 0; r < 1000; ++r) replicates.push_back(a.replicates[r] - b.replicates[r]);
                const double difference = mean(a.values) - mean(b.values);
                names.push_back(fmt::format("nih,frozen,{},{},{},", fraction, methods[i], methods[j]));
                p.push_back(two_sided(difference, deviation(replicates)));
                const auto& line = lines.at(names.back());
                CHECK(near(line.at("auc_a"), mean(a.values)));
                CHECK(near(line.at("auc_b"), mean(b.values)));
                CHECK(near(line.at("difference"), difference));
                CHECK(near(line.at("low"), ends(replicates).first));
                CHECK(near(line.at("high"), ends(replicates).second));
                CHECK(near(line.at("p"), p.back()));
                std::vector<double> class_p;
                for (const std::size_t c : {0, 1, 3}) {
                    const double error = clustered_error(made().evaluations.at({methods[i], fraction}),
                                                         made().evaluations.at({methods[j], fraction}), c);
                    const auto& of_class = lines.at(names.back() + classes[c]);
                    CHECK(near(of_class.at("difference"), a.aucs[c] - b.aucs[c]));
                    CHECK(near(of_class.at("standard_error"), error));
                    class_p.push_back(two_sided(a.aucs[c] - b.aucs[c], error));
                    CHECK(near(of_class.at("p"), class_p.back()));
                }
                const auto corrected = holm_by_rank(class_p);
                for (const std::size_t k : {0, 1, 2})
                    CHECK(near(lines.at(names.back() + classes[k == 2 ? 3 : k]).at("p_holm"), corrected[k]));
                if (methods[j] == "random" && fraction == 1)
                    CHECK(made().terminal.find(fmt::format("- random = {:+.1f} points ({:+.1f} to {:+.1f}, n = 3)",
                                                           100 * difference, 100 * ends(replicates).first,
                                                           100 * ends(replicates).second)) != std::string::npos);
                const auto& holm = line.at("p_holm");
                const std::string entry =
                    fmt::format("{:+.1f} ({:+.1f} to {:+.1f}), {}", 100 * difference, 100 * ends(replicates).first,
                                100 * ends(replicates).second,
                                std::stod(holm) < 0.0005 ? "p < 0.001" : fmt::format("p = {:.3f}", std::stod(holm)));
                INFO(entry);
                CHECK(made().markdown.find(entry) != std::string::npos);
            }
        const auto corrected = holm_by_rank(p);
        for (std::size_t k = 0; k < names.size(); ++k) CHECK(near(lines.at(names[k]).at("p_holm"), corrected[k]));
    }
}

TEST_CASE("evidence: the figures over all tasks follow from the scores", "[unit]") {
    const auto middle = [](std::vector<double> values) {
        std::sort(values.begin(), values.end());
        const auto cut = static_cast<std::ptrdiff_t>(values.size() / 4);
        return mean({values.begin() + cut, values.end() - cut});
    };
    const auto chance = [](const std::vector<double>& a, const std::vector<double>& b) {
        double wins = 0;
        for (const double x : a)
            for (const double y : b) wins += x > y ? 1 : x == y ? 0.5 : 0;
        return wins / static_cast<double>(a.size() * b.size());
    };
    const auto drawn = [](const std::vector<double>& values, Random& random) {
        std::vector<double> result;
        for (std::size_t i = 0; i < values.size(); ++i) result.push_back(values[random.below(seeds)]);
        return result;
    };
    const auto joined = [](std::vector<double> a, const std::vector<double>& b) {
        a.insert(a.end(), b.begin(), b.end());
        return a;
    };
    for (const auto& method : methods) {
        const auto &few = made().figures.at({method, 0.05}).values, &all = made().figures.at({method, 1}).values;
        const auto &few_random = made().figures.at({"random", 0.05}).values,
                   &all_random = made().figures.at({"random", 1}).values;
        std::vector<double> middles, chances;
        for (std::uint32_t r = 0; r < 1000; ++r) {
            Random one(0, Purpose::bootstrap, 1, r), two(0, Purpose::bootstrap, 1, r);
            const auto first = drawn(few, one);
            middles.push_back(middle(joined(first, drawn(all, one))));
            const auto a = drawn(few, two), b = drawn(all, two), c = drawn(few_random, two), d = drawn(all_random, two);
            chances.push_back((chance(a, c) + chance(b, d)) / 2);
        }
        const auto text = [](double value, const std::vector<double>& values) {
            return fmt::format("{} ({}–{})", percent(value), percent(ends(values).first), percent(ends(values).second));
        };
        std::string row = "| " + method + " | " + text(middle(joined(few, all)), middles) + " |";
        if (method != "random")
            row += " " + text((chance(few, few_random) + chance(all, all_random)) / 2, chances) + " % |";
        INFO(row);
        CHECK(made().markdown.find(row) != std::string::npos);
    }
}
