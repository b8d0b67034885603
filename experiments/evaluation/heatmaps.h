#pragma once

#include "core/config.h"
#include "experiments/evaluation/classification.h"
#include "experiments/evaluation/features.h"

#include <cstdint>
#include <vector>

namespace mlvicx {

struct HeatmapOptions {
    bool on = false;
    std::int64_t layer = 5; ///< map for Grad-CAM: 1 (after the stem) to 5 (after the last stage), which gives CAM
    double tolerance = 0; ///< of the pointing game, as a fraction of the image's side (results/metrics/localisation.h)
};
void fields(Fields& f, HeatmapOptions& options); ///< without `on`

/// Class activation maps (Zhou et al., CVPR 2016): `last_map` [N, F, h, w] weighted by the head's weights [C, F]:
/// [N, C, h, w] float32. Their means over all positions, plus the bias, are the logits.
torch::Tensor class_activation_maps(const torch::Tensor& last_map, const torch::Tensor& weight);

/// Grad-CAM (Selvaraju et al., ICCV 2017) for the logits of `classes` at the encoder's map `layer` (1: the first): ReLU
/// of the sum of the map's channels, each weighted by the logit's gradient averaged over all positions;
/// [N, classes, h, w] float32, 0 or above. At the last map it is class_activation_maps after ReLU, divided by h w.
/// Takes one backward pass per class. The encoder must be in evaluation mode, so that images do not affect each other;
/// its gradients are left alone.
torch::Tensor grad_cam(Encoder& encoder, const LinearHead& head, const torch::Tensor& input, std::int64_t layer,
                       const std::vector<std::int64_t>& classes);

/// The heatmaps to compute.
struct WantedHeatmaps {
    std::vector<std::int64_t> images;  ///< indices into the dataset
    std::vector<std::int64_t> classes; ///< outputs of the head
    std::int64_t layer = 5;            ///< as in HeatmapOptions
};

/// The requested heatmaps [images, classes, h, w], float32 on the CPU, 0 or above, from `images` u8 [N, S, S]: Grad-CAM
/// at `layer`; at the last map, class_activation_maps. Each has its own scale. The encoder is on the inference's
/// device, and its state is restored. Throws Interrupted.
torch::Tensor heatmaps(Encoder& encoder, const LinearHead& head, const torch::Tensor& images,
                       const WantedHeatmaps& wanted, const Inference& inference);

/// Resizes a map [h, w] to an image of size x size pixels, bilinearly as Grad-CAM's authors do; row by row.
std::vector<float> over_image(const torch::Tensor& map, std::int64_t size);

} // namespace mlvicx
