#include "tests/support/emulated_kernels.h"

#include "tests/support/bench_process.h"
#include "tests/support/catch.h"
#include "tests/support/tiny_encoder.h"

#include "core/error.h"
#include "datasets/importers/manifest.h"
#include "datasets/phantom/phantom.h"
#include "experiments/evaluation/evaluation.h"
#include "experiments/evaluation/segmentation.h"
#include "experiments/figures/segmentation_sheet.h"
#include "experiments/runner/jobs.h"
#include "methods/device/graph_recorder.h"
#include "methods/weights.h"
#include "results/metrics/segmentation.h"

#include <opencv2/imgcodecs.hpp>

#include <numeric>

using namespace mlvicx;
using namespace mlvicx::testing;
using torch::Tensor;

namespace {

/// Noisy images of 32 x 32, each with a dark bar ("bar"), three of four with a bright disc ("disc").
OpenDataset drawn_discs(std::int64_t images, std::int64_t labelled) {
    OpenDataset data;
    auto grey = 110 + 12 * noise({images, 32, 32}, 401);
    data.masks = torch::zeros({images, 2, 32, 32}, torch::kUInt8);
    const auto place = (noise({images, 3}, 402) + 1) / 2;
    const auto rows = torch::arange(32, torch::kFloat64).unsqueeze(1), columns = torch::arange(32, torch::kFloat64);
    for (std::int64_t i = 0; i < images; ++i) {
        const auto at = [&](std::int64_t k) { return place[i][k].item<double>(); };
        const auto disc = ((rows - 8 - 16 * at(0)).square() + (columns - 8 - 16 * at(1)).square()).lt(30);
        const auto bar = (rows - std::floor(3 + 24 * at(2))).abs().lt(2).expand({32, 32});
        grey[i] -= 60 * bar.to(torch::kFloat64);
        data.masks[i][1].copy_(255 * bar.to(torch::kUInt8));
        if (i % 4 == 3) continue;
        grey[i] += 60 * disc.to(torch::kFloat64);
        data.masks[i][0].copy_(255 * disc.to(torch::kUInt8));
    }
    data.images = grey.clamp(0, 255).to(torch::kUInt8);
    data.mask_names = {"disc", "bar"};
    for (std::int64_t i = 0; i < images; ++i)
        (i < images / 2 ? data.train : i < 3 * images / 4 ? data.validation : data.test).push_back(i);
    data.train.resize(static_cast<std::size_t>(labelled));
    return data;
}

SegmentationOptions quick() {
    SegmentationOptions options;
    options.epochs = 12;
    options.batch_size = 8;
    options.learning_rate = 0.01;
    options.decoder_width = 4;
    options.precision = "fp32";
    return options;
}

double pooled_dice(const PixelCounts& counts, const std::vector<std::string>& names) {
    return *segmentation_tables(counts, names)[2].mean;
}

std::vector<double> training_losses(const SegmentationOutcome& outcome) {
    std::vector<double> losses;
    for (const auto& point : outcome.curves)
        if (point.name == "train_loss") losses.push_back(point.value);
    return losses;
}

Tensor all_state(const torch::nn::Module& module) {
    std::vector<Tensor> flat;
    for (const auto& tensor : module.parameters()) flat.push_back(tensor.detach().flatten());
    for (const auto& tensor : module.buffers()) flat.push_back(tensor.detach().flatten().to(torch::kFloat32));
    return torch::cat(flat).clone();
}

} // namespace

TEST_CASE("segmentation: learns what chance cannot, with a frozen encoder and with a trained one", "[unit]") {
    const auto data = drawn_discs(96, 48);
    for (const bool frozen : {true, false}) {
        TinyEncoder encoder;
        const auto before = all_state(encoder);
        const auto outcome = evaluate_segmentation(encoder, data, quick(), frozen, {1, 32, torch::kCPU});
        INFO((frozen ? "frozen" : "fine-tuned"));
        // Predicting "everywhere" has a pooled Dice of about 0.2.
        CHECK(pooled_dice(outcome.test, data.mask_names) > 0.75);
        CHECK(outcome.test.truth.size() == data.test.size() * 2);
        CHECK(outcome.validation.truth.size() == data.validation.size() * 2);
        CHECK(outcome.details.at("validation_dice").as_double() ==
              Approx(pooled_dice(outcome.validation, data.mask_names)).epsilon(1e-6));
        // The encoder is really frozen: no bit of its weights or statistics has changed, and no gradient was computed.
        CHECK(all_state(encoder).equal(before) == frozen);
        for (const auto& parameter : encoder.parameters()) CHECK(parameter.grad().defined() != frozen);
        CHECK_FALSE(encoder.is_training());
        CHECK_FALSE(outcome.decoder->is_training());
        double truth = 0; // no pixel is lost: the counts are those of the masks
        for (const float pixels : outcome.test.truth) truth += static_cast<double>(pixels);
        CHECK(truth == rows_of(data.masks, data.test).gt(0).sum().item<double>());
    }
}

