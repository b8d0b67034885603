#include "experiments/prediction.h"

#include "core/error.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "datasets/prepared_pixels.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// As many images as take about 256 MB, in whole batches of the CPU.
std::size_t images_at_once(std::int64_t side) {
    return static_cast<std::size_t>(std::clamp<std::int64_t>((std::int64_t{256} << 20) / (side * side), 32, 1024));
}

/// Decodes these files.
PredictedFiles read_files(const ModelFacts& facts, std::vector<fs::path> files) {
    PredictedFiles part;
    const auto side = static_cast<int>(facts.prepared_size);
    part.faults.resize(files.size());
    part.images = torch::zeros({std::ssize(files), side, side}, torch::kUInt8);
    auto* pixels = part.images.data_ptr<std::uint8_t>();
    const auto plane = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
    parallel_for(files.size(), 0, [&](std::size_t i) {
        try {
            prepared_pixels(files[i], side, window_from(facts.window))
                .pixels.copyTo(cv::Mat(side, side, CV_8U, pixels + i * plane));
        } catch (const UserError& error) {
            const std::string text = error.what(), name = files[i].string() + ": ";
            part.faults[i] = text.starts_with(name) ? text.substr(name.size()) : text;
        }
    });
    part.files = std::move(files);
    return part;
}

} // namespace

Inference inference_of(const ModelFacts& facts, const torch::Device& device) {
    Inference inference{facts.image_size, device};
    try {
        inference.precision = precision_from(facts.precision, device);
    } catch (const UserError& error) {
        say("{}; fp32 is used, so scores differ from the evaluation's by the rounding of bf16", error.what());
    }
    return inference;
}

void predict_files(SavedModel& model, const std::vector<fs::path>& files, const Inference& inference,
                   const std::function<void(const PredictedFiles&)>& take) {
    const std::size_t step = images_at_once(model.facts.prepared_size);
    Progress progress("predict", std::ssize(files), "images");
    for (std::size_t first = 0; first < files.size(); first += step) {
        const std::size_t last = std::min(first + step, files.size());
        auto part = read_files(model.facts, {files.begin() + static_cast<std::ptrdiff_t>(first),
                                             files.begin() + static_cast<std::ptrdiff_t>(last)});
        std::vector<std::int64_t> good;
        for (std::size_t i = 0; i < part.faults.size(); ++i)
            if (part.faults[i].empty()) good.push_back(static_cast<std::int64_t>(i));
        part.scores = torch::zeros({std::ssize(part.files), std::ssize(model.facts.classes)});
        const auto features = extract_features(*model.encoder, part.images, good, inference);
        part.scores.index_copy_(0, torch::tensor(good, torch::kInt64), model.head.scores(features).cpu());
        take(part);
        progress.advance(static_cast<std::int64_t>(last - first));
    }
}

} // namespace mlvicx
