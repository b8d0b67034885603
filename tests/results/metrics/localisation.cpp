#include "tests/support/catch.h"

#include "core/error.h"
#include "results/report/markdown.h"
#include "results/report/report.h"
#include "results/report/sections/localisation_text.h"
#include "results/report/text.h"
#include "tests/support/report_csv.h"
#include "tests/support/results_fixture.h"

#include <cmath>
#include <sstream>

using namespace mlvicx;
using namespace results_test;

namespace {

/// A heatmap of 10 x 10 pixels, with `heat` at some of them.
std::vector<float> map_of(const std::vector<std::tuple<int, int, float>>& heat, float elsewhere = 0) {
    std::vector<float> map(100, elsewhere);
    for (const auto& [x, y, value] : heat) map[static_cast<std::size_t>(10 * y + x)] = value;
    return map;
}

Localisation score(const std::vector<float>& map, const std::vector<PixelBox>& boxes, double tolerance = 0) {
    return localise(map, 10, boxes, tolerance);
}

const PixelBox corner{1, 2, 3, 4}; ///< columns 1 to 3, rows 2 to 5: 12 pixels

} // namespace

TEST_CASE("localisation: a map equal to the box scores one in every figure", "[unit]") {
    std::vector<float> map(100, 0);
    for (int y = 2; y < 6; ++y)
        for (int x = 1; x < 4; ++x) map[static_cast<std::size_t>(10 * y + x)] = 0.7f;
    const auto figures = score(map, {corner});
    CHECK(figures.pointing == 1);
    CHECK(figures.energy == Approx(1));
    CHECK(figures.iou == 1);
    CHECK(figures.iou_half == 1);
    CHECK(figures.area == 0.12);
}

TEST_CASE("localisation: pointing game, energy and IoU of a hand-made map", "[unit]") {
    // Inside: 4 and 2. Outside: 3 and 1. A negative value counts as no heat.
    const auto map = map_of({{1, 2, 4}, {3, 5, 2}, {8, 8, 3}, {9, 9, 1}, {0, 0, -5}});
    const auto figures = score(map, {corner});
    CHECK(figures.pointing == 1);
    CHECK(figures.energy == Approx(6.0 / 10));
    // t = 4: 1 of 12. t = 3: 1 / 13. t = 2: 2 / 13. t = 1: 2 / 14.
    CHECK(figures.iou == Approx(2.0 / 13));
    CHECK(figures.iou_half == Approx(2.0 / 13)); // at least 2: two inside, one outside
    CHECK(score(map_of({{1, 2, 4}, {8, 8, 4.5f}}), {corner}).pointing == 0);
    // Two boxes count as their union, however they overlap.
    const auto both = score(map, {corner, {8, 8, 2, 2}, {8, 8, 1, 1}});
    CHECK(both.area == 0.16);
    CHECK(both.energy == Approx(1));
    CHECK(both.iou == Approx(4.0 / 16));
}

TEST_CASE("localisation: of tied hottest pixels the fraction inside counts, even if rounding separates them",
          "[unit]") {
    CHECK(score(map_of({{1, 2, 4}, {8, 8, 4}, {9, 8, 4}, {0, 0, 4}}), {corner}).pointing == 0.25);
    CHECK(score(map_of({{1, 2, 1}, {8, 8, std::nextafter(1.0f, 2.0f)}}), {corner}).pointing == 0.5);
}

TEST_CASE("localisation: a map without heat scores like a guess", "[unit]") {
    for (const auto& map : {map_of({}), map_of({}, -1), map_of({}, 3)}) {
        const auto figures = score(map, {corner});
        for (const auto& metric : localisation_metrics) CHECK(figures.*metric.value == Approx(0.12));
    }
}

TEST_CASE("localisation: the tolerance widens the boxes only for the pointing game", "[unit]") {
    const auto map = map_of({{5, 3, 1}}); // two pixels right of the box, whose last column is 3
    CHECK(score(map, {corner}, 0.1).pointing == 0);
    CHECK(score(map, {corner}, 0.2).pointing == 1);
    CHECK(score(map, {corner}, 0.2).energy == 0);
    CHECK(score(map, {corner}, 0.2).area == 0.12);
}

TEST_CASE("localisation: a pixel belongs to a box that contains its centre; every box has a pixel", "[unit]") {
    CHECK(score(map_of({}), {{1.4, 2.6, 1, 1}}).area == 0.01); // only the centre of (1, 3)
    CHECK(score(map_of({{1, 3, 1}}), {{1.4, 2.6, 1, 1}}).pointing == 1);
    CHECK(score(map_of({{4, 4, 1}}), {{4.6, 4.1, 0.2, 0.2}}).energy == 1); // smaller than a pixel
    CHECK(score(map_of({{9, 0, 1}}), {{8.9, -3, 5, 4}}).energy == 1);      // beyond the image
    CHECK(score(map_of({}), {{-2, -2, 40, 40}}).area == 1);
}

TEST_CASE("localisation: invalid heatmaps are refused", "[unit]") {
    CHECK_THROWS_AS(localise(std::vector<float>(99), 10, std::vector<PixelBox>{corner}), InternalError);
    CHECK_THROWS_AS(localise(std::vector<float>(100), 10, {}), InternalError);
    CHECK_THROWS_AS(score(map_of({{1, 1, std::nanf("")}}), {corner}), InternalError);
    CHECK_THROWS_AS(score(map_of({{1, 1, INFINITY}}), {corner}), InternalError);
}

