#pragma once

#include "methods/encoder.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mlvicx {

/// One row of the table of encoders: a ResNet, alone or with context bottlenecks.
struct EncoderEntry {
    std::string name;     ///< "resnet18", "resnet18+context"
    std::string backbone; ///< the plain ResNet's name
    std::shared_ptr<Encoder> (*make)(const std::string& backbone);

    bool has_context() const { return name != backbone; }
};

const std::vector<EncoderEntry>& encoder_table();

/// The encoder of this name in the table, with fresh weights from LibTorch's current seed. Throws UserError for another
/// name.
std::shared_ptr<Encoder> make_encoder(const std::string& name);

/// Writes the weights with torchvision's names (and `context.*` where there is context) and `metadata`, to which
/// `encoder` = its name and `digest` (core/safetensors.h) are added. `torchvision.models.resnet18().load_state_dict`
/// takes the file (strict = False: no `fc`).
void save_encoder(const std::filesystem::path& file, const Encoder& encoder,
                  std::map<std::string, std::string> metadata = {});

/// The encoder that a file holds. What it is comes from its metadata, or else from its tensors' names (torchvision's,
/// timm's, and what with_torchvision_names makes of other files'). A file that carries a digest is checked against it.
/// Throws UserError where it is no ResNet-18 or -50 or does not fit, listing both sides.
std::shared_ptr<Encoder> load_encoder(const std::filesystem::path& file);

/// Loads a file's weights into `encoder`, `fc` aside. Where only one side has context bottlenecks, the backbone alone
/// is loaded: a plain ResNet starts a context encoder, a context encoder's file fills a plain ResNet. Throws as
/// load_encoder.
void load_encoder_weights(Encoder& encoder, const std::filesystem::path& file);

/// A copy of the encoder without its context bottlenecks (a plain ResNet is copied as it is), on the CPU.
std::shared_ptr<Encoder> backbone_of(const Encoder& encoder);

} // namespace mlvicx
