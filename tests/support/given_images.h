#pragma once

#include "experiments/evaluation/foreign_features.h"
#include "experiments/open_dataset.h"
#include "methods/weights.h"
#include "tests/support/audit_support.h"
#include "tests/support/noise.h"

#include <torch/torch.h>

namespace mlvicx {

/// A prepared dataset of small images whose labels are random, with features that carry them: column c is
/// `signal` x label c + noise; further columns are noise. Half of the images are for training, a quarter each for
/// validation and test. `count` is a multiple of 8.
struct GivenImages {
    OpenDataset data;
    torch::Tensor features; ///< float32 [N, 6]

    GivenImages(const TempFolder& folder, const std::string& name, std::int64_t count, std::uint64_t stream,
                const std::vector<std::string>& classes = {"Mass", "Nodule"}, double signal = 1) {
        const auto width = static_cast<std::int64_t>(classes.size());
        const auto labels = (noise({count, width}, stream) > 0).to(torch::kInt8);
        const auto drawn = drawn_images(static_cast<int>(count), 64, stream); // two per patient
        std::vector<MadeImage> images;
        for (std::int64_t i = 0; i < count; ++i) {
            MadeImage image{drawn[static_cast<std::size_t>(i)],
                            name + std::to_string(i),
                            "p" + std::to_string(i / 2),
                            2 * i < count       ? Split::train
                            : 4 * i < 3 * count ? Split::validation
                                                : Split::test,
                            {}};
            for (std::int64_t c = 0; c < width; ++c) image.labels.push_back(labels[i][c].item<std::int8_t>());
            images.push_back(image);
        }
        data = open_dataset(prepared_images(folder.path, name, images, 64, classes));
        features = noise({count, 6}, stream + 1).to(torch::kFloat32);
        for (std::int64_t c = 0; c < width; ++c) features.select(1, c) += signal * labels.select(1, c);
    }

    /// A file of these features under the images' ids.
    fs::path write(const fs::path& file, const torch::Tensor& rows, const std::vector<std::string>& names,
                   std::map<std::string, std::string> metadata = {}) const {
        std::string ids;
        for (const auto& id : names) ids += id + "\n";
        metadata["ids"] = ids;
        save_tensors(file, {{"features", rows}}, metadata);
        return file;
    }
    fs::path write(const fs::path& file) const { return write(file, features, data.prepared->ids()); }
};

} // namespace mlvicx
