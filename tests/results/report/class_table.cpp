#include "tests/support/catch.h"

#include "results/metrics/classification.h"
#include "results/report/class_table.h"
#include "tests/support/results_fixture.h"

#include <vector>

using namespace mlvicx;
using namespace results_test;

namespace {

/// 60 images, one per patient, of two findings by closed formulas; the first is unknown in image 5.
JobResult formula_result() {
    JobResult r;
    r.dataset_fingerprint = "f0";
    r.train_images = 35;
    ScoredImages images{"f0", "test", {}, {}, {"Mass", "Hernia"}, {}, {}};
    for (int i = 0; i < 60; ++i) {
        const int mass = i * 7 % 5 < 2 ? 1 : 0, hernia = i % 20 == 3 ? 1 : 0;
        images.ids.push_back("i" + std::to_string(i));
        images.patients.push_back("p" + std::to_string(i));
        images.labels.push_back(static_cast<std::int8_t>(i == 5 ? -1 : mass));
        images.labels.push_back(static_cast<std::int8_t>(hernia));
        r.scores.push_back(static_cast<float>((i * 37 + 77 * mass) % 101) / 128);
        r.scores.push_back(static_cast<float>(i * 53 % 97 + 25 * hernia) / 128);
    }
    r.test = classification_tables(r.scores, images.labels, images.classes);
    r.scored = std::move(images);
    return r;
}

/// The longest line, in characters.
std::size_t width_of(const std::string& text) {
    std::size_t longest = 0, now = 0;
    for (const char c : text) {
        now = c == '\n' ? 0 : now + ((c & 0xc0) != 0x80); // continuation bytes are not characters
        longest = std::max(longest, now);
    }
    return longest;
}

} // namespace

TEST_CASE("class table: an evaluation's figures are scikit-learn's, with intervals and counts", "[reference]") {
    // By scikit-learn 1.x on the same formulas (roc_auc_score, average_precision_score, the highest tpr of roc_curve
    // with fpr <= 0.1, brier_score_loss; ECE of 15 bins by NumPy): Mass 0.47524, 0.38967, 0.08696, 0.29795, 0.21213;
    // Hernia 0.84211, 0.17361, 0.33333, 0.17183, 0.31484.
    const auto text = evaluation_text(formula_result());
    INFO(text);
    CHECK(contains(text, "class         pos.   neg.  AUC % (95 %)"));
    CHECK(contains(text, "Mass            23     36  47.5 ("));
    CHECK(contains(text, "  39.0     8.7  0.298  0.212\n"));
    CHECK(contains(text, "Hernia *         3     57  84.2 ("));
    CHECK(contains(text, "  17.4    33.3  0.172  0.315\n"));
    CHECK(contains(text, "mean                       65.9 ("));
    CHECK(contains(text, "*: fewer than 10 positive or negative test images"));
    CHECK(contains(text, "35 labelled images; 60 test images of 60 patients; intervals (a–b)"));
    CHECK(width_of(text) <= 80);
    CHECK_FALSE(contains(text, "AUC is defined for"));
}

TEST_CASE("class table: a class without positives lacks the figures that need them, and is counted", "[unit]") {
    auto r = formula_result();
    for (std::size_t i = 1; i < r.scored->labels.size(); i += 2) r.scored->labels[i] = 0;
    r.test = classification_tables(r.scores, r.scored->labels, r.scored->classes);
    const auto text = evaluation_text(r);
    INFO(text);
    CHECK(contains(text, "Hernia *         0     60  -                      -       -  0."));
    CHECK(contains(text, "mean of 1                  47.5 ("));
    CHECK(contains(text, "AUC is defined for 1 of 2 classes: the others lack positives or negatives"));
}

TEST_CASE("class table: a report has the classes of every method at its largest fraction", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    std::vector<JobKey> jobs;
    for (const char* method : {"mlvicx", "random"})
        for (const double fraction : {0.1, 1.0})
            for (int seed = 0; seed < 2; ++seed)
                jobs.push_back(job(fmt::format("{}{}{}", method, fraction, seed), method, fraction, seed));
    store.add_experiment("classes", json::object(), jobs);
    for (const auto& key : jobs) {
        auto r = formula_result();
        if (key.seed == 1) r.test[1].classes[0].value = 0.5; // average precision of Mass
        store.finish(key, r, provenance);
    }
    const auto rows = grid(store);
    REQUIRE(rows.size() == 2);
    const auto& cell = rows[0].cells.back();
    CHECK(cell.fraction == 1);
    CHECK(cell.runs.size() == 2);
    REQUIRE(cell.classes.size() == 2);
    CHECK(*cell.classes[0].values[0] == Approx(0.4752415458937198)); // of both seeds
    CHECK(*cell.classes[0].values[1] == Approx((0.38966995229712276 + 0.5) / 2));
    CHECK(cell.figures[3].value.mean == Approx((0.29794880747795105 + 0.1718343049287796) / 2));
    REQUIRE(cell.classes[1].intervals[0]);
    CHECK(cell.classes[1].intervals[0]->low < 0.8421);

    const auto text = classes_text(rows);
    INFO(text);
    CHECK(contains(text, "nih, frozen (linear probe), classes: test AUC in percent, 100 % of the labels\n"));
    CHECK(contains(text, "  class      positive   negative   mlvicx   random\n"));
    CHECK(contains(text, "  Hernia *   3          57         84.2     84.2\n"));
    CHECK(contains(text, "  mlvicx   100 %"));
    CHECK(width_of(text) <= 80);
    CHECK(contains(classes_markdown(rows), "| class | positive | negative | mlvicx | random |"));
    CHECK(contains(classes_markdown(rows), "| Mass | 23 | 36 | 47.5 ("));
}

TEST_CASE("class table: many methods are split into blocks within 80 columns", "[unit]") {
    std::vector<GridRow> rows;
    for (const char* method : {"mlvicx", "simclr", "byol", "vicreg", "barlow_twins", "random", "imagenet_weights"}) {
        GridCell cell;
        cell.fraction = 1;
        cell.runs.resize(1);
        add_figures({{metric_table("auc", {{"Pleural_Thickening", 0.75, 1143, 24453}})}}, Task::classification, cell);
        rows.push_back({{"nih", "frozen", "frozen"}, method, Task::classification, false, {cell}});
    }
    const auto text = classes_text(rows);
    INFO(text);
    CHECK(width_of(text) <= 80);
    for (const auto& row : rows) CHECK(contains(text, row.method));
    std::size_t lines = 0;
    for (auto at = text.find("Pleural"); at != std::string::npos; at = text.find("Pleural", at + 1)) ++lines;
    CHECK(lines == 3);
}
