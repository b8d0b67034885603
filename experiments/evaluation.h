#pragma once

#include "core/config.h"
#include "methods/device.h"
#include "methods/encoder.h"
#include "results/metrics.h"
#include "results/store.h"

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mlvicx {

/// What an evaluation is given. `films` u8 [N, S, S] lie on a GPU or, as `labels` i8 [N, C] (1, 0, -1 unknown), in the
/// host's memory, perhaps in a mapped file; the lists hold positions in them, ascending.
struct EvaluationData {
    torch::Tensor films, labels;
    std::vector<std::string> classes;
    std::vector<std::int64_t> train, validation, test; ///< `train` is the labelled subset
    std::int64_t image_size = 224;                     ///< pixels that the encoder sees
    Precision precision = Precision::fp32;             ///< in which frozen features were computed
};

/// Logits of a film's features as the encoder gives them: features weight' + bias. float32 on the CPU.
struct LinearHead {
    torch::Tensor weight; ///< [C, F]
    torch::Tensor bias;   ///< [C]
};

/// What an evaluation leaves, on the CPU. Scores are probabilities in 0..1, float32.
struct EvaluationOutcome {
    torch::Tensor validation_scores, test_scores; ///< [films of the split, C]
    json::object details;                         ///< chosen regularisation, best epoch, ...
    std::vector<CurvePoint> curves;
    LinearHead head; ///< what made the scores, with a frozen evaluation's standardisation in it; undefined of knn
};

/// The rows `numbers` of a tensor, where it lies.
torch::Tensor rows_of(const torch::Tensor& tensor, const std::vector<std::int64_t>& numbers);

/// Adds what varying_features found to an evaluation's details: features, dead_features.
void count_features(const torch::Tensor& varying, json::object& details);

/// auc_table of scores [n, C] and labels i8 [n, C].
MetricTable auc_of(const torch::Tensor& scores, const torch::Tensor& labels, const std::vector<std::string>& classes);

/// Linear probe on frozen features.
struct FrozenOptions {
    std::vector<double> l2 = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0}; ///< tried, chosen by validation mean AUC
    std::int64_t iterations = 200;                                ///< L-BFGS, at most
};
void fields(Fields& f, FrozenOptions& options);

/// Evaluation mode for a scope.
class EvaluationMode {
public:
    explicit EvaluationMode(Encoder& encoder) : encoder_(encoder), was_training_(encoder.is_training()) {
        encoder_.eval();
    }
    ~EvaluationMode() { encoder_.train(was_training_); }
    EvaluationMode(const EvaluationMode&) = delete;
    EvaluationMode& operator=(const EvaluationMode&) = delete;

private:
    Encoder& encoder_;
    bool was_training_;
};

/// Shows progress as `label`. Calls work(input, begin, count) for the films `numbers` in their order, batch by batch:
/// the first `count` rows of the encoder's input are the films from numbers[begin] on. Batches are always full, the
/// last filled up with its first film: convolutions choose their algorithm by the batch's size, and what is computed of
/// a film must not depend on how many others were asked for. Throws Interrupted.
void for_each_batch(
    const char* label, const torch::Tensor& films, const std::vector<std::int64_t>& numbers, std::int64_t image_size,
    const torch::Device& device,
    const std::function<void(const torch::Tensor& input, std::int64_t begin, std::int64_t count)>& work);

/// Features [films, F] float32 on `device` of the films `numbers`: encoder in evaluation mode, no gradient, plain
/// views. A film's features do not depend on the order of `numbers` or on the others in it; the encoder is left as it
/// was. Throws Interrupted.
torch::Tensor extract_features(Encoder& encoder, const torch::Tensor& films, const std::vector<std::int64_t>& numbers,
                               std::int64_t image_size, const torch::Device& device, Precision precision);

/// One L2-regularised logistic regression per class on standardised features (deviations of the labelled films), by a
/// convex solver, all classes at once; unknown labels and classes without both values in training are left out of the
/// loss (such a class scores its prior). Each class's strength is the one with the best validation AUC (mean over
/// classes; one strength for all classes; of equals the strongest, which is also taken where no class has a validation
/// AUC). `features` [N, F] of the films `data` speaks of, in its numbering; the work is done on the device where they
/// lie. Features that vary over the labelled films by rounding alone (varying_features) are dead: they count as
/// constant there and everywhere. Details: features, dead_features, l2, chosen_by, validation_auc,
/// classes_without_both_values and `path`, with iterations, remaining gradient and validation AUC per strength.
EvaluationOutcome evaluate_frozen(const torch::Tensor& features, const EvaluationData& data,
                                  const FrozenOptions& options);

