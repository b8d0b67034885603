#include "experiments/evaluation/evaluation.h"
#include "experiments/method_table.h"
#include "methods/weights.h"
#include "results/store/sqlite.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/given_images.h"
#include "tests/support/python.h"

#include <cmath>
#include <cstdlib>
#include <limits>

using namespace mlvicx;
using mlvicx::testing::python;
using mlvicx::testing::python_lacks;
using mlvicx::testing::Ran;
using mlvicx::testing::run_bench;

namespace {

double mean_auc(const TempFolder& folder, const std::string& results, const std::string& label) {
    Sqlite db(folder / results, true);
    Statement query(db, "SELECT auc FROM evaluations WHERE method = ?");
    query.bind(1, label);
    REQUIRE(query.step());
    return query.real(0);
}

std::string hash_in(const TempFolder& folder, const std::string& results) {
    Sqlite db(folder / results, true);
    Statement query(db, "SELECT hash FROM jobs");
    REQUIRE(query.step());
    return query.text(0);
}

bool runs(const std::string& command) {
    return std::system((command + " > /dev/null 2>&1").c_str()) == 0;
}

} // namespace

TEST_CASE("foreign features: rows are found by name, in any order, with or without folders and suffix", "[unit]") {
    const TempFolder folder;
    const GivenImages images(folder, "a", 16, 70);
    const auto& ids = images.data.prepared->ids();
    std::vector<std::string> names;
    for (std::size_t i = ids.size(); i-- > 0;)
        names.push_back(i % 3 == 0 ? "left/right/" + ids[i] + ".png" : i % 3 == 1 ? ids[i] + ".DCM" : ids[i]);
    names.push_back("of another dataset");
    const auto rows = torch::cat({images.features.flip(0), torch::full({1, 6}, 7.0F)});
    for (const auto type : {torch::kFloat32, torch::kFloat16, torch::kBFloat16}) {
        const FeatureFile file(images.write(folder / "f.safetensors", rows.to(type), names, {{"model", "mine"}}));
        CHECK(file.images() == 17);
        CHECK(file.features() == 6);
        CHECK(file.model() == "mine");
        CHECK(file.precision() == (type == torch::kFloat32 ? Precision::fp32 : Precision::bf16));
        const auto found = file.rows_of(*images.data.prepared);
        CHECK(found.extra == 1);
        CHECK(found.features.rows.scalar_type() == torch::kFloat32);
        CHECK(torch::equal(found.features.rows, images.features.to(type).to(torch::kFloat32)));
    }
    // As bytes of a tensor instead of metadata.
    std::string text;
    for (const auto& id : ids) text += id + "\n";
    const auto bytes = torch::from_blob(text.data(), {static_cast<std::int64_t>(text.size())}, torch::kUInt8);
    save_tensors(folder / "t.safetensors", {{"features", images.features}, {"ids", bytes}}, {});
    const FeatureFile as_tensor(folder / "t.safetensors"), as_metadata(images.write(folder / "m.safetensors"));
    CHECK(torch::equal(as_tensor.rows_of(*images.data.prepared).features.rows, images.features));
    CHECK(as_tensor.digest() == as_metadata.digest());
    CHECK(as_tensor.digest() != FeatureFile(folder / "f.safetensors").digest());
}

