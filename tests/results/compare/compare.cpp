#include "tests/support/catch.h"

#include "core/error.h"
#include "results/compare/compare.h"
#include "tests/support/honest_experiment.h"
#include "tests/support/plain_statistics.h"
#include "tests/support/results_recomputed.h"

using namespace mlvicx;
using namespace results_test;
using Verdict = FigureChange::Verdict;

namespace {

struct Two {
    TempFolder folder;
    Store a, b;
    Two(const HonestOptions& of_a, const HonestOptions& of_b)
        : a(made(folder / "a.db", of_a)), b(made(folder / "b.db", of_b)) {}
    Comparison compared(double margin = 0) { return compare_results({a, ""}, {b, ""}, margin); }

private:
    static std::filesystem::path made(const std::filesystem::path& file, const HonestOptions& options) {
        make_honest(file, options);
        return file;
    }
};

const FigureChange& figure(const Comparison& comparison, const std::string& method, double fraction,
                           const std::string& protocol = "frozen") {
    for (const auto& change : comparison.figures)
        if (change.method == method && change.fraction == fraction && change.protocol == protocol) return change;
    throw std::runtime_error("no such figure");
}

bool has(const std::vector<std::string>& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

/// comparison_text with blanks for its line breaks.
std::string text_of(const Comparison& comparison) {
    auto text = comparison_text(comparison);
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

HonestOptions with(std::int64_t epochs, double skill, std::uint64_t noise = 0) {
    HonestOptions options;
    options.epochs = epochs;
    options.skill = skill;
    options.noise = noise;
    options.images = 200;
    return options;
}

} // namespace

TEST_CASE("compare: a file compared with its equal differs in nothing", "[unit]") {
    Two files(with(10, 1), with(10, 1));
    const auto found = files.compared();
    CHECK(found.settings.empty());
    CHECK(found.versions.empty());
    CHECK(found.data.empty());
    CHECK_FALSE(found.worse());
    CHECK(found.same_jobs == 22);
    CHECK(found.same_scores == 18);
    CHECK(found.other_scores == 0);
    CHECK(
        text_of(found).find("22 finished jobs are the same in both; scores are equal in 18 and differ in 0 of them.") !=
        std::string::npos);
    REQUIRE(found.figures.size() == 9);
    for (const auto& change : found.figures) {
        CHECK(change.paired);
        CHECK(change.a == change.b);
        CHECK(change.holm == 1.0);
        CHECK(change.verdict == Verdict::same);
    }
}

TEST_CASE("compare: settings are compared by their paths, versions and data by their values", "[unit]") {
    auto other = with(20, 1);
    other.fingerprint = std::string(64, 'b');
    Two files(with(10, 1), other);
    files.b.db().run("UPDATE jobs SET libtorch_version = '2.6.0'");
    const auto found = files.compared();
    CHECK(has(found.settings, "plan: $.pretrain.epochs: 10 -> 20"));
    CHECK(has(found.settings, "pre-training of byol: $.training.epochs: 10 -> 20 (2 jobs)"));
    CHECK(has(found.settings, "pre-training of mlvicx: $.training.epochs: 10 -> 20 (2 jobs)"));
    CHECK(found.settings.size() == 3); // weights and data follow from these
    CHECK(found.versions == std::vector<std::string>{"LibTorch: 1.13.0 -> 2.6.0"});
    CHECK(found.data == std::vector<std::string>{"nih: aaaaaaaaaaaa -> bbbbbbbbbbbb"});
    CHECK(found.same_jobs == 0);
}

TEST_CASE("compare: a figure that fell beyond chance is worse, and one that rose is better", "[unit]") {
    Two files(with(10, 2), with(10, 0.1));
    const auto found = files.compared();
    const auto fell = figure(found, "mlvicx", 1);
    INFO(comparison_text(found));
    CHECK(found.other_scores == 4); // mlvicx's, in two fractions and seeds
    CHECK(fell.verdict == Verdict::worse);
    CHECK(fell.paired);
    REQUIRE(fell.interval);
    CHECK(fell.interval->high < 0);
    CHECK(*fell.holm >= *fell.p);
    CHECK(fell.seed_error);
    CHECK(figure(found, "byol", 1).verdict == Verdict::same);
    CHECK(figure(found, "mlvicx", 1, "segmentation_frozen").verdict == Verdict::same);
    CHECK(found.worse());
    Two turned(with(10, 0.1), with(10, 2));
    const auto rose = turned.compared();
    CHECK(figure(rose, "mlvicx", 1).verdict == Verdict::better);
    CHECK_FALSE(rose.worse());
    SECTION("unless the difference is within the margin") {
        CHECK_FALSE(files.compared(0.9).worse());
    }
}

TEST_CASE("compare: the interval is that of the paired bootstrap, from the scores alone", "[unit]") {
    Two files(with(10, 1), with(10, 0.7));
    const auto found = files.compared();
    const auto change = figure(found, "mlvicx", 1);
    const auto a = recomputed::recompute(recomputed::read_evaluations(files.a.db(), 2).at({"mlvicx", 1.0})),
               b = recomputed::recompute(recomputed::read_evaluations(files.b.db(), 2).at({"mlvicx", 1.0}));
    CHECK(*change.a == Approx(plain::mean(a.values)).margin(1e-12));
    CHECK(*change.b == Approx(plain::mean(b.values)).margin(1e-12));
    std::vector<double> differences;
    for (std::size_t r = 0; r < a.replicates.size(); ++r) differences.push_back(b.replicates[r] - a.replicates[r]);
    std::sort(differences.begin(), differences.end());
    const auto quantile = [&](double q) {
        const double at = q * static_cast<double>(differences.size() - 1);
        const auto below = static_cast<std::size_t>(at);
        return differences[below] + (at - std::floor(at)) * (differences[below + 1] - differences[below]);
    };
    REQUIRE(change.interval);
    CHECK(change.interval->low == Approx(quantile(0.025)).margin(1e-12));
    CHECK(change.interval->high == Approx(quantile(0.975)).margin(1e-12));
}

TEST_CASE("compare: with other test images the variances add up, and the text says so", "[unit]") {
    auto other = with(10, 0.1, 50);
    other.images = 180;
    Two files(with(10, 2), other);
    const auto found = files.compared();
    const auto change = figure(found, "mlvicx", 1);
    CHECK_FALSE(change.paired);
    REQUIRE(change.interval);
    CHECK(change.interval->high - *change.b + *change.a == Approx(*change.b - *change.a - change.interval->low));
    CHECK(change.verdict == Verdict::worse);
    CHECK(text_of(found).find("*: A and B were tested on different images") != std::string::npos);
}

TEST_CASE("compare: a figure that B lost is worse; one that B never planned is not", "[unit]") {
    Two files(with(10, 1), with(10, 1));
    SECTION("its evaluations failed") {
        files.b.db().run("UPDATE jobs SET state = 'failed', error = 'x' WHERE method = 'byol' AND fraction = 0.05");
        const auto found = files.compared();
        CHECK(figure(found, "byol", 0.05).verdict == Verdict::lost);
        CHECK(found.worse());
        CHECK(comparison_text(found).find("0 worse, 1 lost, 0 better of 9 figures") != std::string::npos);
    }
    SECTION("its pre-trainings collapsed") {
        files.b.db().run("UPDATE jobs SET details = json_set(details, '$.health.verdict', 'collapsed') "
                         "WHERE kind = 'pretrain' AND method = 'byol'");
        CHECK(figure(files.compared(), "byol", 1).verdict == Verdict::lost);
    }
    SECTION("it is not finished") {
        files.b.db().run("UPDATE jobs SET state = 'missing' WHERE method = 'byol'");
        const auto found = files.compared();
        CHECK(figure(found, "byol", 1).verdict == Verdict::only_a);
        CHECK_FALSE(found.worse());
    }
    SECTION("without scores there is no test") {
        files.b.db().run("DELETE FROM scores; DELETE FROM image_values; UPDATE metrics SET value = value - 0.1");
        const auto found = files.compared();
        CHECK(figure(found, "byol", 1).verdict == Verdict::untested);
        CHECK_FALSE(found.worse());
        CHECK(text_of(found).find("not tested: a file has no scores of it") != std::string::npos);
    }
}

TEST_CASE("compare: a figure that its scores do not give is refused", "[unit]") {
    Two files(with(10, 1), with(10, 1));
    files.b.db().run("UPDATE metrics SET value = 0.99 WHERE metric = 'auc' AND position = 0 AND split = 'test'");
    CHECK(message_of([&] { files.compared(); }).find("auc, mean over classes, is 0.99, its scores give 0.") !=
          std::string::npos);
}

TEST_CASE("compare: two experiments of one file, and an unknown name", "[unit]") {
    const TempFolder folder;
    auto second = with(20, 1);
    second.experiment = "longer";
    make_honest(folder / "a.db", with(10, 1));
    make_honest(folder / "a.db", second);
    Store store(folder / "a.db", true);
    const auto found = compare_results({store, "honest"}, {store, "longer"});
    CHECK(has(found.settings, "plan: $.pretrain.epochs: 10 -> 20"));
    CHECK(figure(found, "random", 1).verdict == Verdict::same);
    CHECK_THROWS_AS(compare_results({store, "honest"}, {store, "longest"}), UserError);
}

TEST_CASE("compare: the text is at most 80 columns wide", "[unit]") {
    Two files(with(10, 2), with(20, 0.1));
    std::istringstream lines(comparison_text(files.compared()));
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        const auto characters = std::count_if(line.begin(), line.end(),
                                              [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
        CHECK(characters <= 80);
    }
}
