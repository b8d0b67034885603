#include "results/metrics/segmentation.h"

#include "core/error.h"

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

constexpr std::int64_t exact_floats = std::int64_t{1} << 24;

void require_numbers(std::span<const float> scores) {
    const auto wrong = std::find_if(scores.begin(), scores.end(), [](float score) { return std::isnan(score); });
    if (wrong != scores.end())
        user_error("the segmentation score of pixel {} is not a number; a mask needs numbers",
                   wrong - scores.begin() + 1);
}

/// One image and mask.
struct Pixels {
    double intersection, predicted, truth;
    double dice() const {
        const double both = predicted + truth;
        return both > 0 ? 2 * intersection / both : 1;
    }
    double iou() const {
        const double either = predicted + truth - intersection;
        return either > 0 ? intersection / either : 1;
    }
};

Pixels pixels_at(const PixelCounts& counts, std::size_t i) {
    return {counts.intersection[i], counts.predicted[i], counts.truth[i]};
}

} // namespace

void count_pixels(std::span<const float> scores, std::span<const std::uint8_t> truth, float threshold,
                  PixelCounts& counts) {
    ensure(scores.size() == truth.size(), "count_pixels: a score for every pixel");
    ensure(std::ssize(scores) <= exact_floats, "count_pixels: more pixels than float32 counts exactly");
    require_numbers(scores);
    std::int64_t both = 0, predicted = 0, inside = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const bool is_predicted = scores[i] >= threshold, is_true = truth[i] != 0;
        predicted += is_predicted;
        inside += is_true;
        both += is_predicted && is_true;
    }
    counts.intersection.push_back(static_cast<float>(both));
    counts.predicted.push_back(static_cast<float>(predicted));
    counts.truth.push_back(static_cast<float>(inside));
}

ImageTerms overlap_terms(std::string_view metric, const PixelCounts& counts, std::size_t masks, std::size_t mask) {
    ensure(mask < masks && counts.truth.size() % masks == 0 && counts.predicted.size() == counts.truth.size() &&
               counts.intersection.size() == counts.truth.size(),
           "pixel counts are [images, masks]");
    const bool is_iou = metric.starts_with("iou");
    const auto convention = metric.substr(is_iou ? 3 : 4);
    ImageTerms terms;
    bool present = false;
    for (std::size_t i = mask; i < counts.truth.size(); i += masks) {
        const Pixels image = pixels_at(counts, i);
        ensure(image.intersection >= 0 && image.intersection <= std::min(image.predicted, image.truth),
               "an intersection is within both masks");
        present = present || image.truth > 0;
        if (convention == "_pooled") {
            terms.numerator.push_back(is_iou ? image.intersection : 2 * image.intersection);
            terms.denominator.push_back(image.predicted + image.truth - (is_iou ? image.intersection : 0));
        } else {
            ensure(convention.empty() || convention == "_positives", "not an overlap metric");
            const bool counted = convention.empty() || image.truth > 0;
            terms.numerator.push_back(counted ? (is_iou ? image.iou() : image.dice()) : 0);
            terms.denominator.push_back(counted ? 1 : 0);
        }
    }
    // Decided by the truth only: otherwise the mean over masks would cover different masks for different methods.
    if (convention == "_pooled" && !present) std::fill(terms.denominator.begin(), terms.denominator.end(), 0.0);
    return terms;
}

std::optional<double> ratio_of(const ImageTerms& terms) {
    double above = 0, below = 0;
    for (std::size_t i = 0; i < terms.numerator.size(); ++i) {
        above += terms.numerator[i];
        below += terms.denominator[i];
    }
    return below > 0 ? std::optional(above / below) : std::nullopt;
}

std::vector<MetricTable> segmentation_tables(const PixelCounts& counts, const std::vector<std::string>& masks) {
    std::vector<MetricTable> tables;
    for (const auto metric : overlap_metrics) {
        std::vector<MetricTable::Class> values;
        for (std::size_t m = 0; m < masks.size(); ++m) {
            values.push_back({masks[m], ratio_of(overlap_terms(metric, counts, masks.size(), m)), 0, 0});
            for (std::size_t i = m; i < counts.truth.size(); i += masks.size())
                ++(counts.truth[i] > 0 ? values.back().positives : values.back().negatives);
        }
        tables.push_back(metric_table(std::string(metric), std::move(values)));
    }
    return tables;
}

void ThresholdSearch::add(std::span<const float> scores, std::span<const std::uint8_t> truth) {
    ensure(scores.size() == truth.size(), "ThresholdSearch: a score for every pixel");
    require_numbers(scores);
    for (std::size_t i = 0; i < scores.size(); ++i) {
        auto step = static_cast<std::size_t>(std::clamp(scores[i] * steps, 0.0F, steps - 1.0F));
        if (step > 0 && scores[i] < threshold(step)) --step; // the product may be rounded past a threshold
        if (step + 1 < steps && scores[i] >= threshold(step + 1)) ++step;
        ++all_[step];
        inside_[step] += truth[i] != 0;
    }
}

ThresholdSearch::Choice ThresholdSearch::best() const {
    std::int64_t truth = 0;
    for (const auto count : inside_) truth += count;
    Choice best;
    if (truth == 0) return best;
    std::int64_t predicted = 0, both = 0;
    for (std::size_t k = steps - 1; k > 0; --k) {
        predicted += all_[k];
        both += inside_[k];
        const double dice = 2 * static_cast<double>(both) / static_cast<double>(predicted + truth);
        const auto from_middle = [](float value) { return std::abs(value - 0.5F); };
        const bool nearer = from_middle(threshold(k)) < from_middle(best.threshold);
        if (!best.dice || dice > *best.dice || (dice == *best.dice && nearer)) best = {threshold(k), dice};
    }
    return best;
}

} // namespace mlvicx
