#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// In pixels of the image, whose pixel (column i, row j) covers [i, i + 1) x [j, j + 1).
struct PixelBox {
    double x = 0, y = 0, width = 0, height = 0;
};

/// How one heatmap agrees with the boxes of one finding on one image. Each figure is in 0..1, more is better.
///
/// A pixel is in a box where its middle is; a box without the middle of a pixel has the pixel that its own middle is
/// in. Negative heat counts as none. A map without any heat says nothing and counts as the same heat everywhere, so
/// that the figures are `area` (the pointing game's with the tolerance): what a guess is worth.
struct Localisation {
    /// Pointing game (Zhang et al., IJCV 2018): 1 where the hottest pixel is in a box. Of several hottest pixels
    /// (within a millionth of the heat) the share that is.
    double pointing = 0;
    /// Energy-based pointing game (Wang et al., Score-CAM, CVPRW 2020): the share of all heat that is in the boxes.
    double energy = 0;
    /// Intersection over union of the boxes and the pixels of at least t, at the best t > 0 for this image: an upper
    /// bound, for the boxes choose t.
    double iou = 0;
    /// The same where t is half of the hottest pixel: nothing is chosen.
    double iou_half = 0;
    double area = 0; ///< share of the image that the boxes cover
};

/// `heatmap` [size, size], row by row; boxes one or more. `tolerance`, a share of the image's side, widens the boxes
/// for the pointing game alone. Throws InternalError where heat is not finite.
Localisation localise(std::span<const float> heatmap, std::int64_t size, std::span<const PixelBox> boxes,
                      double tolerance = 0);

/// What every heatmap has to beat: a Gaussian in the middle of the image, with a quarter of the side as its standard
/// deviation. [size, size].
std::vector<float> centre_prior(std::int64_t size);

/// The figures under their names in the results file. The centre prior's have "centre_" before their name.
struct LocalisationMetric {
    using Field = double Localisation::*;
    const char* name;
    const char* heading; ///< of its column
    Field value;
};
inline constexpr LocalisationMetric localisation_metrics[] = {
    {"pointing_game", "pointing game", &Localisation::pointing},
    {"box_energy", "energy", &Localisation::energy},
    {"box_iou", "IoU, best threshold", &Localisation::iou},
    {"box_iou_half", "IoU, half of the maximum", &Localisation::iou_half}};
inline const std::string centre_prefix = "centre_", area_metric = "box_area";

} // namespace mlvicx