TEST_CASE("foreign features: a wrong file ends with one sentence", "[unit]") {
    const TempFolder folder;
    const GivenImages images(folder, "a", 16, 70);
    const auto ids = images.data.prepared->ids();
    const auto refused = [&](const torch::Tensor& rows, const std::vector<std::string>& names) {
        return message_of(
            [&] { FeatureFile(images.write(folder / "f.safetensors", rows, names)).rows_of(*images.data.prepared); });
    };
    const auto some = std::vector<std::string>(ids.begin() + 2, ids.end());
    CHECK(contains(refused(images.features.narrow(0, 2, 14), some),
                   "f.safetensors: 2 of 16 images of " + (folder / "a.safetensors").string() + " have no row: a0, a1"));
    auto twice = ids;
    twice.push_back("x/a3.png");
    CHECK(contains(refused(torch::cat({images.features, images.features.narrow(0, 3, 1)}), twice),
                   "1 of 17 rows are of images that already have one: a3 and x/a3.png"));
    for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
        auto wrong = images.features.clone();
        wrong[4][1] = wrong[7][0] = value;
        CHECK(contains(refused(wrong, ids), "the features of 2 of 16 images of"));
        CHECK(contains(refused(wrong, ids), "are not all finite: a4, a7"));
    }
    CHECK(contains(refused(images.features, some), "\"ids\" has 14 lines for 16 rows"));
    CHECK(contains(refused(images.features.to(torch::kFloat64), ids), "is of type F64, expected F32, F16 or BF16"));
    CHECK(
        contains(refused(images.features.unsqueeze(1), ids), "has the shape [16, 1, 6], expected [images, features]"));
    CHECK(contains(refused(torch::empty({16, 0}), ids), "has the shape [16, 0]"));
    auto empty = ids;
    empty[5] = " ";
    CHECK(contains(refused(images.features, empty), "line 6 of \"ids\" is empty"));
    const auto written = [&](const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
        save_tensors(folder / "f.safetensors", tensors, metadata);
        return message_of([&] { const FeatureFile file(folder / "f.safetensors"); });
    };
    CHECK(contains(written({{"embeddings", images.features}}, {{"ids", "a"}}), "has no tensor \"features\""));
    CHECK(contains(written({{"embeddings", images.features}}, {{"ids", "a"}}), "it has embeddings"));
    CHECK(contains(written({{"features", images.features}}, {}), "neither a tensor nor metadata \"ids\""));
    CHECK(contains(written({{"features", images.features}, {"ids", torch::zeros({3}, torch::kUInt8)}}, {{"ids", "a"}}),
                   "has the images' names twice"));
    CHECK(contains(written({{"features", images.features}, {"ids", torch::zeros({3})}}, {}), "ids"));
}

TEST_CASE("foreign features: they get the figures that the same features have as an encoder's", "[unit]") {
    const TempFolder folder;
    const auto ran = [&](std::vector<std::string> arguments) {
        const Ran done = run_bench(folder, arguments);
        INFO(done.err);
        REQUIRE(done.status == 0);
        return done;
    };
    ran({"phantom", "--layout", "nih", "--out", "nih", "--images", "120", "--size", "48"});
    ran({"prepare", "--dataset", "nih", "--root", "nih", "--size", "32", "--out", "nih.safetensors"});
    const std::vector<std::string> common = {"evaluate", "--data",         "nih.safetensors",
                                             "--set",    "precision=fp32", "--results"};
    const auto evaluate = [&](const std::string& results, std::vector<std::string> more) {
        auto all = common;
        all.push_back(results);
        all.insert(all.end(), more.begin(), more.end());
        return ran(all);
    };
    evaluate("network.db", {"--encoder", "random", "--image-size", "32"});
    const OpenDataset data = open_dataset(folder / "nih.safetensors");
    std::vector<std::int64_t> all(static_cast<std::size_t>(data.prepared->size()));
    std::iota(all.begin(), all.end(), 0);
    const auto features =
        extract_features(*initial_encoder("resnet18", 0), data.images, all, {32, torch::kCPU, Precision::fp32});
    std::string ids;
    for (const auto& id : data.prepared->ids()) ids += fs::path(id).stem().string() + "\n";
    save_tensors(folder / "f.safetensors", {{"features", features}}, {{"ids", ids}, {"model", "a copy"}});
    evaluate("features.db", {"--features", "f.safetensors"});
    CHECK(mean_auc(folder, "features.db", "f") == Approx(mean_auc(folder, "network.db", "random")).margin(1e-6));
    // Its identity is its content: not its name, and not the size that an encoder would see.
    fs::rename(folder / "f.safetensors", folder / "g.safetensors");
    evaluate("again.db", {"--features", "g.safetensors", "--image-size", "64"});
    CHECK(hash_in(folder, "again.db") == hash_in(folder, "features.db"));
    Sqlite db(folder / "again.db", true);
    Statement query(db, "SELECT json_extract(details, '$.weights.method'), json_extract(details, '$.weights.digest'), "
                        "json_extract(config, '$.encoder') FROM jobs");
    REQUIRE(query.step());
    CHECK(query.text(0) == "a copy");
    CHECK(query.text(1) == FeatureFile(folder / "g.safetensors").digest());
    CHECK(query.text(2) == "features");
    for (const char* protocol : {"finetuned", "segmentation_frozen"}) {
        const Ran refused = run_bench(
            folder, {"evaluate", "--data", "nih.safetensors", "--features", "g.safetensors", "--protocol", protocol});
        CHECK(refused.status == 2);
        CHECK(contains(refused.err, "is not possible for features, which have no network; expected frozen or knn"));
    }
    evaluate("knn.db", {"--features", "g.safetensors", "--protocol", "knn"});
    CHECK(run_bench(folder, {"evaluate", "--data", "nih.safetensors"}).status == 2);
    CHECK(
        run_bench(folder, {"evaluate", "--data", "nih.safetensors", "--encoder", "random", "--features", "g"}).status ==
        2);
}