TEST_CASE("localisation: the centre prior is a Gaussian of a quarter of the side in the middle", "[unit]") {
    const auto odd = centre_prior(9), even = centre_prior(8);
    CHECK(odd[4 * 9 + 4] == 1);
    CHECK(odd[4 * 9 + 4 + 3] == Approx(std::exp(-0.5 * (3 / 2.25) * (3 / 2.25))));
    CHECK(even[3 * 8 + 3] == even[4 * 8 + 4]);
    CHECK(even[0] == Approx(std::exp(-(3.5 * 3.5) / 4)));
    CHECK(localise(even, 8, std::vector<PixelBox>{{0, 0, 4, 8}}).pointing == 0.5); // half of the four in the middle
    CHECK(localise(even, 8, std::vector<PixelBox>{{0, 0, 4, 8}}).energy == Approx(0.5));
}

namespace {

/// Five images of four patients; class one has boxes in images 0, 1 and 4, class two only in image 2.
ImageMetrics five_images() {
    ImageMetrics metrics;
    metrics.images = {"f1n9e2", "test", {"a", "b", "c", "d", "e"}, {"p", "p", "q", "r", "s"}, {"one", "two"}, {}};
    metrics.images.labels = {1, 0, 1, 0, 0, 1, 0, 0, 1, 0};
    const float no = std::nanf("");
    metrics.metrics.push_back({"pointing_game", {1, no, 0, no, no, 1, no, no, 0.5f, no}});
    return metrics;
}

} // namespace

TEST_CASE("localisation: means are over the images with a box, then over classes, with their counts", "[unit]") {
    const auto tables = localisation_tables(five_images());
    REQUIRE(tables.size() == 1);
    CHECK(tables[0].metric == "pointing_game");
    CHECK(*tables[0].classes[0].value == 0.5);
    CHECK(tables[0].classes[0].positives == 3);
    CHECK(tables[0].classes[0].negatives == 2);
    CHECK(*tables[0].classes[1].value == 1);
    CHECK(*tables[0].mean == 0.75);
    CHECK(tables[0].defined == 2);
}

TEST_CASE("localisation: boxes of only one patient give no interval, and then the mean has none", "[unit]") {
    const auto metrics = five_images();
    const std::vector<double> values(metrics.metrics[0].values.begin(), metrics.metrics[0].values.end());
    LocalisationValues all{{area_metric, values}};
    for (const auto& metric : localisation_metrics) {
        all[metric.name] = values;
        all[centre_prefix + metric.name] = values;
    }
    const auto figures =
        localisation_figures(metrics.images, all, Resamples(clusters_of(metrics.images.patients), 1000));
    REQUIRE(figures.size() == 12);
    CHECK(figures[0].class_name.empty());
    CHECK(figures[0].classes == 2);
    CHECK(figures[0].images == 4);
    CHECK(figures[0].patients == 3);
    CHECK(figures[0].value == 0.75);
    CHECK_FALSE(figures[0].interval);
    CHECK_FALSE(figures[0].difference.p);
    CHECK(figures[1].class_name == "one");
    CHECK(figures[1].images == 3);
    CHECK(figures[1].patients == 2);
    CHECK(figures[1].interval);
    CHECK(figures[1].difference.value == 0);
    CHECK(figures[2].class_name == "two");
    CHECK_FALSE(figures[2].interval);
    const LocalisationRow row{{"nih", "frozen", "frozen"}, "mlvicx", 1, 1, figures};
    const auto text = plain::one_line(localisation_text({row}));
    CHECK(text.find("No interval: a class has boxes of only one patient.") != std::string::npos);
    CHECK(text.find("nih, frozen: percent, mean over 2 classes, 4 test images of 3 patients") != std::string::npos);
    CHECK(text.find("nih, frozen, one: percent (95 % interval over patients), 3 test images of 2 patients") !=
          std::string::npos);
    CHECK(text.find("nih, frozen, two") == std::string::npos);
}

TEST_CASE("localisation: tables for the terminal fit its width", "[unit]") {
    LocalisationFigure figure;
    figure.interval = figure.centre_interval = figure.difference.interval = Interval{0.4, 0.6};
    LocalisationRow row{
        {"nih_chest_xray14", "finetuned", "fine-tuned"}, "barlow_twins, without projector", 0.01, 9, {}};
    for (const auto& metric : localisation_metrics) {
        figure.metric = metric.name;
        row.figures.push_back(figure);
    }
    std::istringstream text(localisation_text({row}));
    std::size_t lines = 0;
    for (std::string line; std::getline(text, line); ++lines) {
        INFO(line);
        CHECK(text_width(line) <= 80);
    }
    CHECK(lines > 8);
}

TEST_CASE("localisation: results without heatmaps add nothing to reports", "[unit]") {
    const TempFolder folder;
    Store store(folder / "r.db");
    store.add_experiment("plain", json::object{}, {job("aaaaaaaaaaaaaaaa")});
    store.finish(job("aaaaaaaaaaaaaaaa"), result(), provenance);
    const auto rows = grid(store);
    CHECK(localisation(store, rows).empty());
    CHECK(localisation_text({}).empty());
    CHECK(report_markdown(store).find("Heatmaps") == std::string::npos);
    for (const auto& file : write_report(store, "plain", report_figures(store, "plain", rows), folder / "report"))
        CHECK(file.string().find("localisation") == std::string::npos);
}
