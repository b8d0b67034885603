#include "core/error.h"
#include "experiments/figures/heatmap_sheet.h"
#include "experiments/runner/jobs.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/plan_text.h"

#include <opencv2/imgcodecs.hpp>

#include <cmath>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

/// Synthetic images with boxes; pre-trained once, evaluated by both protocols.
const char* const text = R"({
  "name": "boxes",
  "datasets": {"images": {"importer": "phantom", "size": 48, "phantom": {"images": 90, "size": 64, "seed": 3}}},
  "pretrain": {"epochs": 1, "batch_size": 16, "image_size": 32, "precision": "fp32"},
  "methods": [{"name": "mlvicx", "hidden": 32, "output": 32, "level_channels": 16}, "random"],
  "controls": false,
  "evaluate": {"image_size": 64, "precision": "fp32", "heatmaps": true, "frozen": {"iterations": 30},
               "protocols": ["frozen", "finetuned", "knn"],
               "finetuned": {"epochs": 1, "batch_size": 16, "precision": "fp32"}},
  "seeds": [0]
})";

json::object plan_text() {
    return json::parse(text).as_object();
}

/// The hash of the plan's first evaluation with this value of `heatmaps`; "" omits the key.
std::string hash_with(const std::string& heatmaps, const char* protocol = "frozen") {
    json::object plan = plan_text();
    plan["evaluate"].as_object().erase("heatmaps");
    plan["evaluate"].as_object()["protocols"] = json::array{protocol};
    if (!heatmaps.empty()) plan["evaluate"].as_object()["heatmaps"] = json::parse(heatmaps);
    JobInputs inputs;
    inputs.fingerprints["images"] = "abc";
    return expand_jobs(plan_of(plan), inputs).evaluate.front().key.hash;
}

struct Run {
    TempFolder folder;
    Ran ran;
    Run() {
        write_text(folder / "plan.json", text);
        ran = run_bench(folder, {"run", "plan.json"});
    }
    std::filesystem::path prepared() const {
        return std::filesystem::directory_iterator(folder / "results.artifacts/prepared")->path();
    }
    std::filesystem::path encoder() const {
        return std::filesystem::directory_iterator(folder / "results.artifacts/encoders")->path();
    }
};
const Run& finished() {
    static const Run run;
    return run;
}

} // namespace

