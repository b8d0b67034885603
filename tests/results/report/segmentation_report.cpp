// Recomputes every figure of the segmentation report from the database alone, by definition.
#include "tests/support/catch.h"

#include "core/error.h"
#include "core/files.h"
#include "core/random.h"
#include "results/metrics/segmentation.h"
#include "results/report/markdown.h"
#include "results/report/report.h"
#include "results/report/sections/grid_csv.h"
#include "results/report/sections/grid_text.h"
#include "results/report/sections/pairs_text.h"
#include "results/report/sections/segmentation_text.h"
#include "tests/support/plain_statistics.h"
#include "tests/support/report_csv.h"
#include "tests/support/results_fixture.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

using namespace mlvicx;
using namespace results_test;
using plain::deviation, plain::ends, plain::mean, plain::number, plain::read_csv;

namespace {

constexpr std::size_t images = 60, seeds = 2;
const std::vector<std::string> masks = {"lung", "heart", "tube"};
const std::vector<std::string> methods = {"mlvicx", "byol", "random"};
const std::vector<double> fractions = {0.1, 1};

/// Random pixel counts: "lung" is on every image, "heart" on half of them, "tube" on none; better methods overlap more.
JobResult simulated(const std::string& method, double fraction, int seed) {
    ImageMetrics counts;
    counts.images = {"f1n9e2", "test", {}, {}, masks, {}};
    PixelCounts pixels;
    Random truth(1, Purpose::bootstrap, 7);
    Random noise(2, Purpose::bootstrap, 8, static_cast<std::uint32_t>(seed),
                 static_cast<std::uint16_t>(method.size() * 2 + (fraction == 1 ? 1 : 0)));
    const double skill = (method == "random" ? 0.5 : method == "byol" ? 0.6 : 0.7) + 0.1 * fraction;
    for (std::size_t image = 0; image < images; ++image) {
        counts.images.ids.push_back(fmt::format("{}.png", image));
        counts.images.patients.push_back(fmt::format("p{}", truth.below(25)));
        for (const auto& mask : masks) {
            const bool present = mask == "lung" || (mask == "heart" && truth.chance(0.5));
            const double size = std::floor(100 + 200 * truth.uniform());
            const double hit = present ? std::floor(size * std::min(1.0, skill + 0.3 * (noise.uniform() - 0.5))) : 0;
            const double alarm = noise.chance(0.3) ? std::floor(20 * noise.uniform()) : 0;
            pixels.intersection.push_back(static_cast<float>(hit));
            pixels.predicted.push_back(static_cast<float>(hit + alarm));
            pixels.truth.push_back(present ? static_cast<float>(size) : 0);
            counts.images.labels.push_back(present ? 1 : 0);
        }
    }
    counts.metrics = {{"intersection", pixels.intersection}, {"predicted", pixels.predicted}, {"truth", pixels.truth}};
    JobResult r;
    r.dataset_fingerprint = counts.images.fingerprint;
    r.train_images = fraction == 1 ? 150 : 15;
    r.test = segmentation_tables(pixels, masks);
    r.image_metrics.push_back(std::move(counts));
    return r;
}

JobKey segmentation_job(const std::string& method, double fraction, int seed) {
    return job(fmt::format("s-{}-{}-{}", method, fraction, seed), method, fraction, seed, "segmentation_frozen",
               "jsrt");
}

void make_experiment(Store& store) {
    std::vector<JobKey> jobs;
    for (const auto& method : methods)
        for (const double fraction : fractions)
            for (int seed = 0; seed < static_cast<int>(seeds); ++seed)
                jobs.push_back(segmentation_job(method, fraction, seed));
    store.add_experiment("organs", json::object{{"name", "organs"}}, jobs);
    for (const auto& key : jobs)
        store.finish(key, simulated(key.method, key.fraction, static_cast<int>(key.seed)), provenance);
}

std::vector<GridRow> segmentation_grid(Store& store) {
    return grid(store, {}, false, Task::segmentation);
}

/// intersection, predicted, truth of one mask of one image.
using Pixels = std::array<double, 3>;

/// The contents of the database for one job: [mask][image].
struct Stored {
    std::vector<std::vector<Pixels>> pixels;
    std::vector<std::string> patients;
};
using Key = std::pair<std::string, double>; ///< method and fraction

std::map<Key, std::vector<Stored>> read_cells(Sqlite& db) {
    std::map<Key, std::vector<Stored>> result;
    Statement query(db, "SELECT c.method, c.fraction, i.image_values, p.image_values, t.image_values, t.set_id "
                        "FROM jobs c JOIN image_values i ON i.job_id = c.id AND i.metric = 'intersection' "
                        "JOIN image_values p ON p.job_id = c.id AND p.metric = 'predicted' "
                        "JOIN image_values t ON t.job_id = c.id AND t.metric = 'truth' ORDER BY 1, 2, c.seed");
    while (query.step()) {
        Stored stored;
        stored.pixels.assign(masks.size(), std::vector<Pixels>(images));
        for (int part = 0; part < 3; ++part) {
            std::vector<float> values(query.blob(2 + part).size() / sizeof(float));
            REQUIRE(values.size() == images * masks.size());
            std::memcpy(values.data(), query.blob(2 + part).data(), values.size() * sizeof(float));
            for (std::size_t i = 0; i < values.size(); ++i)
                stored.pixels[i % masks.size()][i / masks.size()][static_cast<std::size_t>(part)] =
                    static_cast<double>(values[i]);
        }
        Statement image(db, "SELECT patient FROM scored_images WHERE set_id = ? ORDER BY position");
        image.bind(1, query.integer(5));
        while (image.step()) stored.patients.push_back(image.text(0));
        result[{query.text(0), query.real(1)}].push_back(std::move(stored));
    }
    return result;
}

/// A metric of one mask over the drawn images, by definition; NaN if undefined.
double figure(const std::string& metric, const std::vector<Pixels>& pixels, const std::vector<std::size_t>& drawn) {
    const bool iou = metric.substr(0, 3) == "iou";
    const auto overlap = [&](double i, double p, double t) { return iou ? i / (p + t - i) : 2 * i / (p + t); };
    double i_all = 0, p_all = 0, t_all = 0, sum = 0, count = 0;
    for (const auto image : drawn) {
        const auto [i, p, t] = pixels[image];
        i_all += i, p_all += p, t_all += t;
        if (metric.find("positives") != std::string::npos && t == 0) continue;
        sum += p + t == 0 ? 1 : overlap(i, p, t);
        ++count;
    }
    if (metric.find("pooled") == std::string::npos) return sum / count;
    return t_all == 0 ? std::nan("") : overlap(i_all, p_all, t_all);
}

/// Mean over masks of the mean over seeds.
double mean_figure(const std::string& metric, const std::vector<Stored>& cells, const std::vector<std::size_t>& drawn) {
    std::vector<double> of_masks;
    for (std::size_t m = 0; m < masks.size(); ++m) {
        std::vector<double> of_seeds;
        for (const auto& stored : cells) of_seeds.push_back(figure(metric, stored.pixels[m], drawn));
        of_masks.push_back(mean(of_seeds));
    }
    return mean(of_masks);
}

} // namespace

