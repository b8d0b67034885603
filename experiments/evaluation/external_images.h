#pragma once

#include "experiments/evaluation/foreign_features.h"
#include "experiments/open_dataset.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// Images of another dataset (the target) on which a probe of this one (the source) is tested.
struct ExternalImages {
    const OpenDataset* target = nullptr;
    std::vector<std::int64_t> images; ///< indices in the target, ascending
    /// The classes that are tested: index in the source, index in the target; in the source's order.
    std::vector<std::pair<std::size_t, std::size_t>> classes;
    std::filesystem::path features;     ///< cache of the target's frozen features; empty: not cached
    std::optional<GivenFeatures> given; ///< the target's features if they do not come from an encoder
    std::optional<Leakage> leakage;     ///< of `images`; nullopt: not audited
};

/// The target's labels of these images in the source's columns, i8 [images, source_classes]; -1 for a class that is not
/// tested.
torch::Tensor labels_in_source(const ExternalImages& external, std::int64_t source_classes);

/// The images for the results file, with the tested classes under the source's names.
ScoredImages scored_images(const ExternalImages& external, const std::vector<std::string>& source_classes);

} // namespace mlvicx
