#include "core/json.h"
#include "core/safetensors.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"

#include <fmt/ranges.h>

#include <algorithm>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

const char* const plan_text = R"({
  "name": "bad",
  "datasets": {"images": {"importer": "manifest", "manifest": "images.csv", "size": 32}},
  "pretrain": {"epochs": 1, "batch_size": 2, "image_size": 32},
  "methods": ["random"],
  "evaluate": {"image_size": 32, "protocols": ["frozen"]}
})";

/// A dataset of six images, two per split. These tests never read pixels.
void write_images(const TempFolder& folder, const std::string& header = "path,patient,split,nodule",
                  const std::string& test_label = "1") {
    std::string csv = header + "\n";
    const char* splits[] = {"train", "train", "val", "val", "test", "test"};
    for (int i = 0; i < 6; ++i) {
        const std::string name = fmt::format("image{}.png", i);
        write_text(folder / name, "not looked at");
        const std::string label = i == 5 ? test_label : std::to_string(i % 2);
        csv += fmt::format("{},p{},{},{}\n", name, i, splits[i], label);
    }
    write_text(folder / "images.csv", csv);
}

/// Expects exit status 2, one sentence with these parts on standard error, nothing on standard output and no new file.
void refuses(const TempFolder& folder, const std::vector<std::string>& arguments,
             const std::vector<std::string>& parts) {
    const auto before = names_below(folder);
    const Ran ran = run_bench(folder, arguments);
    INFO(fmt::format("{}", fmt::join(arguments, " ")) << "\n" << ran.out << ran.err);
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    std::string said;
    std::int64_t sentences = 0;
    std::istringstream lines(ran.err);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("mlvicx-bench: ")) {
            ++sentences;
            said = line;
        } else {
            CHECK(line.starts_with("preparing dataset")); // progress; nothing else is allowed
        }
    CHECK(sentences == 1);
    CHECK_FALSE(contains(said, "internal"));
    for (const auto& part : parts) {
        INFO("expected: " << part);
        CHECK(contains(said, part));
    }
    CHECK(names_below(folder) == before);
}

json::object plan_object() {
    return json::parse(plan_text).as_object();
}

void write_plan(const TempFolder& folder, const json::value& plan) {
    write_text(folder / "plan.json", json::serialize(plan));
}

} // namespace

TEST_CASE("bad input: a wrong plan ends with one sentence", "[unit]") {
    const TempFolder folder;
    write_images(folder);
    json::object plan = plan_object();
    SECTION("no such file") {
        refuses(folder, {"run", "nowhere.json"}, {"nowhere.json", "cannot be read"});
    }
    SECTION("not JSON") {
        write_text(folder / "plan.json", "{\"name\": \"x\",\n  oops}");
        refuses(folder, {"run", "plan.json"}, {"plan.json:2:", "not valid JSON"});
    }
    SECTION("unknown key") {
        plan["evalute"] = 1;
        write_plan(folder, plan);
        refuses(folder, {"run", "plan.json"}, {"plan.json", "$.evalute", "unknown key"});
    }
    SECTION("negative rate") {
        plan["pretrain"].as_object()["optimizer"] = json::parse(R"({"learning_rate": -1})");
        write_plan(folder, plan);
        refuses(folder, {"run", "plan.json"}, {"plan.json", "$.pretrain.optimizer.learning_rate", "-1"});
    }
    SECTION("unknown method") {
        plan["methods"] = json::parse(R"(["moco"])");
        write_plan(folder, plan);
        refuses(folder, {"run", "plan.json"}, {"plan.json", "$.methods[0]", "moco", "simclr"});
    }
    SECTION("unset variable") {
        plan["datasets"].as_object()["images"].as_object()["manifest"] = "${MLVICX_NO_SUCH_VARIABLE}/images.csv";
        write_plan(folder, plan);
        refuses(folder, {"run", "plan.json"}, {"$.datasets.images.manifest", "MLVICX_NO_SUCH_VARIABLE"});
    }
    SECTION("unknown filter") {
        write_plan(folder, plan);
        refuses(folder, {"run", "plan.json", "--only", "colour=red"}, {"--only", "colour=red"});
    }
}

TEST_CASE("bad input: what cannot be evaluated is found before anything is decoded", "[unit]") {
    const TempFolder folder;
    write_plan(folder, plan_object());
    SECTION("no class with positives and negatives in the test split") {
        write_images(folder, "path,patient,split,nodule", "0");
        refuses(folder, {"run", "plan.json"},
                {"images", "no class has both positive and negative images", "test split"});
    }
    SECTION("an empty split") {
        write_images(folder);
        write_text(folder / "images.csv", "path,patient,split,nodule\nimage0.png,p0,train,1\nimage1.png,p1,test,0\n");
        refuses(folder, {"run", "plan.json"}, {"images", "val", "split is empty"});
    }
    SECTION("an empty dataset") {
        write_text(folder / "images.csv", "path,patient,split,nodule\n");
        refuses(folder, {"run", "plan.json"}, {"images.csv"});
    }
    SECTION("a renamed column") {
        write_images(folder, "file,patient,split,nodule");
        refuses(folder, {"run", "plan.json"}, {"images.csv", "path"});
    }
    SECTION("missing images") {
        write_images(folder);
        std::filesystem::remove(folder / "image3.png");
        refuses(folder, {"run", "plan.json"}, {"image3.png"});
    }
    SECTION("files that are not images") {
        write_images(folder);
        refuses(folder, {"run", "plan.json"}, {"image"});
    }
    SECTION("more labelled images than there are") {
        write_images(folder);
        json::object plan = plan_object();
        plan["evaluate"].as_object()["fractions"] = json::parse("[500]");
        write_plan(folder, plan);
        refuses(folder, {"run", "plan.json"}, {"$.evaluate.fractions", "500", "has 2"});
    }
    SECTION("a batch larger than the training split") {
        write_images(folder);
        json::object plan = plan_object();
        plan["pretrain"].as_object()["batch_size"] = 64;
        plan["methods"] = json::parse(R"(["byol"])");
        write_plan(folder, plan);
        refuses(folder, {"run", "plan.json"}, {"byol", "64", "has 2"});
    }
}