TEST_CASE("segmentation: recorded steps give the same counts and curves, whatever the last batch's size", "[unit]") {
    const auto data = drawn_discs(60, 28); // batches of 8, 8, 8 and 4
    auto options = quick();
    options.epochs = 4;
    const EmulatedGpu gpu(GENERATE(false, true)); // with the views' and the update's kernels in the recorded work
    TinyEncoder plain, recorded;
    const auto expected = evaluate_segmentation(plain, data, options, false, {1, 32, torch::kCPU});
    const EmulatedGraphs emulated;
    const auto found = evaluate_segmentation(recorded, data, options, false, {1, 32, torch::kCPU});
    CHECK(EmulatedGraphs::replays() == 3 * 4 - 3); // four epochs' full batches without the first three
    CHECK(found.test.predicted == expected.test.predicted);
    CHECK(training_losses(found) == training_losses(expected));
    CHECK(torch::equal(all_state(recorded), all_state(plain)));
}

TEST_CASE("segmentation: masks of a file without the empty ones are those of the dataset, also collected ahead",
          "[unit]") {
    const TempFolder folder;
    ImportOptions import;
    import.importer = "phantom";
    import.root = folder / "root";
    import.size = 32;
    import.own<PhantomOptions>().images = 48;
    import.own<PhantomOptions>().size = 48;
    prepare_dataset(import, folder / "p.safetensors");
    const auto data = open_dataset(folder / "p.safetensors");
    REQUIRE(data.masks.dim() == 3);
    const auto all = data.masks_of(data.train, torch::kCPU);
    double shown = 0;
    for (std::int64_t i = 0; i < all.size(0); ++i) {
        const auto expected = data.prepared->masks(data.train[static_cast<std::size_t>(i)]);
        REQUIRE(all[i].numel() == std::ssize(expected));
        CHECK(std::equal(expected.begin(), expected.end(), all[i].data_ptr<std::uint8_t>()));
        shown += all[i].any().item<bool>();
    }
    CHECK(shown > 0);
    CHECK(shown < static_cast<double>(all.size(0)));

    auto whole = data; // with the empty ones
    std::vector<std::int64_t> every(static_cast<std::size_t>(data.images.size(0)));
    std::iota(every.begin(), every.end(), 0);
    whole.masks = data.masks_of(every, torch::kCPU);
    auto options = quick();
    options.epochs = 2;
    TinyEncoder first, second;
    const auto found = evaluate_segmentation(first, data, options, false, {1, 32, torch::kCPU});
    const auto expected = evaluate_segmentation(second, whole, options, false, {1, 32, torch::kCPU});
    CHECK(training_losses(found) == training_losses(expected));
    CHECK(found.test.intersection == expected.test.intersection);
    CHECK(torch::equal(all_state(first), all_state(second)));
}

TEST_CASE("segmentation: a function of its seed, and the best epoch is restored", "[unit]") {
    const auto data = drawn_discs(48, 12);
    auto options = quick();
    options.epochs = 8;
    options.patience = 2;
    options.learning_rate = 0.05; // high enough to get worse after the best epoch
    std::vector<PixelCounts> counts;
    for (const std::uint64_t seed : {5, 5, 6}) {
        TinyEncoder encoder;
        const auto outcome = evaluate_segmentation(encoder, data, options, false, {seed, 32, torch::kCPU});
        counts.push_back(outcome.test);
        std::vector<double> dice;
        for (const auto& point : outcome.curves)
            if (point.name == "validation_dice") dice.push_back(point.value);
        const auto best = std::max_element(dice.begin(), dice.end());
        CHECK(outcome.details.at("best_epoch").as_int64() == best - dice.begin());
        CHECK(pooled_dice(outcome.validation, data.mask_names) == Approx(*best).epsilon(1e-6));
    }
    CHECK(counts[0].intersection == counts[1].intersection);
    CHECK(counts[0].predicted == counts[1].predicted);
    CHECK(counts[0].predicted != counts[2].predicted);
}