TEST_CASE("heatmap runs: the plan's key is a boolean or an object; off changes no result's identity", "[unit]") {
    CHECK(hash_with("false") == hash_with(""));
    CHECK(hash_with("true") != hash_with(""));
    CHECK(hash_with("{}") == hash_with("true"));
    CHECK(hash_with(R"({"layer": 5})") == hash_with("true"));
    CHECK(hash_with(R"({"layer": 4})") != hash_with("true"));
    CHECK(hash_with(R"({"tolerance": 0.05})") != hash_with("true"));
    CHECK(hash_with("true", "finetuned") != hash_with("", "finetuned"));
    CHECK(hash_with("true", "knn") == hash_with("", "knn")); // has no linear head, and no heatmaps
    const auto refused = [](const char* value) {
        try {
            hash_with(value);
        } catch (const UserError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(contains(refused("1"), "$.evaluate.heatmaps is an integer, expected true, false or an object"));
    CHECK(contains(refused(R"({"layer": 6})"), "$.evaluate.heatmaps.layer is 6, expected at least 1 and at most 5"));
    CHECK(contains(refused(R"({"layers": 1})"), "$.evaluate.heatmaps.layers: unknown key"));
}

TEST_CASE("heatmap runs: every evaluation stores its figures, image by image and as means", "[unit]") {
    const auto& run = finished();
    INFO(run.ran.err);
    REQUIRE(run.ran.status == 0);
    const PreparedDataset dataset(run.prepared());
    const auto boxed = boxed_images(dataset);
    REQUIRE(boxed.images.size() > 3);
    Store store(run.folder / "results.db", true);
    Statement jobs(store.db(), "SELECT hash, method, protocol, details FROM jobs WHERE kind = 'evaluate'");
    int checked = 0;
    while (jobs.step()) {
        INFO(jobs.text(1) << " " << jobs.text(2));
        if (jobs.text(2) == "knn") {
            CHECK_FALSE(store.image_values(jobs.text(0), area_metric));
            continue;
        }
        CHECK(json::parse(jobs.text(3)).at("heatmaps").at("pixels").as_int64() == 2); // 64 pixels, halved five times
        for (const auto& name : {std::string("pointing_game"), std::string("centre_box_iou"), area_metric}) {
            const auto found = store.image_values(jobs.text(0), name);
            REQUIRE(found);
            const auto images = store.image_set(found->set);
            REQUIRE(images.ids.size() == boxed.images.size());
            REQUIRE(images.classes.size() == boxed.classes.size());
            double sum = 0, count = 0;
            for (std::size_t i = 0; i < found->values.size(); ++i) {
                CHECK(std::isnan(found->values[i]) == boxed.boxes[i].empty());
                CHECK(images.labels[i] == (boxed.boxes[i].empty() ? 0 : 1));
                if (i % images.classes.size() != 0 || boxed.boxes[i].empty()) continue;
                sum += found->values[i];
                ++count;
            }
            Statement mean(store.db(), "SELECT m.value FROM metrics m JOIN jobs c ON c.id = m.job_id WHERE c.hash = "
                                       "? AND m.metric = ? AND m.position = 1");
            mean.bind(1, jobs.text(0)).bind(2, name);
            REQUIRE(mean.step());
            CHECK(mean.real(0) == Approx(sum / count));
        }
        ++checked;
    }
    CHECK(checked == 4);
    const Ran report = run_bench(run.folder, {"report", "results.db"});
    CHECK(report.status == 0);
    CHECK(contains(report.out, "Heatmaps against boxes"));
    CHECK(contains(report.out, "centre prior"));
    CHECK(std::filesystem::exists(run.folder / "report-localisation.csv"));
}

TEST_CASE("heatmap runs: each evaluation with a linear head stores a picture of its heatmaps, of at most 150 kB",
          "[unit]") {
    const auto& run = finished();
    REQUIRE(run.ran.status == 0);
    Store store(run.folder / "results.db", true);
    Statement jobs(store.db(), "SELECT hash, protocol FROM jobs");
    int found = 0;
    while (jobs.step()) {
        const auto pictures = store.pictures(jobs.text(0));
        if (jobs.text(1) != "frozen" && jobs.text(1) != "finetuned") {
            CHECK(pictures.empty());
            continue;
        }
        REQUIRE(pictures.size() == 1);
        CHECK(pictures[0].name == "heatmaps");
        CHECK(pictures[0].png.size() <= 150'000);
        const std::vector<unsigned char> bytes(pictures[0].png.begin(), pictures[0].png.end());
        CHECK(cv::imdecode(bytes, cv::IMREAD_COLOR).cols == 10 + 2 * 266);
        ++found;
    }
    CHECK(found == 4);
}

TEST_CASE("heatmap runs: pictures are part of no hash, and stored with the most labels and the first draw only",
          "[unit]") {
    JobInputs inputs;
    inputs.fingerprints["images"] = "abc";
    json::object plan = plan_text();
    const auto hash = [&] { return expand_jobs(plan_of(plan), inputs).evaluate.front().key.hash; };
    const auto before = hash();
    plan["evaluate"].as_object()["pictures"] = false;
    CHECK(hash() == before);
    CHECK_FALSE(plan_of(plan).evaluate.draws_pictures(1, {}));

    PlanEvaluation evaluate;
    evaluate.fractions = {0.1, 1, 50};
    CHECK(evaluate.draws_pictures(1, {}));
    CHECK_FALSE(evaluate.draws_pictures(50, {})); // images, fewer than all
    evaluate.fractions = {0.5, 0.1};
    evaluate.draws = {4, 5};
    CHECK(evaluate.draws_pictures(0.5, 4));
    CHECK_FALSE(evaluate.draws_pictures(0.5, 5));
    CHECK_FALSE(evaluate.draws_pictures(0.1, 4));
}

TEST_CASE("heatmap runs: only test images count, and several boxes of a class belong together", "[unit]") {
    REQUIRE(finished().ran.status == 0);
    const PreparedDataset dataset(finished().prepared());
    const auto boxed = boxed_images(dataset);
    std::size_t boxes = 0, of_test = 0;
    for (const auto& item : boxed.boxes) boxes += item.size();
    for (const Box& box : dataset.boxes())
        of_test += dataset.split(static_cast<std::int64_t>(box.image)) == Split::test;
    CHECK(boxes == of_test);
    CHECK(of_test < dataset.boxes().size());
    for (const auto image : boxed.images) CHECK(dataset.split(image) == Split::test);
    const auto shown = shown_images(dataset, 5);
    CHECK(shown.size() == 5);
    for (const auto& item : shown) CHECK_FALSE(item.boxes.empty());
}

TEST_CASE("heatmap runs: the command draws its figures and prints what it scored", "[unit]") {
    const auto& run = finished();
    REQUIRE(run.ran.status == 0);
    const TempFolder folder;
    const auto encoder = run.encoder().string(), data = run.prepared().string();
    const Ran ran =
        run_bench(folder, {"heatmaps", data, "--encoder", encoder, "--encoder", "random", "--out", "s.png",
                           "--attention", "a.png", "--csv", "f.csv", "--images", "3", "--image-size", "64"});
    INFO(ran.err);
    REQUIRE(ran.status == 0);
    CHECK(contains(ran.out, "mlvicx, 100 %"));
    CHECK(contains(ran.out, "random, 100 %"));
    CHECK(contains(read_text(folder / "f.csv"), "pointing_game"));
    const auto sheet = cv::imread((folder / "s.png").string()), attention = cv::imread((folder / "a.png").string());
    CHECK(sheet.cols == 10 + 3 * 266);
    CHECK(sheet.rows == 62 + 3 * (256 + 34 + 10));
    CHECK(attention.cols == 10 + 6 * 266); // the image and five levels of one encoder

    const auto refused = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"heatmaps", data, "--out", "no.png"});
        const Ran bad = run_bench(folder, arguments);
        CHECK(bad.status == 2);
        CHECK_FALSE(std::filesystem::exists(folder / "no.png"));
        return bad.err;
    };
    CHECK(contains(refused({"--encoder", "missing.safetensors"}), "missing.safetensors"));
    CHECK(contains(refused({"--encoder", "random", "--encoder", "random"}), "random is given twice"));
    CHECK(contains(refused({"--encoder", "random", "--attention", "b.png", "--image-size", "64"}),
                   "no given encoder has context bottlenecks"));
    CHECK(contains(refused({"--encoder", "random", "--set", "heatmaps.layer=9"}), "$.heatmaps.layer is 9"));
}