TEST_CASE("segmentation report: every mean, interval and mask can be computed from the database", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_experiment(store);
    const auto cells = read_cells(store.db());
    REQUIRE(cells.size() == methods.size() * fractions.size());
    const auto draws = plain::resampled_images(cells.begin()->second.front().patients);
    std::vector<std::size_t> once(images);
    for (std::size_t i = 0; i < images; ++i) once[i] = i;

    const auto lines = read_csv(segmentation_csv(segmentation_grid(store)));
    REQUIRE(lines.size() == methods.size() * fractions.size() * overlap_metrics.size() * (1 + masks.size()));
    for (const auto& line : lines) {
        const auto& stored = cells.at({line.at("method"), number(line, "fraction")});
        REQUIRE(stored.size() == seeds);
        const auto metric = line.at("metric"), mask = line.at("mask");
        INFO(line.at("method") << " " << line.at("fraction") << " " << metric << " " << mask);
        const auto at = static_cast<std::size_t>(std::find(masks.begin(), masks.end(), mask) - masks.begin());
        const auto value = [&](const std::vector<std::size_t>& drawn) {
            if (mask.empty()) return mean_figure(metric, stored, drawn);
            std::vector<double> of_seeds;
            for (const auto& seed : stored) of_seeds.push_back(figure(metric, seed.pixels[at], drawn));
            return mean(of_seeds);
        };
        const double expected = value(once);
        if (std::isnan(expected)) {
            CHECK(mask == "tube");
            CHECK(line.at("value").empty());
            CHECK(line.at("low").empty());
            continue;
        }
        CHECK(number(line, "value") == Approx(expected));
        std::vector<double> replicates;
        for (const auto& drawn : draws) replicates.push_back(value(drawn));
        const auto [low, high] = ends(replicates);
        CHECK(number(line, "low") == Approx(low));
        CHECK(number(line, "high") == Approx(high));
        CHECK(number(line, "resamples") == 1000);
        CHECK(number(line, "test_images") == images);
        CHECK(number(line, "runs") == seeds);
    }

    // The metrics stored with each job come from the same pixels.
    Statement query(store.db(),
                    "SELECT c.method, c.fraction, c.seed, m.metric, m.class, m.value FROM metrics m JOIN jobs "
                    "c ON c.id = m.job_id WHERE m.position > 0");
    int compared = 0;
    while (query.step()) {
        const auto& seed = cells.at({query.text(0), query.real(1)})[static_cast<std::size_t>(query.integer(2))];
        const auto at = static_cast<std::size_t>(std::find(masks.begin(), masks.end(), query.text(4)) - masks.begin());
        const double expected = figure(query.text(3), seed.pixels[at], once);
        const auto stored = query.maybe_real(5);
        CHECK(stored.has_value() == !std::isnan(expected));
        if (stored) CHECK(*stored == Approx(expected));
        ++compared;
    }
    CHECK(compared == 12 * 6 * 3);
}

