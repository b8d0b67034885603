#pragma once

#include "experiments/evaluation/classification.h"
#include "experiments/evaluation/procedure.h"
#include "experiments/evaluation/supervised.h"

#include <string>

namespace mlvicx {

/// Fine-tuning of the whole network or of parts of it.
struct FinetuneOptions : SupervisedOptions, StepOptions {
    std::string learns = "everything"; ///< of the encoder; or last_stage, nothing. The head always learns
};

/// As "finetuned", but only the last stage of the encoder learns.
FinetuneOptions partial_options();

/// How azad6629/mlvicx trains downstream (ln_cls.py, data/data_loader.py at 995898c): AdamW, 3e-3 on frozen features
/// and 3e-4 on everything, without decay; cosine warm restarts after 10, 30, 70, ... epochs down to 1e-6; gradient norm
/// clipped to 1; batches of 128; at most 300 epochs, and 10 without a better validation AUC; the whole image, mirrored
/// at random; fp32. Its defects are not reproduced: docs/methods.md lists them.
FinetuneOptions released_options(bool frozen);

/// Trains `encoder` in place; it ends on the run's device in evaluation mode. The head is a linear layer on its
/// features that starts with zero weights and with the logits of the labelled images' priors as biases. So the seed
/// decides only order and views, and on the CPU the result is a function of it. Parts of the encoder that do not learn
/// stay in evaluation mode and keep every bit. Sigmoid + BCE over known labels, trained by train_supervised with early
/// stopping on mean validation AUC. Images that the trained encoder tells apart only by rounding get one score.
/// Details: those of SupervisedOutcome with validation_auc, and features and dead_features over the test images. Throws
/// as train_supervised does.
EvaluationOutcome evaluate_finetuned(Encoder& encoder, const OpenDataset& data, const FinetuneOptions& options,
                                     const SupervisedRun& run);

/// Fine-tunes the last stage; the rest is frozen in evaluation mode.
Procedure partial_procedure();
/// Fine-tunes everything. The schedule is always cosine, without clipping; neither is part of its plan or identity.
Procedure finetuned_procedure();
/// Trains as MLVICX's release does: a linear layer on the frozen encoder, or everything.
Procedure released_procedure(bool frozen);

} // namespace mlvicx
