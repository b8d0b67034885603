#pragma once

#include <opencv2/core.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mlvicx {

/// What the search for near-duplicates keeps of an image: 4.4 KB, regardless of the image size.
///
/// The thumbnail's local contrast (see local_contrast) is transformed by a 16 x 16 cosine transform; the six lowest
/// frequencies, in which all chest X-rays agree, are dropped. The signs of the coefficients are the hash; the
/// coefficients, weighted by frequency and scaled to unit length, are the spectrum. An inverted image has opposite
/// signs: distances are folded, so MONOCHROME1 and MONOCHROME2 copies match without a second search.
struct ImageSketch {
    static constexpr int side = 64; ///< of the thumbnail
    static constexpr int frequencies = 250;
    static constexpr double steps = 508;       ///< unit length of the spectrum; a coefficient is cut at a quarter of it
    using Hash = std::array<std::uint64_t, 4>; ///< the first `frequencies` bits
    using Spectrum = std::array<std::int8_t, frequencies>;
    std::array<std::uint8_t, static_cast<std::size_t>(side) * side> thumbnail{};
    Hash hash{};
    Spectrum spectrum{};
    bool blank = false;  ///< has no structure (almost uniform grey): cannot be compared
    bool coarse = false; ///< made from an image with fewer pixels than the thumbnail
};

/// `pixels` [side, side], for any side.
ImageSketch sketch_image(std::span<const std::uint8_t> pixels, int side);

/// The thumbnail as float [64, 64] minus the local mean and divided by the local standard deviation, both over a
/// Gaussian of 2 pixels: contrast, gamma and window change it little. Flat areas stay near zero.
cv::Mat1f local_contrast(const ImageSketch& sketch);

/// A spectrum [1, frequencies] of unit length in its stored form.
ImageSketch::Spectrum in_steps(const cv::Mat1f& spectrum);

/// Correlation of two spectra, -1..1; negative if one of the images is inverted.
double spectrum_correlation(const ImageSketch::Spectrum& a, const ImageSketch::Spectrum& b);
inline double spectrum_correlation(const ImageSketch& a, const ImageSketch& b) {
    return spectrum_correlation(a.spectrum, b.spectrum);
}

} // namespace mlvicx
