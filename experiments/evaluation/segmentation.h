#pragma once

#include "experiments/evaluation/supervised.h"
#include "methods/unet.h"
#include "results/metrics/segmentation.h"

#include <memory>
#include <vector>

namespace mlvicx {

/// A U-Net on an encoder.
struct SegmentationOptions : SupervisedOptions {
    SegmentationOptions() {
        batch_size = 16;
        learning_rate = 1e-3;
    }
    std::int64_t decoder_width = 32; ///< channels of the last decoder steps; the first has eight times as many
};
/// Keys: those of SupervisedOptions, decoder_width.
void fields(Fields& f, SegmentationOptions& options);

struct SegmentationOutcome {
    std::vector<float> thresholds; ///< one per mask, chosen on the validation images (ThresholdSearch)
    PixelCounts validation, test;  ///< [images of the split, M], at image_size
    json::object details;          ///< SupervisedOutcome's and `thresholds`
    std::vector<CurvePoint> curves;
    double seconds_before = 0;            ///< SupervisedOutcome's
    std::shared_ptr<UnetDecoder> decoder; ///< together with `encoder`, the trained model for segment()
};

/// Trains a U-Net decoder on the encoder's maps; if `frozen` is false, also the encoder. A frozen encoder stays in
/// evaluation mode, without gradients, and keeps every bit. Cross-entropy and soft Dice in float32 on views that move
/// image and mask together; early stopping on the validation images' Dice: pooled, each mask at its best threshold,
/// mean over masks (curve `validation_dice`). Pixels are counted at the run's image size. `encoder` is trained in
/// place, and ends on the run's device in evaluation mode. The seed decides the decoder's weights, order and views.
/// Throws as train_supervised does.
SegmentationOutcome evaluate_segmentation(Encoder& encoder, const OpenDataset& data, const SegmentationOptions& options,
                                          bool frozen, const SupervisedRun& run);

/// Probabilities [images, M, image_size, image_size], float32 on the CPU, of the images `indices`: plain views, both
/// networks in evaluation mode. An image's probabilities do not depend on the others in `indices`.
torch::Tensor segment(Encoder& encoder, UnetDecoder& decoder, const torch::Tensor& images,
                      const std::vector<std::int64_t>& indices, const Inference& inference);

/// The masks at `size` pixels: unchanged, or resampled as images are, inside if at least half of a pixel is. u8
/// [n, M, S, S] -> u8 [n, M, size, size], 0 or 255.
torch::Tensor masks_at(const torch::Tensor& masks, std::int64_t size);

} // namespace mlvicx