TEST_CASE("heatmap runs: maps of a single pixel show no place, and are refused before anything is trained", "[unit]") {
    const TempFolder folder;
    json::object plan = plan_text();
    plan["methods"] = json::array{"random"};
    plan["evaluate"].as_object()["image_size"] = 32;
    write_text(folder / "plan.json", json::serialize(plan));
    const Ran ran = run_bench(folder, {"run", "plan.json"});
    INFO(ran.err);
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, "plan.json: $.evaluate.heatmaps: heatmaps from map 5 of 32 pixels are 1 x 1 pixel"));
    const Ran drawn = run_bench(folder, {"heatmaps", finished().prepared().string(), "--encoder", "random", "--out",
                                         "no.png", "--image-size", "32"});
    CHECK(drawn.status == 2);
    CHECK(contains(drawn.err, "frozen: heatmaps from map 5 of 32 pixels are 1 x 1 pixel"));
    CHECK_FALSE(std::filesystem::exists(folder / "no.png"));
}

TEST_CASE("heatmap runs: a plan that asks for heatmaps is refused if no image has a box", "[unit]") {
    const TempFolder folder;
    json::object plan = plan_text();
    auto& images = plan["datasets"].as_object()["images"].as_object(); // SIIM has masks, but no boxes
    images["phantom"].as_object()["layout"] = "siim";
    images["split"] = json::parse(R"({"kind": "patient"})");
    plan["methods"] = json::array{"random"};
    write_text(folder / "plan.json", json::serialize(plan));
    const Ran ran = run_bench(folder, {"run", "plan.json"});
    INFO(ran.err);
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, "$.evaluate.heatmaps is on, but no evaluated dataset (images) has boxes"));
}
