#include "tests/support/catch.h"

#include "core/error.h"
#include "core/files.h"
#include "results/verify/verify.h"
#include "tests/support/honest_experiment.h"

using namespace mlvicx;
using namespace results_test;

namespace {

struct Honest {
    TempFolder folder;
    std::filesystem::path file = folder / "results.db", encoders = folder / "results.artifacts/encoders";
    explicit Honest(const HonestOptions& options = {}) { make_honest(file, options); }
    Verification verified() const {
        Store store(file, true);
        return verify(store, encoders);
    }
    void edit(const std::string& sql) const {
        Sqlite db(file);
        db.run("PRAGMA foreign_keys = OFF; " + sql);
    }
};

/// The findings, a line each; "" for a clean file.
std::string found_in(const Honest& honest) {
    const auto found = honest.verified();
    std::string text;
    for (const auto& finding : found.findings()) text += finding.where + ": " + finding.what + "\n";
    return text;
}

std::string edited(const std::string& sql) {
    const Honest honest;
    honest.edit(sql);
    return found_in(honest);
}

const std::string frozen_job = "(SELECT id FROM jobs WHERE method = 'mlvicx' AND protocol = 'frozen' AND fraction = 1 "
                               "AND seed = 0)";
const std::string mlvicx_words = "mlvicx, frozen (linear probe), 100 % of nih, seed 0 (";

} // namespace

TEST_CASE("verify: an untouched file is clean, and says how much was checked", "[unit]") {
    const Honest honest;
    const auto found = honest.verified();
    INFO(verification_text(found));
    CHECK(found.clean());
    std::int64_t jobs = 0, metrics = 0, encoders = 0;
    for (const auto& section : found.sections()) {
        CHECK(section.checked > 0);
        if (section.what.starts_with("jobs")) jobs = section.checked;
        if (section.what.starts_with("metrics")) metrics = section.checked;
        if (section.what.starts_with("encoders")) encoders = section.checked;
    }
    CHECK(jobs == 2 * (2 + 3 * 3));
    CHECK(metrics == 6 * (2 * 5 + 9 + 6)); // twice five, nine of heatmaps and centre prior, six of masks
    CHECK(encoders == 4);
    REQUIRE(found.not_checked().size() == 1); // validation
    CHECK(found.not_checked().begin()->second == 12);
    CHECK(verification_text(found).find("Different") == std::string::npos);
}

TEST_CASE("verify: every edited figure is named with its job, class, stored and recomputed value", "[unit]") {
    const auto metric = [](const std::string& name, const std::string& class_name, const std::string& change) {
        return edited("UPDATE metrics SET " + change + " WHERE split = 'test' AND metric = '" + name +
                      "' AND class = '" + class_name + "' AND job_id = " + frozen_job);
    };
    const auto auc = metric("auc", "Mass", "value = 0.99");
    INFO(auc);
    CHECK(auc.find(mlvicx_words) == 0);
    CHECK(auc.find("auc of Mass is 0.99, its scores give 0.") != std::string::npos);
    CHECK(auc.find("its metrics are not those that were stored") != std::string::npos);
    CHECK(metric("auc", "", "value = 0.99").find("auc, mean over classes, is 0.99, its scores give 0.") !=
          std::string::npos);
    CHECK(metric("auc", "", "defined = 1").find("auc counts 1 defined classes, its scores give 2") !=
          std::string::npos);
    CHECK(metric("ece", "Nodule", "value = NULL").find("ece of Nodule is undefined, its scores give 0.") !=
          std::string::npos);
    CHECK(metric("brier", "Mass", "positives = 21")
              .find("brier of Mass counts 21 positives and 40 negatives, its "
                    "scores have 20 and 40") != std::string::npos);
    CHECK(metric("box_energy", "Mass", "value = 1").find("box_energy of Mass is 1, its heatmap figures give 0.") !=
          std::string::npos);
    const auto dice = edited("UPDATE metrics SET value = 0.9 WHERE metric = 'dice_pooled' AND position = 0");
    CHECK(dice.find("dice_pooled, mean over classes, is 0.9, its pixel counts give 0.") != std::string::npos);
    const auto validation = edited("UPDATE metrics SET value = 0.9 WHERE split = 'validation' AND class = 'Mass'");
    CHECK(validation.find("its metrics are not those that were stored") != std::string::npos);
}