TEST_CASE("segmentation report: pairs are tested on the same resamples and corrected over a column", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_experiment(store);
    const auto cells = read_cells(store.db());
    const auto draws = plain::resampled_images(cells.begin()->second.front().patients);
    std::vector<std::size_t> once(images);
    for (std::size_t i = 0; i < images; ++i) once[i] = i;
    const auto lines = read_csv(segmentation_pairs_csv(method_pairs(store, segmentation_grid(store))));
    REQUIRE(lines.size() == 3 * fractions.size() * overlap_metrics.size());
    std::map<std::pair<std::string, double>, std::vector<std::pair<double, double>>> families; // p and corrected p
    for (const auto& line : lines) {
        const double fraction = number(line, "fraction");
        const auto metric = line.at("metric");
        const auto &a = cells.at({line.at("method_a"), fraction}), &b = cells.at({line.at("method_b"), fraction});
        const auto difference = [&](const std::vector<std::size_t>& drawn) {
            return mean_figure(metric, a, drawn) - mean_figure(metric, b, drawn);
        };
        std::vector<double> replicates;
        for (const auto& drawn : draws) replicates.push_back(difference(drawn));
        INFO(line.at("method_a") << " - " << line.at("method_b") << " " << fraction << " " << metric);
        CHECK(number(line, "difference") == Approx(difference(once)).margin(1e-12));
        CHECK(number(line, "low") == Approx(ends(replicates).first).margin(1e-12));
        CHECK(number(line, "high") == Approx(ends(replicates).second).margin(1e-12));
        const double p = std::erfc(std::abs(difference(once)) / deviation(replicates) / std::sqrt(2.0));
        CHECK(number(line, "p") == Approx(p).margin(1e-12));
        families[{metric, fraction}].emplace_back(p, number(line, "p_holm"));
    }
    for (auto& [key, family] : families) {
        REQUIRE(family.size() == 3);
        std::sort(family.begin(), family.end());
        double highest = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            highest = std::max(highest, std::min(1.0, static_cast<double>(3 - k) * family[k].first));
            CHECK(family[k].second == Approx(highest).margin(1e-12));
        }
    }
}

TEST_CASE("segmentation report: the grid of AUCs leaves it out, and the written report has both", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    std::vector<JobKey> jobs = {job("auc"), segmentation_job("mlvicx", 1, 0), segmentation_job("random", 1, 0),
                                segmentation_job("byol", 1, 0)};
    store.add_experiment("both", json::object{{"name", "both"}}, jobs);
    store.finish(jobs[0], result(), provenance);
    store.finish(jobs[1], simulated("mlvicx", 1, 0), provenance);
    store.fail(jobs[3], "no luck", provenance);
    const auto rows = grid(store);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].protocol == "frozen");

    const auto masks_rows = segmentation_grid(store);
    CHECK(masks_rows.size() == 3);
    CHECK(method_pairs(store, masks_rows).empty());
    const auto text = segmentation_text(masks_rows);
    INFO(text);
    CHECK(text.find("jsrt, segmentation, frozen encoder, 100 %: test Dice in percent") == 0);
    CHECK(text.find("n = 1 evaluation, mean over 3 masks, 60 test images of ") != std::string::npos);
    CHECK(text.find("failed") != std::string::npos);
    CHECK(text.find("…") != std::string::npos);     // random is not finished
    CHECK(text.find("[2/3]") != std::string::npos); // no image has a tube

    const auto files = write_report(store, "both", report_figures(store, "both", rows), folder / "report");
    CHECK(std::count(files.begin(), files.end(), folder / "report-segmentation.csv") == 1);
    const auto markdown = read_text(folder / "report.md");
    for (const char* part : {"## Test AUC", "## Segmentation", "mask by mask", ": IoU", "| lung | 60 | 0 |",
                             "| class | positive test images |", "on 60 of 60 images"}) {
        INFO(part);
        CHECK(markdown.find(part) != std::string::npos);
    }
}

TEST_CASE("segmentation report: an experiment without AUCs has no section for them", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_experiment(store);
    CHECK(grid(store).empty());
    const auto markdown = report_markdown(store);
    CHECK(markdown.find("## Test AUC") == std::string::npos);
    CHECK(markdown.find("| positive test images |") == std::string::npos);
    CHECK(markdown.find("pairs of methods") != std::string::npos);
    CHECK(markdown.find("| mlvicx - random |") != std::string::npos);

    const TempFolder other;
    Store none(other / "results.db");
    none.add_experiment("auc only", json::object{{"name", "auc only"}}, {job("a")});
    none.finish(job("a"), result(), provenance);
    CHECK(segmentation_text(segmentation_grid(none)).empty());
    const auto files = write_report(none, "", report_figures(none, "", grid(none)), other / "report");
    CHECK(std::count(files.begin(), files.end(), other / "report-segmentation.csv") == 0);
}
