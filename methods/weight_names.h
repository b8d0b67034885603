#pragma once

#include "core/safetensors.h"

#include <string>
#include <vector>

namespace mlvicx {

/// A ResNet's weights with torchvision's names ("conv1.weight", "layer1.0.conv2.weight", ...), from a file whose names
/// may have
/// - a prefix, which is removed: DataParallel's "module.", the field names of solo-learn, lightly, MoCo, Lightning or
///   CoBooM ("backbone.", "module.encoder_q.", "online_network.encoder.", ...);
/// - torch.nn.Sequential's numbers ("backbone.4.0.conv2.weight"), which are read as torchvision's order of children;
/// - the context bottlenecks of MLVICX's release ("cbt1.cam.fc.0.weight", ...), which get this suite's names
///   ("context.0.squeeze.weight", ...).
///
/// Tensors outside the prefix, and heads within it ("fc", "projection_head", "prototypes", ...), are left out, except
/// `fc`, which keeps its name. Other tensors within the prefix keep theirs, so that load_state refuses what is not part
/// of a ResNet. Of several networks the one trained by gradient is taken, not its moving average (a prefix with
/// "momentum", "target", "ema", "encoder_k", "key_encoder", ...); networks with equal weights are one.
///
/// `notes`, if given, gets what was done, as phrases for a message: "removed the prefix "module." from its names".
/// Throws UserError if the file has no ResNet, naming the first tensors and what was expected, if it is unclear which
/// of several is meant, or if two tensors get one name.
Safetensors with_torchvision_names(const Safetensors& file, std::vector<std::string>* notes = nullptr);

/// "a, b, c, ..." of more than `count` names, all of them otherwise.
std::string first_names(const std::vector<std::string>& names, std::size_t count);

} // namespace mlvicx
