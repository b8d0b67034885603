#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/plan_text.h"

#include "datasets/importers/manifest.h"
#include "experiments/evaluation/segmentation.h"
#include "experiments/runner/jobs.h"
#include "results/store/store.h"

#include <opencv2/imgcodecs.hpp>

#include <cstdlib>
#include <filesystem>
#include <map>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

/// Images in SIIM's layout, with run-length masks, and in NIH's; the plan segments only the first.
const char* const tiny = R"({
  "name": "masks",
  "datasets": {
    "siim": {"importer": "phantom", "size": 32, "split": {"kind": "patient", "validation": 0.2, "test": 0.3},
             "phantom": {"layout": "siim", "images": 60, "size": 64, "seed": 3}},
    "nih": {"importer": "phantom", "size": 32, "phantom": {"images": 80, "size": 48, "seed": 3}}
  },
  "methods": ["random"],
  "controls": false,
  "evaluate": {"datasets": ["siim", "nih"], "fractions": [1], "image_size": 32, "precision": "fp32",
               "protocols": ["frozen", "segmentation_frozen", "segmentation_finetuned"],
               "frozen": {"iterations": 30},
               "segmentation": {"epochs": 1, "batch_size": 8, "precision": "fp32", "decoder_width": 2,
                                "datasets": ["siim"]}},
  "seeds": [0]
})";

std::map<std::string, std::string> hashes(const json::value& text) {
    JobInputs inputs;
    inputs.fingerprints = {{"siim", "abc"}, {"nih", "def"}};
    std::map<std::string, std::string> result;
    for (const auto& job : expand_jobs(plan_of(text), inputs).evaluate)
        result[job.key.dataset + " " + job.key.protocol] = job.key.hash;
    return result;
}

} // namespace

TEST_CASE("segmentation: jobs are those of the named datasets, and hashes hold what determines them", "[unit]") {
    json::object text = json::parse(tiny).as_object();
    const auto before = hashes(text);
    CHECK(before.size() == 4);
    CHECK(before.contains("siim segmentation_frozen"));
    CHECK_FALSE(before.contains("nih segmentation_frozen"));
    CHECK(before.at("siim segmentation_frozen") != before.at("siim segmentation_finetuned"));
    auto& segmentation = text["evaluate"].as_object()["segmentation"].as_object();
    segmentation["datasets"] = json::array{"siim", "nih"}; // more jobs, the same ones
    const auto both = hashes(text);
    CHECK(both.size() == 6);
    for (const auto& [name, hash] : before) CHECK(both.at(name) == hash);
    segmentation["decoder_width"] = 3;
    const auto wider = hashes(text);
    CHECK(wider.at("siim frozen") == before.at("siim frozen"));
    CHECK(wider.at("siim segmentation_frozen") != before.at("siim segmentation_frozen"));

    segmentation["datasets"] = json::array{"rsna"};
    CHECK(contains(refusal(text), "$.evaluate.segmentation.datasets names \"rsna\""));
    segmentation["datasets"] = json::array{};
    segmentation["epochs"] = 0;
    CHECK(contains(refusal(text), "$.evaluate.segmentation.epochs"));
    segmentation["epochs"] = 1;
    text["evaluate"].as_object()["protocols"] = json::array{"segmentation"};
    CHECK(contains(refusal(text), "segmentation_finetuned"));
}

TEST_CASE("segmentation: the plan for JSRT is read, and its manifest is where it says", "[unit]") {
    ::setenv("JSRT_ROOT", "/data/jsrt", 1);
    const Plan plan = read_plan(std::filesystem::path(MLVICX_SOURCE) / "experiments/plans/jsrt.json");
    ::unsetenv("JSRT_ROOT");
    CHECK(plan.methods.size() == 6); // five and the random control
    CHECK(plan.evaluate.protocols == std::vector<std::string>{"segmentation_finetuned"});
    CHECK(plan.evaluate.of<SegmentationOptions>("segmentation_finetuned").flip == 0); // lungs have sides
    CHECK(plan.datasets[0].import.root == "/data/jsrt");
    CHECK(std::filesystem::exists(plan.datasets[0].import.own<ManifestOptions>().file));
}

