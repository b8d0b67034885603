#include "results/report/sections/published_text.h"

#include "core/files.h"
#include "core/random.h"
#include "results/metrics/classification.h"
#include "results/metrics/no_finding.h"
#include "results/report/markdown.h"
#include "results/report/report.h"
#include "results/report/sections/class_count_text.h"
#include "results/report/sections/grid_csv.h"
#include "results/report/sections/grid_text.h"
#include "results/report/subsets.h"
#include "tests/support/catch.h"
#include "tests/support/report_csv.h"
#include "tests/support/results_fixture.h"

#include <cmath>

using namespace mlvicx;
using namespace results_test;

namespace {

/// Scores of 60 images of 30 patients with two findings and No Finding, stronger for mlvicx.
JobResult scored_result(const std::string& method, bool no_finding_too = true) {
    JobResult r;
    ScoredImages scored{"f1n9e2", "test", {}, {}, {"Mass", "Nodule"}, {}};
    if (no_finding_too) scored.classes.emplace_back(no_finding);
    Random random(5, Purpose::bootstrap, 3);
    for (int image = 0; image < 60; ++image) {
        scored.ids.push_back(fmt::format("{}.png", image));
        scored.patients.push_back(fmt::format("p{}", image / 2));
        bool any = false;
        for (std::size_t c = 0; c < scored.classes.size(); ++c) {
            const bool present = c < 2 ? random.chance(0.3) : !any;
            any = any || present;
            scored.labels.push_back(present ? 1 : 0);
            const double skill = present ? (method == "mlvicx" ? 0.2 : 0.05) * (c == 2 ? 2 : 1) : 0;
            r.scores.push_back(static_cast<float>(0.25 * random.uniform() + skill));
        }
    }
    r.dataset_fingerprint = scored.fingerprint;
    r.train_images = 12;
    r.test = classification_tables(r.scores, scored.labels, scored.classes);
    r.scored = std::move(scored);
    return r;
}

const json::value plan = json::parse(R"({"name": "small", "datasets": {"nih": {"importer": "nih", "split":
    {"kind": "lists", "train": "${LISTS}/benchx/NIH_Chest_Xray/train.txt"}}, "other": {"file": "x"}}})");

JobKey evaluated(const std::string& method, double fraction = 0.01, const std::string& subset = {}) {
    JobKey key = job(fmt::format("{}-{}", method, fraction), method, fraction);
    key.config["encoder"] = method == "mlvicx" ? "resnet18+context" : "resnet18";
    if (!subset.empty()) key.config["subset"] = subset;
    return key;
}

/// mlvicx and random at 1 %, with these stamps on mlvicx's figure.
void make_experiment(Store& store, const json::array& stamps = {}) {
    std::vector<JobKey> jobs = {evaluated("mlvicx"), evaluated("random")};
    store.add_experiment("small", plan, jobs);
    for (const auto& key : jobs) {
        auto r = scored_result(key.method);
        if (key.method == "mlvicx" && !stamps.empty()) r.details["stamps"] = stamps;
        store.finish(key, r, provenance);
    }
}

PublishedFigure published(const std::string& method = "MRM") {
    PublishedFigure figure;
    figure.dataset = "nih";
    figure.metric = "auc";
    figure.method = method;
    figure.network = "ResNet-18";
    figure.split = "benchx";
    figure.fraction = 0.01;
    figure.classes = 3;
    figure.value = 79.4;
    figure.source = "a journal, table 1";
    figure.comparable = true;
    return figure;
}

} // namespace

TEST_CASE("published: a figure stands next to ours, and says whether the protocols are the same", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_experiment(store);
    const auto rows = grid(store);
    std::vector<PublishedFigure> figures = {published(), published("other split"), published("image-text"),
                                            published("elsewhere"), published("unclear")};
    figures[1].split = "official";
    figures[1].network = "ViT-B";
    figures[1].classes = 14;
    figures[1].selection = "test";
    figures[2].comparable = false;
    figures[2].reason = "image-text pre-training";
    figures[3].dataset = "rsna";
    figures[4].split = figures[4].network = "";
    figures[4].classes = {};
    const auto lines = published_lines(store, "small", rows, figures);
    REQUIRE(lines.size() == 4);
    CHECK(lines[0].same());
    CHECK(lines[0].same_text() == "yes");
    CHECK(lines[1].same_text() == "no (split, classes, network, selection)");
    CHECK(lines[2].same_text() == "no (image-text pre-training)");
    CHECK(lines[3].same_text() == "no (split not stated, classes not stated, network not stated)");
    REQUIRE(lines[0].ours.size() == 2);
    CHECK(lines[0].ours[0].method == "mlvicx");
    const auto& cell = rows[0].cells[0];
    CHECK(lines[0].ours[0].figure ==
          fmt::format("{:.1f} ({})", 100 * cell.main().value.mean, interval_text(*cell.main().interval)));

    const std::string text = published_text(lines);
    CHECK(contains(text, "MRM (ResNet-18), 1 %: published 79.4, here mlvicx"));
    CHECK(contains(text, "same protocol: yes"));
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        CHECK(end - begin <= 80);
        begin = end + 1;
    }
    const auto tables = published_tables(lines);
    REQUIRE(tables.size() == 2);
    CHECK(tables[0].lines[0].entries[0] == "79.4");
    CHECK(tables[1].lines[1].entries[0] == "no (split, classes, network, selection)");
    const auto csv = published_csv(lines);
    CHECK(csv.find("dataset,protocol,fraction,published_method,published_network,published,method,here,same_protocol,"
                   "source\nnih,frozen,0.01,MRM,ResNet-18,79.4,mlvicx,") == 0);
    CHECK(contains(published_text({}), "no published figure is of a dataset"));
}