/// Nearest neighbours on frozen features.
struct KnnOptions {
    std::vector<std::int64_t> k = {1, 5, 10, 20, 50, 100, 200}; ///< tried, chosen by validation mean AUC
    double temperature = 0.07;
};
void fields(Fields& f, KnnOptions& options);

/// The weighted vote of the k nearest labelled films by cosine similarity, weights exp(similarity / temperature) (Wu et
/// al., "Unsupervised feature learning via non-parametric instance discrimination", CVPR 2018; DINO, ICCV 2021). Many
/// findings a film: a class's score is the weighted share of positives among those of the neighbours that have its
/// label; without any, the class's share among the labelled films. One k for all classes, with the best validation AUC
/// (of equals the largest, which is also taken where there is none); a k beyond the labelled films takes them all.
/// Dead features do no harm here, because none is scaled; but where all are, the nearest are nearest by rounding, and
/// every film scores each class's share. Arguments and details as evaluate_frozen's, with k for l2.
EvaluationOutcome evaluate_knn(const torch::Tensor& features, const EvaluationData& data, const KnnOptions& options);

/// Fine-tuning: of the whole network, and of parts of it.
struct FinetuneOptions {
    std::int64_t epochs = 50;
    std::int64_t batch_size = 64;
    double learning_rate = 3e-4; ///< AdamW; head and encoder alike
    double weight_decay = 0.01;
    double warmup_epochs = 1;
    std::int64_t patience = 10;           ///< epochs without a better validation AUC before it stops
    std::int64_t min_steps_per_epoch = 0; ///< small subsets are repeated up to this many steps; 0: as they are
    double crop_low = 0.6;                ///< training views: random resized crop from this share of the area
    double flip = 0.5;                    ///< probability
    double jitter = 0.1; ///< brightness and contrast factors from 1 - x to 1 + x, for every second view
    std::string precision = "auto";

    // The protocols beside "finetuned" differ from it in these (experiments/protocols.h).
    std::string learns = "everything"; ///< of the encoder; or last_stage, nothing. The head learns always
    std::string schedule = "cosine";   ///< or restarts: methods/schedule.h's warm_restarts, by epoch, without warm-up
    std::int64_t restart_epochs = 10, restart_factor = 2; ///< the first cycle; how much longer each next one is
    double lowest_rate = 1e-6;                            ///< of restarts
    double clip = 0; ///< largest norm of the gradient of all that learns; 0: as it is
};
/// Without the options of the other protocols: these keys are part of the identity of "finetuned" cells.
void fields(Fields& f, FinetuneOptions& options);
/// All but `learns`.
void all_fields(Fields& f, FinetuneOptions& options);

/// Trains a copy of nothing: `encoder` itself, on `device`, is changed, and ends in evaluation mode. On its features
/// stands a linear layer, weights zero and biases the logits of the labelled films' priors, so `seed` decides the order
/// and the views alone and everything on the CPU is a function of it. Parts of the encoder that do not learn stay in
/// evaluation mode and keep every bit. Sigmoid + BCE over known labels, AdamW, warm-up (at most a tenth of all steps)
/// and cosine over all epochs, or restarts; early stopping on validation mean AUC, best weights restored (without a
/// defined validation AUC: the last epoch's). A batch is never a single film: batch norm could not learn from it.
/// Films that are all alike to the trained encoder but for rounding get one score. Details: best_epoch, epochs,
/// validation_auc, stopped_early, steps_per_epoch, batch_size, precision; features and dead_features over the test
/// films. Curves: train_loss, validation_auc, learning_rate (an epoch's last). Throws UserError with fewer than two
/// labelled films or where the loss stops being finite; Interrupted after a signal.
EvaluationOutcome evaluate_finetuned(Encoder& encoder, const EvaluationData& data, const FinetuneOptions& options,
                                     std::uint64_t seed, const torch::Device& device);

} // namespace mlvicx
