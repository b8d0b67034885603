#pragma once

#include "core/safetensors.h"

namespace mlvicx {

/// A ResNet's weights under torchvision's names ("conv1.weight", "layer1.0.conv2.weight", ...), whatever stands in
/// front of them in the file: DataParallel's "module.", the field's name of solo-learn, lightly, MoCo or Lightning
/// ("backbone.", "module.encoder_q.", ...), taken off; torch.nn.Sequential's numbers ("backbone.4.0.conv2.weight"),
/// read as torchvision's order of children. What is under another name (projectors, queues, the moving average of the
/// same network) is left out. What was done is said, once for a file. Throws UserError where no ResNet is in it, naming
/// the first tensors and what was expected, or where it is not clear which of several is meant.
Safetensors with_torchvision_names(const Safetensors& file);

} // namespace mlvicx