TEST_CASE("bad input: places and devices that do not exist", "[unit]") {
    const TempFolder folder;
    write_images(folder);
    write_plan(folder, plan_object());
    SECTION("a results file that is not SQLite") {
        write_text(folder / "results.db", "a letter to a friend, long enough to look like something");
        const std::string before = read_text(folder / "results.db");
        refuses(folder, {"run", "plan.json"}, {"results.db"});
        CHECK(read_text(folder / "results.db") == before);
    }
    SECTION("a folder that cannot be written to") {
        refuses(folder, {"run", "plan.json", "--results", "/proc/nowhere/results.db"}, {"/proc/nowhere"});
    }
    SECTION("a file where a folder is needed") {
        refuses(folder, {"run", "plan.json", "--results", "images.csv/results.db"}, {"images.csv"});
    }
    SECTION("a device that does not exist") {
        refuses(folder, {"run", "plan.json", "--device", "cuda:99"}, {"cuda:99"});
        refuses(folder, {"run", "plan.json", "--device", "abacus"}, {"abacus"});
    }
}

TEST_CASE("bad input: weights and prepared files that do not fit", "[unit]") {
    const TempFolder folder;
    write_images(folder);
    json::object plan = plan_object();
    plan["methods"] = json::parse(R"([{"name": "weights", "file": "w.safetensors"}])");
    write_plan(folder, plan);
    const auto write_tensors = [&](const std::vector<TensorInfo>& tensors) {
        SafetensorsWriter writer(folder / "w.safetensors", tensors);
        for (const TensorInfo& tensor : tensors) {
            const std::vector<float> zeros(static_cast<std::size_t>(tensor.elements()));
            writer.write(tensor.name, 0, std::as_bytes(std::span(zeros)));
        }
        writer.commit({});
    };
    const TensorInfo stem{"conv1.weight", DType::f32, {64, 3, 7, 7}};
    SECTION("missing") {
        refuses(folder, {"run", "plan.json"}, {"w.safetensors"});
    }
    SECTION("wrong shape") {
        const auto of = [](const char* name, std::vector<std::int64_t> shape) {
            return TensorInfo{name, DType::f32, std::move(shape)};
        };
        write_tensors({of("conv1.weight", {64, 4, 7, 7}), of("bn1.weight", {64}),
                       of("layer1.0.conv1.weight", {64, 64, 3, 3}), of("layer1.0.conv2.weight", {64, 64, 3, 3})});
        refuses(folder, {"run", "plan.json"}, {"w.safetensors", "[64, 4, 7, 7]", "[64, 3, 7, 7]"});
    }
    SECTION("truncated header") {
        write_tensors({stem});
        std::filesystem::resize_file(folder / "w.safetensors", 20);
        refuses(folder, {"run", "plan.json"}, {"w.safetensors"});
        refuses(folder, {"evaluate", "--data", "w.safetensors", "--encoder", "random"}, {"w.safetensors"});
        refuses(folder, {"export", "--encoder", "w.safetensors", "--out", "x.safetensors"}, {"w.safetensors"});
    }
    SECTION("hostile header") {
        write_text(folder / "w.safetensors", std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10));
        refuses(folder, {"run", "plan.json"}, {"w.safetensors"});
        refuses(folder, {"pretrain", "--data", "w.safetensors", "--method", "byol", "--out", "x"}, {"w.safetensors"});
    }
    SECTION("something else than a prepared dataset") {
        write_tensors({stem});
        refuses(folder, {"evaluate", "--data", "w.safetensors", "--encoder", "random"}, {"w.safetensors"});
    }
}

TEST_CASE("bad input: a single class without positives in the test split is undefined, not an error", "[unit]") {
    const TempFolder folder;
    write_text(folder / "plan.json", R"({
      "name": "one", "datasets": {"images": {"importer": "phantom", "size": 32, "phantom": {"images": 60, "size": 32}}},
      "methods": ["random"], "evaluate": {"image_size": 32, "protocols": ["frozen"], "frozen": {"iterations": 5}}})");
    const Ran ran = run_bench(folder, {"run", "plan.json"});
    INFO(ran.err);
    CHECK(ran.status == 0);
    CHECK(contains(ran.err, "classes")); // "AUC ... over 9 of 14 classes"
}
