#pragma once

#include "results/metrics/metric_table.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

// Overlap of predicted and true masks. A pixel is predicted where its score reaches the mask's threshold.

/// Pixels of every mask of every image, [images, masks] row by row: whole numbers, held as the results file holds them
/// (image metrics `intersection`, `predicted`, `truth`; float32 is exact up to 2^24). All figures are made of these.
struct PixelCounts {
    std::vector<float> intersection, predicted, truth;
};

/// Counts the pixels of one mask of one image and appends them. `truth` is not 0 inside the mask. Throws UserError on a
/// NaN score.
void count_pixels(std::span<const float> scores, std::span<const std::uint8_t> truth, float threshold,
                  PixelCounts& counts);

/// Dice, 2 I / (P + T), and IoU, I / (P + T - I), each in three conventions that answer different questions:
/// `dice`: mean over images, 1 where mask and prediction are both empty, 0 where one of them is; `dice_positives`: mean
/// over the images whose mask is not empty; `dice_pooled`: pixels of all images together.
inline constexpr std::array<std::string_view, 6> overlap_metrics = {"dice", "dice_positives", "dice_pooled",
                                                                    "iou",  "iou_positives",  "iou_pooled"};

/// A figure as a ratio of two sums over images: what a bootstrap of images needs.
struct ImageTerms {
    std::vector<double> numerator, denominator;
};
/// The terms of one of overlap_metrics for mask number `mask` of `masks`.
ImageTerms overlap_terms(std::string_view metric, const PixelCounts& counts, std::size_t masks, std::size_t mask);
/// nullopt where the denominator is 0: without an image, and but for `dice` and `iou` without an image that has the
/// mask.
std::optional<double> ratio_of(const ImageTerms& terms);

/// All overlap_metrics of each mask and their unweighted mean over the masks that have one. `positives` and `negatives`
/// are the images whose mask is not, or is, empty.
std::vector<MetricTable> segmentation_tables(const PixelCounts& counts, const std::vector<std::string>& masks);

/// Chooses a mask's threshold by pooled Dice, which never rewards a model for predicting nothing. Images are added one
/// by one, so that no scores are kept.
class ThresholdSearch {
public:
    /// `scores` 0..1. Throws UserError on a NaN score.
    void add(std::span<const float> scores, std::span<const std::uint8_t> truth);
    struct Choice {
        float threshold = 0.5F;
        std::optional<double> dice; ///< pooled, at this threshold; nullopt where no image's mask has a pixel
    };
    /// The best of 0.05, 0.1, ... 0.95; of equals the one nearest to 0.5; 0.5 where nothing can be chosen by.
    Choice best() const;

private:
    static constexpr std::size_t steps = 20;
    static float threshold(std::size_t k) { return static_cast<float>(k) / steps; }
    /// Pixels whose score lies from threshold k up to the next; of all and of those in the mask.
    std::array<std::int64_t, steps> all_{}, inside_{};
};

} // namespace mlvicx
