#pragma once

#include "core/config.h"
#include "experiments/evaluation/classification.h"
#include "methods/encoder.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mlvicx {

/// What every file and figure with a prediction says.
inline constexpr const char* not_for_clinical_use = "not for clinical use";

/// When a class counts as present: score >= threshold; and what that was worth on the images it was chosen on.
struct ClassThreshold {
    bool known = false; ///< false: these images lacked positives or negatives, or no threshold was specific enough
    double threshold = 0, sensitivity = 0, specificity = 0;
    std::int64_t positives = 0, negatives = 0;
};

/// All that a saved classifier says of itself.
struct ModelFacts {
    std::vector<std::string> classes;
    std::vector<ClassThreshold> thresholds; ///< one per class
    // From an image file to the network's input.
    std::int64_t prepared_size = 224; ///< side of the square image that `prepare` makes, pixels
    std::string window = "auto";      ///< as in `prepare`
    std::int64_t image_size = 224;    ///< side of the network's input, pixels
    std::string precision = "fp32";   ///< of the network
    // Where it is from.
    std::string network;                  ///< "resnet18", "resnet18+context"
    std::string encoder, encoder_digest;  ///< the encoder that was evaluated: its file's name and digest
    std::string dataset, fingerprint;     ///< that it learned from
    std::int64_t train_images = 0;        ///< labelled
    std::string chosen_on = "validation"; ///< the split that regularisation or epoch, and thresholds, are chosen on
    std::string protocol, evaluation;     ///< the evaluation's hash
    double fraction = 1;                  ///< label fraction, or number of labelled images
    std::int64_t draw = 0, seed = 0;      ///< of the label subset; of training
    std::string suite_version, commit, device; ///< that wrote it
};
void fields(Fields& f, ModelFacts& facts);

/// The thresholds with the highest sensitivity at a specificity of 90 % or more. `scores` [n, C], `labels` i8 [n, C]
/// (1, 0, -1 unknown).
std::vector<ClassThreshold> thresholds_of(const torch::Tensor& scores, const torch::Tensor& labels);

/// A classifier for new images: images that pass through the same steps get the scores of the evaluation.
struct SavedModel {
    ModelFacts facts;
    std::shared_ptr<Encoder> encoder; ///< in evaluation mode
    TrainedHead head;
    void move_to(const torch::Device& device);
};

/// Writes one safetensors file: `encoder.NAME` by torchvision's names, `head.weight`, `head.bias` and, after a linear
/// probe, `head.mean` and `head.scale`; metadata `format`, `digest` and `model`, the facts as JSON.
void save_model(const std::filesystem::path& file, const SavedModel& model);

/// Reads what save_model wrote, on the CPU. A file from a stranger can do no harm: sizes, names, shapes, types, values,
/// digest and every key are checked, and nothing in it is executed. Throws UserError.
SavedModel load_model(const std::filesystem::path& file);

} // namespace mlvicx