TEST_CASE("published: ranges and deviations are shown as published", "[unit]") {
    PublishedFigure figure = published();
    PublishedLine line;
    line.published = &figure;
    figure.value_to = 81.1;
    CHECK(line.value_text() == "79.4 to 81.1");
    figure.value_to = {};
    figure.deviation = 0.15;
    CHECK(line.value_text() == "79.4 ± 0.15");
}

TEST_CASE("stamps: a stamped figure is marked in every table and CSV, and the mark is explained", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_experiment(store, {"shared_patients", "test_as_published"});
    const auto rows = grid(store);
    CHECK(rows[0].cells[0].stamps == Stamps{"test_as_published", "shared_patients"});
    CHECK(rows[1].cells[0].stamps.empty());
    const std::string text = grid_text(rows);
    CHECK(contains(text, "nih, frozen (linear probe) § ‡: test AUC"));
    CHECK(contains(text, " § ‡\n"));
    CHECK(contains(text, stamp_legend("test_as_published")));
    CHECK(contains(text, stamp_legend("shared_patients")));
    const auto figures = report_figures(store, "small", rows);
    const std::string markdown = report_markdown(store, "small", figures);
    for (const char* section : {"## Test AUC", "## Classes", "## Pairs of methods"}) {
        INFO(section);
        const auto at = markdown.find(section);
        REQUIRE(at != std::string::npos);
        CHECK(contains(markdown.substr(at, 700), "§ ‡"));
    }
    for (const auto& file : write_report(store, "small", report_figures(store, "small", rows), folder / "report")) {
        if (file.extension() != ".csv") continue;
        INFO(file.string());
        const std::string csv = read_text(file);
        CHECK(csv.substr(0, csv.find('\n')).ends_with(",stamps"));
        CHECK(contains(csv, "test_as_published shared_patients\n"));
    }
}

TEST_CASE("stamps: without them nothing is marked, and an unknown one is named", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_experiment(store);
    CHECK_FALSE(contains(grid_text(grid(store)), "§"));
    CHECK(stamps_from("").empty());
    CHECK(stamps_from("not JSON").empty());
    CHECK(marks_of({"of_a_later_release"}) == "!");
    CHECK(stamp_legend("of_a_later_release") == "!: of_a_later_release");
}

TEST_CASE("class counts: the mean over the findings stands next to the mean with No Finding", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    make_experiment(store);
    const auto rows = grid(store);
    const auto tables = class_count_tables(store, rows);
    REQUIRE(tables.size() == 1);
    CHECK(tables[0].columns[0].label == "1 %: over 2");
    CHECK(tables[0].columns[1].label == "1 %: over 3");
    const auto& cell = rows[0].cells[0];
    const double findings = (*cell.classes[0].values[0] + *cell.classes[1].values[0]) / 2;
    CHECK(tables[0].lines[0].entries[0].starts_with(fmt::format("{:.1f} (", 100 * findings)));
    CHECK(tables[0].lines[0].entries[1] ==
          fmt::format("{:.1f} ({})", 100 * cell.main().value.mean, interval_text(*cell.main().interval)));
    CHECK(std::abs(findings - cell.main().value.mean) > 0.005); // otherwise the test shows nothing

    // The interval over the findings is that of an experiment without No Finding.
    Store without(folder / "without.db");
    without.add_experiment("small", plan, {evaluated("mlvicx")});
    auto r = scored_result("mlvicx");
    std::vector<float> scores;
    std::vector<std::int8_t> labels;
    for (std::size_t i = 0; i < r.scores.size(); ++i)
        if (i % 3 != 2) {
            scores.push_back(r.scores[i]);
            labels.push_back(r.scored->labels[i]);
        }
    r.scores = scores;
    r.scored->labels = labels;
    r.scored->classes.pop_back();
    r.test = classification_tables(r.scores, r.scored->labels, r.scored->classes);
    without.finish(evaluated("mlvicx"), r, provenance);
    const auto plain = grid(without);
    CHECK(tables[0].lines[0].entries[0] == fmt::format("{:.1f} ({})", 100 * plain[0].cells[0].main().value.mean,
                                                       interval_text(*plain[0].cells[0].main().interval)));
    CHECK(class_count_tables(without, plain).empty());
}

TEST_CASE("subsets: label fractions with the same listed images are named in the report", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const std::vector<JobKey> jobs = {evaluated("random", 0.01, "abc"), evaluated("random", 0.05, "abc"),
                                      evaluated("random", 0.1, "def")};
    store.add_experiment("small", plan, jobs);
    for (const auto& key : jobs) store.finish(key, scored_result("random"), provenance);
    CHECK(same_subsets_text(store) == "nih: 1 % and 5 % are the same 12 images: figures at one of them are figures at "
                                      "the others\n");
    CHECK(contains(report_markdown(store, "small"), "## Label fractions with the same images"));
}
