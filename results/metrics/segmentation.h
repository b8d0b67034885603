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

/// Pixels of every mask of every image, [images, masks] row by row: integers, stored as in the results file (image
/// metrics `intersection`, `predicted`, `truth`; float32 is exact up to 2^24). All figures are computed from these.
struct PixelCounts {
    std::vector<float> intersection, predicted, truth;
};

/// Counts the pixels of one mask of one image and appends them. `truth` is non-zero inside the mask. Throws UserError
/// on a NaN score.
void count_pixels(std::span<const float> scores, std::span<const std::uint8_t> truth, float threshold,
                  PixelCounts& counts);

/// Dice, 2 I / (P + T), and IoU, I / (P + T - I), each in three conventions that answer different questions: `dice`:
/// mean over images, 1 if mask and prediction are both empty, 0 if one of them is; `dice_positives`: mean over the
/// images whose mask is not empty; `dice_pooled`: pixels of all images together.
inline constexpr std::array<std::string_view, 6> overlap_metrics = {"dice", "dice_positives", "dice_pooled",
                                                                    "iou",  "iou_positives",  "iou_pooled"};

/// A metric as a ratio of two sums over images: what a bootstrap of images needs.
struct ImageTerms {
    std::vector<double> numerator, denominator;
};
/// The terms of one of overlap_metrics for mask index `mask` of `masks`.
ImageTerms overlap_terms(std::string_view metric, const PixelCounts& counts, std::size_t masks, std::size_t mask);
/// nullopt if the denominator is 0: without images, and except for `dice` and `iou` without an image that has the mask.
std::optional<double> ratio_of(const ImageTerms& terms);

/// All overlap_metrics of each mask and their unweighted mean over the masks that have one. `positives` and `negatives`
/// count the images with and without a mask.
std::vector<MetricTable> segmentation_tables(const PixelCounts& counts, const std::vector<std::string>& masks);

/// Chooses a mask's threshold by pooled Dice, which never rewards a model for predicting nothing. Images are added one
/// by one, so no scores are kept.
class ThresholdSearch {
public:
    /// `scores` 0..1. Throws UserError on a NaN score.
    void add(std::span<const float> scores, std::span<const std::uint8_t> truth);
    struct Choice {
        float threshold = 0.5F;
        std::optional<double> dice; ///< pooled, at this threshold; nullopt if all masks are empty
    };
    /// The best of 0.05, 0.1, ... 0.95; ties go to the one nearest 0.5; 0.5 if there is nothing to choose by.
    Choice best() const;

private:
    static constexpr std::size_t steps = 20;
    static float threshold(std::size_t k) { return static_cast<float>(k) / steps; }
    /// Pixels whose score is from threshold k up to the next: all of them, and those in the mask.
    std::array<std::int64_t, steps> all_{}, inside_{};
};

} // namespace mlvicx
