#pragma once

#include "core/safetensors.h"

namespace mlvicx {

/// A ResNet's weights with torchvision's names ("conv1.weight", "layer1.0.conv2.weight", ...). Prefixes in the file are
/// removed: DataParallel's "module.", the field names of solo-learn, lightly, MoCo or Lightning ("backbone.",
/// "module.encoder_q.", ...); torch.nn.Sequential's numbers ("backbone.4.0.conv2.weight") are read as torchvision's
/// order of children. Tensors with other names (projectors, queues, the moving average of the same network) are left
/// out. Logs what was done, once per file. Throws UserError if the file has no ResNet, naming the first tensors and
/// what was expected, or if it is unclear which of several is meant.
Safetensors with_torchvision_names(const Safetensors& file);

} // namespace mlvicx
