#pragma once

#include "core/config.h"
#include "experiments/evaluation/classification.h"
#include "experiments/evaluation/features.h"

#include <cstdint>
#include <vector>

namespace mlvicx {

struct HeatmapOptions {
    bool on = false;
    std::int64_t layer = 5; ///< the map of Grad-CAM: 1 (after the stem) to 5 (after the last stage), where it is CAM
    double tolerance = 0;   ///< of the pointing game, a share of the image's side (results/metrics/localisation.h)
};
void fields(Fields& f, HeatmapOptions& options); ///< without `on`

/// Class activation maps (Zhou et al., CVPR 2016): `last_map` [N, F, h, w] seen through the head's weights [C, F]:
/// [N, C, h, w] float32. With the bias, their means over all places are the logits.
torch::Tensor class_activation_maps(const torch::Tensor& last_map, const torch::Tensor& weight);

/// Grad-CAM (Selvaraju et al., ICCV 2017) of the logits of `classes` at the encoder's map `layer` (1: the first):
/// ReLU of the map's channels, each weighted by the logit's gradient averaged over all places; [N, classes, h, w]
/// float32, 0 or above. At the last map it is class_activation_maps after ReLU, divided by h w. One pass back for each
/// class. The encoder is in evaluation mode, so that images do not see each other; its gradients are left alone.
torch::Tensor grad_cam(Encoder& encoder, const LinearHead& head, const torch::Tensor& input, std::int64_t layer,
                       const std::vector<std::int64_t>& classes);

/// Which heatmaps are wanted.
struct WantedHeatmaps {
    std::vector<std::int64_t> images;  ///< positions in the dataset
    std::vector<std::int64_t> classes; ///< outputs of the head
    std::int64_t layer = 5;            ///< as in HeatmapOptions
};

/// Heatmaps [images, classes, h, w] float32 on the CPU, 0 or above, of the wanted ones among `images` u8 [N, S, S]:
/// Grad-CAM at `layer`, at the last map from class_activation_maps. Each has a scale of its own. The encoder is on the
/// inference's device and left as it was. Throws Interrupted.
torch::Tensor heatmaps(Encoder& encoder, const LinearHead& head, const torch::Tensor& images,
                       const WantedHeatmaps& wanted, const Inference& inference);

/// A map [h, w] over an image of size x size pixels: bilinear, as Grad-CAM's authors draw it; row by row.
std::vector<float> over_image(const torch::Tensor& map, std::int64_t size);

} // namespace mlvicx
