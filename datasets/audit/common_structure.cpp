#include "datasets/audit/common_structure.h"

#include "core/parallel.h"

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

constexpr std::size_t most = 2048, least = 500; ///< images used
constexpr double alike = 0.9;                   ///< spectra that agree this well count once
constexpr double enough = 0.1;                  ///< of the energy

/// Adds images with structure, evenly spread over the set and not similar to one already chosen.
void add_different(std::span<const ImageSketch> set, std::vector<const ImageSketch*>& chosen) {
    const std::size_t count = std::min(set.size(), most);
    for (std::size_t k = 0; k < count; ++k) {
        const ImageSketch& image = set[k * set.size() / count];
        const bool known = image.blank || std::any_of(chosen.begin(), chosen.end(), [&](const ImageSketch* other) {
                               return std::abs(spectrum_correlation(image, *other)) >= alike;
                           });
        if (!known) chosen.push_back(&image);
    }
}

cv::Mat1f unit_length(const ImageSketch& image) {
    cv::Mat1f spectrum(1, ImageSketch::frequencies);
    for (int i = 0; i < ImageSketch::frequencies; ++i)
        spectrum(0, i) = static_cast<float>(image.spectrum[static_cast<std::size_t>(i)]);
    return spectrum / std::max(cv::norm(spectrum), 1e-6);
}

} // namespace

CommonStructure::CommonStructure(std::span<const ImageSketch> first, std::span<const ImageSketch> second) {
    std::vector<const ImageSketch*> chosen;
    chosen.reserve(2 * most);
    add_different(first, chosen);
    add_different(second, chosen);
    if (chosen.size() < least) return;
    cv::Mat1f spectra(static_cast<int>(chosen.size()), ImageSketch::frequencies);
    for (int i = 0; i < spectra.rows; ++i) unit_length(*chosen[static_cast<std::size_t>(i)]).copyTo(spectra.row(i));
    // Second moments, not covariances: an inverted image has the negated spectrum, which must count the same.
    cv::Mat1f moments, values, axes;
    cv::mulTransposed(spectra, moments, true);
    cv::eigen(moments, values, axes); // descending, one per row
    axes_ = axes.rowRange(0, directions).clone();
}

CommonStructure::Rest CommonStructure::rest_of(const ImageSketch& image) const {
    if (empty()) return {image.spectrum, true};
    const cv::Mat1f spectrum = unit_length(image);
    const cv::Mat1f rest = spectrum - spectrum * axes_.t() * axes_;
    const double length = cv::norm(rest);
    return {in_steps(rest / std::max(length, 1e-6)), length * length >= enough};
}

std::vector<CommonStructure::Rest> CommonStructure::rests_of(std::span<const ImageSketch> images,
                                                             unsigned threads) const {
    std::vector<Rest> rests(images.size());
    parallel_for(images.size(), threads, [&](std::size_t i) { rests[i] = rest_of(images[i]); });
    return rests;
}

} // namespace mlvicx
