#pragma once

#include "experiments/evaluation/classification.h"
#include "experiments/evaluation/procedure.h"
#include "experiments/evaluation/supervised.h"

#include <string>

namespace mlvicx {

/// Fine-tuning: of the whole network, and of parts of it.
struct FinetuneOptions : SupervisedOptions, StepOptions {
    std::string learns = "everything"; ///< of the encoder; or last_stage, nothing. The head learns always
};

/// As "finetuned", but of the encoder only the last stage learns.
FinetuneOptions partial_options();

/// What azad6629/mlvicx trains downstream (ln_cls.py, data/data_loader.py at 995898c): AdamW, 3e-3 on frozen features
/// and 3e-4 on everything, without decay, cosine warm restarts after 10, 30, 70, ... epochs down to 1e-6, the
/// gradient's norm cut to 1, batches of 128, at most 300 epochs and 10 without a better validation AUC; the whole
/// image, mirrored at random; fp32. Its defects are not taken over: README.md lists them.
FinetuneOptions released_options(bool frozen);

/// Trains `encoder` in place; it ends on the run's device in evaluation mode. On its features stands a linear layer,
/// weights zero and biases the logits of the labelled images' priors, so the seed decides the order and the views alone
/// and everything on the CPU is a function of it. Parts of the encoder that do not learn stay in evaluation mode and
/// keep every bit. Sigmoid + BCE over known labels, trained by train_supervised with early stopping on validation mean
/// AUC. Images that are all alike to the trained encoder but for rounding get one score. Details: SupervisedOutcome's
/// with validation_auc; features and dead_features over the test images. Throws as train_supervised.
EvaluationOutcome evaluate_finetuned(Encoder& encoder, const OpenDataset& data, const FinetuneOptions& options,
                                     const SupervisedRun& run);

/// The last stage is fine-tuned, the rest is frozen in evaluation mode.
Procedure partial_procedure();
/// Everything is fine-tuned. Its schedule is always cosine, without clip: these are no part of its plan or identity.
Procedure finetuned_procedure();
/// As MLVICX's release trains: a linear layer on the frozen encoder, or everything.
Procedure released_procedure(bool frozen);

} // namespace mlvicx