TEST_CASE("verify: edited scores, labels, curves, details and versions are named", "[unit]") {
    const auto scores = edited("UPDATE scores SET scores = zeroblob(length(scores)) WHERE job_id = " + frozen_job);
    CHECK(scores.find("its scores are not those that were stored") != std::string::npos);
    CHECK(scores.find("its scores give 0.5") != std::string::npos);
    CHECK(edited("UPDATE scores SET scores = zeroblob(8) WHERE job_id = " + frozen_job)
              .find("2 values are stored, expected 120 for 60 images and 2 classes") != std::string::npos);
    CHECK(edited("UPDATE image_values SET image_values = zeroblob(length(image_values)) WHERE metric = 'truth'")
              .find("an intersection is within both masks") != std::string::npos);
    CHECK(edited("UPDATE image_sets SET labels = zeroblob(length(labels))")
              .find("its images, patients and labels have the hash ") != std::string::npos);
    CHECK(edited("UPDATE scored_images SET patient = 'p0' WHERE position = 5")
              .find("image set 1 (test of aaaaaaaaaaaa): "
                    "its images, patients") == 0);
    CHECK(edited("DELETE FROM scored_images WHERE position = 5").find("has 59 images, its row says 60") !=
          std::string::npos);
    CHECK(edited("UPDATE curves SET value = 0 WHERE epoch = 9").find("its curves are not those") != std::string::npos);
    CHECK(edited("UPDATE jobs SET git_commit = 'def'").find("its versions, device or times are not those") !=
          std::string::npos);
    CHECK(edited("UPDATE jobs SET details = json_set(details, '$.health.verdict', 'collapsed') WHERE kind = 'pretrain'")
              .find("its details are not those") != std::string::npos);
    CHECK(edited("UPDATE pictures SET png = x'00'").find("its pictures are not those") != std::string::npos);
    CHECK(edited("INSERT INTO image_attributes VALUES (1, 'sex', '[\"male\"]')")
              .find("has 1 values, expected one for each of 60 images") != std::string::npos);
    CHECK(edited("DELETE FROM leakage").find("it stored leakage, this file has none") != std::string::npos);
    CHECK(edited("DELETE FROM metrics WHERE metric = 'auc'").find("its metrics are not those") != std::string::npos);
}

TEST_CASE("verify: edited identities are named: plans, configurations, columns, labels", "[unit]") {
    CHECK(edited("UPDATE experiments SET plan = json_set(plan, '$.pretrain.epochs', 300)")
              .find("plan \"honest\": its text has the hash ") == 0);
    const auto config =
        edited("UPDATE jobs SET config = json_set(config, '$.image_size', 224) WHERE id = " + frozen_job);
    CHECK(config.find(mlvicx_words) == 0);
    CHECK(config.find("its configuration has the hash ") != std::string::npos);
    CHECK(edited("UPDATE jobs SET seed = 5 WHERE id = " + frozen_job).find("seed is 5, its configuration says 0") !=
          std::string::npos);
    CHECK(edited("UPDATE jobs SET fraction = 0.1 WHERE id = " + frozen_job)
              .find("fraction is 0.1, its configuration says 1.0") != std::string::npos);
    CHECK(edited("UPDATE jobs SET draw = 3 WHERE id = " + frozen_job).find("draw is 3, its configuration says null") !=
          std::string::npos);
    CHECK(edited("UPDATE jobs SET dataset_fingerprint = 'bbbb' WHERE id = " + frozen_job)
              .find("dataset_fingerprint is bbbb, its configuration says \"aaaa") != std::string::npos);
    const auto swapped =
        edited("UPDATE experiment_jobs SET method = CASE method WHEN 'byol' THEN 'mlvicx' WHEN 'mlvicx' "
               "THEN 'byol' ELSE method END");
    CHECK(swapped.find("is shown as \"mlvicx\", which the plan says is mlvicx, but its encoder was trained by byol") !=
          std::string::npos);
}

