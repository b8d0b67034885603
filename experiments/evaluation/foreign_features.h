#pragma once

#include "core/safetensors.h"
#include "datasets/prepared.h"
#include "methods/device/device.h"

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// Features of a dataset's images that do not come from an encoder of the suite.
struct GivenFeatures {
    torch::Tensor rows;                    ///< [N, F] float32 on the CPU, in the order of the dataset's images
    Precision precision = Precision::fp32; ///< that they were computed or stored in
};

/// A file of features that another program computed (docs/foreign_encoders.md):
///
///     features  F32, F16 or BF16 [n, F]  one row per image
///     ids       U8 [bytes]               the images' names, one per line; or the same text as metadata `ids`
///
/// Metadata `model`, if present, says what computed them. Other tensors and metadata are ignored.
class FeatureFile {
public:
    /// Throws UserError naming the file if a part is missing or has another type or shape, or if a name is empty.
    explicit FeatureFile(const std::filesystem::path& file);

    std::int64_t images() const { return features_.shape[0]; }   ///< n
    std::int64_t features() const { return features_.shape[1]; } ///< F
    const std::string& model() const { return model_; }          ///< empty: the file does not say
    /// Of the values: 16-bit ones of either kind count as bf16.
    Precision precision() const;
    /// SHA-256 over the features (type, shape, bytes) and the names; two files with one digest are the same features.
    std::string digest() const;

    struct Rows {
        GivenFeatures features;
        std::int64_t extra = 0; ///< rows of the file that belong to no image of the dataset
    };
    /// The features of a dataset's images, matched by name (datasets/image_names.h). Throws UserError with counts and
    /// the first names if an image has no row or several, if a name fits several images, or if a value is not finite.
    Rows rows_of(const PreparedDataset& dataset) const;

private:
    const Safetensors file_;
    TensorView features_;
    std::string model_;
    std::vector<std::string> names_; ///< n
};

} // namespace mlvicx