TEST_CASE("foreign features: the documentation shows the example that is in the repository", "[unit]") {
    const fs::path source = MLVICX_SOURCE;
    const std::string page = read_text(source / "docs/foreign_encoders.md");
    std::istringstream lines(read_text(source / "examples/features_of_folder.py"));
    std::string indented;
    for (std::string line; std::getline(lines, line);) indented += (line.empty() ? "" : "    " + line) + "\n";
    CHECK(contains(page, indented));
}

TEST_CASE("foreign features: torchvision's ResNet-18 on 200 real images has the AUC of --encoder with its weights",
          "[real]") {
    const char* real = std::getenv("MLVICX_REAL_DATA");
    if (real == nullptr) SKIP_TEST("MLVICX_REAL_DATA is not set");
    if (const auto lacks = python_lacks("torch, torchvision, safetensors"); !lacks.empty()) SKIP_TEST(lacks.c_str());
    const TempFolder folder;
    const auto tables = fs::path(real) / "metadata/nih";
    // 200 images in two halves, as the folder has them: patients of both are in all splits.
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(fs::path(real) / "nih1000/images")) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    fs::create_directory(folder / "images");
    for (std::size_t i = 0; i < files.size(); i += 5)
        fs::create_symlink(files[i], folder / "images" / files[i].filename());
    const auto ran = [&](std::vector<std::string> arguments) {
        const Ran done = run_bench(folder, arguments);
        INFO(done.err);
        REQUIRE(done.status == 0);
    };
    ran({"prepare", "--dataset", "nih", "--root", "images", "--metadata", tables.string(), "--allow-missing", "--split",
         "patient", "--size", "96", "--out", "nih.safetensors"});
    CHECK(PreparedDataset(folder / "nih.safetensors").size() == 200);
    const std::string in_folder = "cd " + folder.path.string() + " && " + python() + " ";
    const std::string with_module =
        "cd " + folder.path.string() + " && PYTHONPATH=" MLVICX_SOURCE "/packaging/python " + python() + " ";
    REQUIRE(runs(in_folder + "-c \"import torch, torchvision; from safetensors.torch import save_file; "
                             "torch.manual_seed(0); save_file(torchvision.models.resnet18().state_dict(), "
                             "'weights.safetensors')\""));
    REQUIRE(runs(with_module + MLVICX_SOURCE "/examples/features_of_prepared.py nih.safetensors weights.safetensors "
                                             "features.safetensors"));
    for (const std::string protocol : {"frozen", "knn"}) {
        const std::vector<std::string> common = {
            "evaluate", "--data", "nih.safetensors", "--image-size", "96",        "--protocol",
            protocol,   "--set",  "precision=fp32",  "--results",    "results.db"};
        auto network = common, features = common;
        for (const char* word : {"--encoder", "weights.safetensors", "--label"}) network.emplace_back(word);
        for (const char* word : {"--features", "features.safetensors", "--label"}) features.emplace_back(word);
        network.push_back("network " + protocol);
        features.push_back("features " + protocol);
        ran(network);
        ran(features);
        const double with = mean_auc(folder, "results.db", "network " + protocol);
        const double without = mean_auc(folder, "results.db", "features " + protocol);
        INFO(protocol << ": " << with << " and " << without);
        CHECK(std::abs(with - without) < 1e-3);
    }
}