TEST_CASE("segmentation: probabilities do not depend on the other images, and the counts are theirs", "[unit]") {
    const auto data = drawn_discs(48, 12);
    auto options = quick();
    options.epochs = 1;
    TinyEncoder encoder;
    const auto outcome = evaluate_segmentation(encoder, data, options, true, {1, 32, torch::kCPU});
    const auto all = segment(encoder, *outcome.decoder, data.images, data.test, {32, torch::kCPU, Precision::fp32});
    const auto one =
        segment(encoder, *outcome.decoder, data.images, {data.test[7]}, {32, torch::kCPU, Precision::fp32});
    CHECK(all[7].equal(one[0]));
    for (std::size_t m = 0; m < 2; ++m) {
        const auto predicted = all[7][static_cast<std::int64_t>(m)].ge(outcome.thresholds[m]).sum().item<float>();
        CHECK(outcome.test.predicted[7 * 2 + m] == predicted);
    }
    // Masks of another size are counted at the size that the encoder sees.
    const auto coarse = masks_at(data.masks, 16);
    CHECK(coarse.sizes() == torch::IntArrayRef({48, 2, 16, 16}));
    CHECK(masks_at(data.masks, 32).equal(data.masks));
    const auto share =
        [](const Tensor& masks) { // of the discs, which are 11 pixels wide; a bar is too thin to keep its area
            return masks.select(1, 0).gt(0).to(torch::kFloat64).mean().item<double>();
        };
    CHECK(share(coarse) == Approx(share(data.masks)).epsilon(0.15));
    CHECK(coarse.gt(0).logical_and(coarse.lt(255)).sum().item<int>() == 0);
}

TEST_CASE("segmentation: lungs and heart of real images are found after a few epochs", "[real]") {
    const char* root = std::getenv("MLVICX_REAL_DATA");
    if (!root) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const TempFolder folder;
    ImportOptions import; // what plans/jsrt.json imports, smaller
    import.importer = "manifest";
    import.own<ManifestOptions>().file = std::string(MLVICX_SOURCE) + "/experiments/plans/jsrt.csv";
    import.root = std::string(root) + "/jsrt";
    import.own<ManifestOptions>().labels = {"nodule"};
    import.split.kind = "patient";
    import.size = 64;
    prepare_dataset(import, folder / "jsrt.safetensors");
    const auto data = open_dataset(folder / "jsrt.safetensors");
    EvaluationJob job;
    const std::string protocol = "segmentation_finetuned";
    job.protocol = &protocol_entry(protocol);
    job.options.image_size = 64;
    auto& options = job.options.of<SegmentationOptions>(protocol);
    options.epochs = 10;
    options.batch_size = 8;
    options.learning_rate = 3e-3;
    options.decoder_width = 16;
    options.flip = 0;
    job.encoder = [] { return initial_encoder("resnet18", 0); };
    job.sheet = folder / "sheet.png";
    const auto result = evaluate_encoder(data, job);
    const auto& dice = result.test.front();
    CHECK(result.image_metrics.front().images.ids.size() == 58);
    for (const std::size_t mask : {0, 1, 2}) { // lungs, heart
        INFO(dice.classes[mask].name << " " << *dice.classes[mask].value);
        CHECK(*dice.classes[mask].value > 0.8);
    }
    CHECK(std::filesystem::file_size(job.sheet) > 50'000);
}

TEST_CASE("segmentation: rejected input", "[unit]") {
    TinyEncoder encoder;
    CHECK_THROWS_AS(evaluate_segmentation(encoder, drawn_discs(24, 1), quick(), false, {1, 32, torch::kCPU}),
                    UserError);
    auto options = quick();
    options.learning_rate = 1e30;
    CHECK_THROWS_AS(evaluate_segmentation(encoder, drawn_discs(24, 12), options, false, {1, 32, torch::kCPU}),
                    UserError);
}

TEST_CASE("segmentation figure: best, median and worst image that has a mask", "[unit]") {
    // Dice 0.5, none, 1, 0, 0.8.
    const PixelCounts counts{{5, 0, 9, 0, 8}, {10, 0, 9, 3, 10}, {10, 0, 9, 4, 10}};
    CHECK(telling_images(counts, 1) == std::vector<std::size_t>{2, 4, 3});
    CHECK(telling_images({{0}, {0}, {5}}, 1) == std::vector<std::size_t>{0});
    CHECK(telling_images({{0, 0}, {1, 0}, {0, 0}}, 1).empty());
    CHECK(telling_images({{5, 0, 4, 0}, {5, 0, 8, 0}, {5, 0, 8, 2}}, 2) == std::vector<std::size_t>{0, 1});
}