TEST_CASE("verify: edited leakage is named", "[unit]") {
    CHECK(edited("UPDATE leakage SET in_training = 61").find("61 of 60 test images in training") != std::string::npos);
    CHECK(edited("UPDATE leakage SET test_images = 70")
              .find("leakage is counted over 70 test images, it was tested on "
                    "60") != std::string::npos);
    CHECK(edited("UPDATE leakage SET in_training = 3 WHERE job_id = " + frozen_job)
              .find("3 of 60 test images in training, other jobs of this dataset say 0") != std::string::npos);
}

TEST_CASE("verify: encoders are checked against their digest, their job and what evaluations recorded", "[unit]") {
    const Honest honest;
    const auto key = honest_job({}, "mlvicx", 0);
    const auto file = honest.encoders / (key.hash + ".safetensors");
    const auto whole = read_text(file);
    SECTION("an edited digest in the header") {
        auto text = whole;
        const auto at = text.find("\"digest\":\"") + 10;
        text[at] = text[at] == '0' ? '1' : '0';
        write_text(file, text);
        const auto found = found_in(honest);
        INFO(found);
        CHECK(found.find("the digest in its header is ") != std::string::npos);
        CHECK(found.find("mlvicx, pre-training on nih, seed 0") != std::string::npos);
    }
    SECTION("edited weights") {
        auto text = whole;
        text.back() = '\x01';
        write_text(file, text);
        const auto found = found_in(honest);
        CHECK(found.find("the digest in its header is ") != std::string::npos);
        CHECK(found.find("it was evaluated on an encoder with the digest ") != std::string::npos);
    }
    SECTION("another pre-training's file under this name") {
        write_text(file, read_text(honest.encoders / (honest_job({}, "byol", 0).hash + ".safetensors")));
        const auto found = found_in(honest);
        CHECK(found.find("the job in its header is ") != std::string::npos);
        CHECK(found.find("the configuration in its header is not that of mlvicx, pre-training on nih, seed 0") !=
              std::string::npos);
    }
    SECTION("an edited digest in an evaluation") {
        honest.edit("UPDATE jobs SET details = json_set(details, '$.weights.digest', 'abc') WHERE id = " + frozen_job);
        const auto found = found_in(honest);
        CHECK(found.find("its details are not those") != std::string::npos);
        CHECK(found.find("it was evaluated on an encoder with the digest abc") != std::string::npos);
    }
    SECTION("a damaged file") {
        write_text(file, whole.substr(0, 20));
        CHECK(found_in(honest).find(file.string() + ": " + file.string()) == 0);
    }
    SECTION("a missing file is counted") {
        std::filesystem::remove(file);
        const auto found = honest.verified();
        CHECK(found.clean());
        CHECK(found.not_checked().at("encoders' files are not in " + honest.encoders.string()) == 1);
    }
}

TEST_CASE("verify: a file of an earlier release is checked as far as it can be, and says what it lacks",
          "[reference]") {
    const TempFolder folder;
    const auto file = folder / "old.db";
    Sqlite(file).run(read_text(MLVICX_TEST_DATA "/results_schema_4.sql"));
    Store store(file, true);
    const auto found = verify(store, folder / "none");
    bool digests = false;
    for (const auto& [what, count] : found.not_checked())
        digests = digests || what.find("no digests") != std::string::npos;
    CHECK(digests);
}

TEST_CASE("verify: a report refuses a figure that its scores do not give", "[unit]") {
    const Honest honest;
    {
        Store store(honest.file, true);
        require_figures(store, "");
    }
    honest.edit("UPDATE metrics SET value = 0.99 WHERE split = 'test' AND metric = 'auc' AND class = '' AND job_id = " +
                frozen_job);
    Store store(honest.file, true);
    std::string complaint;
    try {
        require_figures(store, "");
    } catch (const UserError& error) {
        complaint = error.what();
    }
    INFO(complaint);
    CHECK(complaint.find("auc, mean over classes, is 0.99, its scores give 0.") != std::string::npos);
    CHECK(complaint.find(mlvicx_words) != std::string::npos);
}

TEST_CASE("verify: the text is at most 80 columns wide", "[unit]") {
    const Honest honest;
    honest.edit("UPDATE metrics SET value = 0.99 WHERE split = 'test'");
    std::istringstream lines(verification_text(honest.verified()));
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);
}
