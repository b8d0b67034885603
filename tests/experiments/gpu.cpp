#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/exact_convolutions.h"
#include "tests/support/toy_evaluation.h"

#include "experiments/evaluation/finetune.h"
#include "experiments/evaluation/heatmaps.h"
#include "experiments/evaluation/knn.h"
#include "experiments/evaluation/linear_probe.h"
#include "experiments/evaluation/segmentation.h"
#include "results/metrics/segmentation.h"
#include "results/store/sqlite.h"

using namespace mlvicx;
using namespace mlvicx::testing;
using torch::Tensor;

namespace {

const torch::Device gpu(torch::kCUDA, 0);

} // namespace

TEST_CASE("gpu: features, probe, neighbours and heatmaps match the CPU's", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    const ExactConvolutions exact;
    const auto data = toy_evaluation(300);
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < 300; ++i) all.push_back(i);
    TinyEncoder encoder;
    const auto features = extract_features(encoder, data.images, all, {32, torch::kCPU, Precision::fp32});
    encoder.to(gpu);
    const auto there = extract_features(encoder, data.images.to(gpu), all, {32, gpu, Precision::fp32});
    CHECK(there.is_cuda());
    CHECK(largest_gap(there.cpu(), features) < 1e-4 * features.abs().max().item<double>());

    const auto expected = evaluate_linear_probe(features, data, {}),
               found = evaluate_linear_probe(features.to(gpu), data, {});
    CHECK(found.details.at("l2") == expected.details.at("l2"));
    CHECK(largest_gap(found.test_scores, expected.test_scores) < 1e-3);
    CHECK(largest_gap(found.validation_scores, expected.validation_scores) < 1e-3);
    const auto near = evaluate_knn(features, data, {}), near_there = evaluate_knn(features.to(gpu), data, {});
    CHECK(near_there.details.at("k") == near.details.at("k"));
    CHECK(largest_gap(near_there.test_scores, near.test_scores) < 1e-3);

    for (const std::int64_t layer : {1, 2}) {
        INFO("layer " << layer);
        const auto maps = [&](const torch::Device& device) {
            encoder.to(device);
            return heatmaps(encoder, expected.head, data.images, {data.test, {0, 1}, layer},
                            {32, device, Precision::fp32});
        };
        const auto cpu = maps(torch::kCPU);
        CHECK(largest_gap(maps(gpu), cpu) < 1e-3 * cpu.max().item<double>());
    }
}

TEST_CASE("gpu: the probe on fewer images than features matches the CPU's", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    auto data = toy_evaluation(300);
    data.train.resize(60);
    const auto features = noise({300, 200}, 70).to(torch::kFloat32) +
                          data.labels.narrow(1, 0, 1).to(torch::kFloat32) * noise({1, 200}, 71).to(torch::kFloat32);
    const auto expected = evaluate_linear_probe(features, data, {}),
               found = evaluate_linear_probe(features.to(gpu), data, {});
    CHECK(found.details.at("l2") == expected.details.at("l2"));
    CHECK(largest_gap(found.test_scores, expected.test_scores) < 1e-3);
}

TEST_CASE("gpu: fine-tuning and segmentation learn", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    auto data = toy_evaluation(300);
    data.images = data.images.to(gpu);
    FinetuneOptions tuning;
    tuning.epochs = 12;
    tuning.batch_size = 16;
    tuning.learning_rate = 0.01;
    TinyEncoder encoder;
    const auto outcome = evaluate_finetuned(encoder, data, tuning, {1, 32, gpu});
    CHECK(*auc_of(outcome.test_scores, rows_of(data.labels, data.test), data.classes).mean > 0.9);

    OpenDataset discs;
    const auto rows = torch::arange(32, torch::kFloat64).unsqueeze(1), columns = torch::arange(32, torch::kFloat64);
    auto grey = 110 + 12 * noise({96, 32, 32}, 401);
    discs.masks = torch::zeros({96, 1, 32, 32}, torch::kUInt8);
    for (std::int64_t i = 0; i < 96; ++i) {
        const auto disc = ((rows - 8 - i % 16).square() + (columns - 8 - i / 6).square()).lt(30);
        grey[i] += 60 * disc.to(torch::kFloat64);
        discs.masks[i][0].copy_(255 * disc.to(torch::kUInt8));
        (i % 4 < 2 ? discs.train : i % 4 == 2 ? discs.validation : discs.test).push_back(i);
    }
    discs.mask_names = {"disc"};
    SegmentationOptions options;
    options.epochs = 12;
    options.batch_size = 8;
    options.learning_rate = 0.01;
    options.decoder_width = 4;
    for (const bool resident : {true, false}) {
        const auto images = grey.clamp(0, 255).to(torch::kUInt8);
        discs.images = resident ? images.to(gpu) : images;
        discs.masks = resident ? discs.masks.to(gpu) : discs.masks.cpu();
        TinyEncoder fresh;
        const auto segmented = evaluate_segmentation(fresh, discs, options, false, {1, 32, gpu});
        CHECK(*segmentation_tables(segmented.test, discs.mask_names)[2].mean > 0.8);
    }
}

TEST_CASE("gpu: a plan runs from nothing to a table, and the second time there is nothing to do", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    const TempFolder folder;
    write_text(folder / "plan.json", R"({
  "name": "tiny",
  "datasets": {"images": {"importer": "phantom", "size": 64, "phantom": {"images": 160, "size": 96, "seed": 3}}},
  "pretrain": {"epochs": 2, "batch_size": 16, "image_size": 64},
  "methods": [{"name": "byol", "hidden": 32, "output": 16},
              {"name": "mlvicx", "hidden": 32, "output": 32, "level_channels": 16}, "random"],
  "evaluate": {"fractions": [1], "image_size": 64, "heatmaps": true, "finetuned": {"epochs": 1, "batch_size": 16},
               "protocols": ["frozen", "knn", "finetuned", "segmentation_finetuned"],
               "segmentation": {"epochs": 1}},
  "seeds": [0]
})");
    const auto first = run_bench(folder, {"run", "plan.json", "--device", "cuda"});
    INFO(first.err);
    REQUIRE(first.status == 0);
    Sqlite db(folder / "results.db", true);
    Statement jobs(db, "SELECT count(*), count(DISTINCT device), min(device) FROM jobs WHERE state = 'done'");
    REQUIRE(jobs.step());
    CHECK(jobs.integer(0) == 2 + 3 * 4);
    CHECK(jobs.integer(1) == 1);
    CHECK(jobs.text(2).find("NVIDIA") != std::string::npos);
    const auto second = run_bench(folder, {"run", "plan.json", "--device", "cuda"});
    CHECK(second.status == 0);
    CHECK(second.err.find("nothing to do") != std::string::npos);
}