TEST_CASE("segmentation: a plan runs to metrics, and a single step gives the same and draws a figure", "[unit]") {
    const TempFolder folder;
    write_text(folder / "plan.json", tiny);
    const Ran ran = run_bench(folder, {"run", "plan.json"});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    CHECK(contains(ran.err, "Dice "));
    CHECK(contains(ran.out, "siim, segmentation, frozen encoder, 100 %: test Dice in percent"));
    CHECK(contains(ran.out, "siim, frozen (linear probe): test AUC"));

    std::filesystem::path prepared;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "results.artifacts/prepared"))
        if (entry.path().filename().string().starts_with("siim")) prepared = entry.path();
    const Ran single = run_bench(folder, {"evaluate",
                                          "--data",
                                          prepared.string(),
                                          "--encoder",
                                          "random",
                                          "--protocol",
                                          "segmentation_finetuned",
                                          "--image-size",
                                          "32",
                                          "--set",
                                          "segmentation.epochs=1",
                                          "--set",
                                          "segmentation.batch_size=8",
                                          "--set",
                                          "segmentation.precision=fp32",
                                          "--set",
                                          "segmentation.decoder_width=2",
                                          "--results",
                                          "single.db",
                                          "--out",
                                          "pixels.csv",
                                          "--sheet",
                                          "sheet.png"});
    INFO(single.err);
    REQUIRE(single.status == 0);
    CHECK(contains(single.out, "dice_positives"));
    CHECK(contains(read_text(folder / "pixels.csv"), "id,patient,Pneumothorax intersection,Pneumothorax predicted,"));
    const cv::Mat sheet = cv::imread((folder / "sheet.png").string());
    REQUIRE_FALSE(sheet.empty());
    int green = 0; // the outline of the truth
    for (int y = 0; y < sheet.rows; ++y)
        for (int x = 0; x < sheet.cols; ++x) {
            const auto& pixel = sheet.at<cv::Vec3b>(y, x);
            green += pixel[1] > pixel[0] + 80 && pixel[1] > pixel[2] + 80;
        }
    CHECK(green > 50);

    // The same job has the same pixels, and in a run its picture.
    Store whole(folder / "results.db", true), alone(folder / "single.db", true);
    Statement query(alone.db(), "SELECT hash FROM jobs");
    REQUIRE(query.step());
    for (const char* metric : {"intersection", "predicted", "truth"}) {
        const auto a = whole.image_values(query.text(0), metric), b = alone.image_values(query.text(0), metric);
        REQUIRE(a.has_value());
        REQUIRE(b.has_value());
        CHECK(a->values == b->values);
    }
    CHECK(whole.pictures(query.text(0)).at(0).name == "segmentation");
    CHECK(whole.pictures(query.text(0)).at(0).png.size() <= 150'000);
    CHECK(alone.pictures(query.text(0)).empty());
    CHECK(whole.image_set(whole.image_values(query.text(0), "truth")->set).classes ==
          std::vector<std::string>{"Pneumothorax"});

    const Ran refused =
        run_bench(folder, {"evaluate", "--data", prepared.string(), "--encoder", "random", "--sheet", "x.png"});
    CHECK(refused.status == 2);
    CHECK(contains(refused.err, "--sheet draws masks"));
}

TEST_CASE("segmentation: a dataset without masks is refused before anything runs", "[unit]") {
    const TempFolder folder;
    json::object text = json::parse(tiny).as_object();
    text["datasets"].as_object()["siim"] = json::parse(R"({"importer": "phantom", "size": 32,
        "split": {"kind": "patient"}, "phantom": {"layout": "vinbig", "images": 60, "size": 48, "seed": 3}})");
    write_text(folder / "plan.json", json::serialize(text));
    const Ran ran = run_bench(folder, {"run", "plan.json"});
    CHECK(ran.status == 2);
    INFO(ran.err);
    CHECK(contains(ran.err, "dataset \"siim\": has no masks, which the protocol segmentation_frozen needs"));
}
