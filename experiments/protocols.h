#pragma once

#include "experiments/evaluation.h"

#include <string>
#include <vector>

namespace mlvicx {

/// How an encoder is evaluated, by the names that plans, results and tables use:
///   frozen                 a linear probe on frozen features, by a convex solver
///   knn                    nearest neighbours on frozen features
///   partial                the last stage is fine-tuned, the rest is frozen in evaluation mode
///   finetuned              everything is fine-tuned
///   frozen_as_released     a linear layer trained as MLVICX's release trains it, the encoder frozen
///   finetuned_as_released  everything trained as MLVICX's release trains it
///   segmentation_frozen, segmentation_finetuned  a U-Net on the encoder's maps (experiments/segmentation.h)
const std::vector<std::string>& protocol_names();

/// The same with their labels and tasks, for Store::describe_protocols.
const std::vector<Protocol>& protocol_descriptions();

/// As tables show it.
const std::string& protocol_label(const std::string& protocol);

/// Those that predict masks.
bool is_segmentation(const std::string& protocol);

/// Those that ask for frozen features, which are extracted once for all of them.
bool on_frozen_features(const std::string& protocol);

/// Those whose scores come from a linear layer on the pooled last map, of which there are heatmaps.
bool has_linear_head(const std::string& protocol);

/// "partial": as "finetuned", but of the encoder only the last stage learns.
FinetuneOptions partial_options();

/// What azad6629/mlvicx trains downstream (ln_cls.py, data/data_loader.py at 995898c): AdamW, 3e-3 on frozen features
/// and 3e-4 on everything, without decay, cosine warm restarts after 10, 30, 70, ... epochs down to 1e-6, the
/// gradient's norm cut to 1, batches of 128, at most 300 epochs and 10 without a better validation AUC; the whole film,
/// mirrored at random; fp32. Its defects are not taken over: README.md lists them.
FinetuneOptions released_options(bool frozen);

} // namespace mlvicx
