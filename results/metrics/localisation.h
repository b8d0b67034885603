#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// In pixels of the image; pixel (column i, row j) covers [i, i + 1) x [j, j + 1).
struct PixelBox {
    double x = 0, y = 0, width = 0, height = 0;
};

/// How well one heatmap agrees with the boxes of one finding on one image. Each figure is in 0..1, higher is better.
///
/// A pixel is in a box if its centre is; a box that contains no pixel's centre has the pixel that contains the box's
/// own centre. Negative heat counts as none. A map without any heat counts as uniform heat, so that the figures equal
/// `area` (the pointing game's with the tolerance): the value of a guess.
struct Localisation {
    /// Pointing game (Zhang et al., IJCV 2018): 1 if the hottest pixel is in a box. With several hottest pixels (within
    /// a millionth of the heat) the fraction of them that is.
    double pointing = 0;
    /// Energy-based pointing game (Wang et al., Score-CAM, CVPRW 2020): the fraction of all heat that is in the boxes.
    double energy = 0;
    /// Intersection over union of the boxes and the pixels of at least t, at the best t > 0 for this image: an upper
    /// bound, because the boxes choose t.
    double iou = 0;
    /// The same with t = half of the hottest pixel: nothing is chosen.
    double iou_half = 0;
    double area = 0; ///< fraction of the image that the boxes cover
};

/// `heatmap` [size, size], row by row; one or more boxes. `tolerance`, a fraction of the image's side, widens the boxes
/// for the pointing game only. Throws InternalError if heat is not finite.
Localisation localise(std::span<const float> heatmap, std::int64_t size, std::span<const PixelBox> boxes,
                      double tolerance = 0);

/// The baseline for every heatmap: a Gaussian in the middle of the image whose standard deviation is a quarter of the
/// side. [size, size].
std::vector<float> centre_prior(std::int64_t size);

/// The figures by their names in the results file. The centre prior's are prefixed with "centre_".
struct LocalisationMetric {
    using Field = double Localisation::*;
    const char* name;
    const char* heading; ///< column heading
    Field value;
};
inline constexpr LocalisationMetric localisation_metrics[] = {
    {"pointing_game", "pointing game", &Localisation::pointing},
    {"box_energy", "energy", &Localisation::energy},
    {"box_iou", "IoU, best threshold", &Localisation::iou},
    {"box_iou_half", "IoU, half of the maximum", &Localisation::iou_half}};
inline const std::string centre_prefix = "centre_", area_metric = "box_area";

} // namespace mlvicx
