#pragma once

#include "core/safetensors.h"
#include "methods/encoder.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mlvicx {

/// One row of the table of encoders: a ResNet, with or without context bottlenecks or one part of them.
struct EncoderEntry {
    std::string name;     ///< "resnet18", "resnet18+context"
    std::string backbone; ///< the plain ResNet's name
    std::shared_ptr<Encoder> (*make)(const std::string& backbone);

    bool has_context() const { return name != backbone; }
};

const std::vector<EncoderEntry>& encoder_table();

/// The encoder of this name, with fresh weights from LibTorch's current seed. Throws UserError for an unknown name.
std::shared_ptr<Encoder> make_encoder(const std::string& name);

/// What a name says of the context bottlenecks among a file's tensors (context_suffix): "+context"; empty without any.
/// `prefix`: comes before the encoder's names in the file.
std::string context_in(const Safetensors& file, const std::string& prefix = "");

/// Writes the weights under torchvision's names (and those of its context bottlenecks) with `metadata`, to which it
/// adds `encoder` (the name) and `digest` (core/safetensors.h). `torchvision.models.resnet18().load_state_dict` accepts
/// the file (strict = False, because `fc` is missing).
void save_encoder(const std::filesystem::path& file, const Encoder& encoder,
                  std::map<std::string, std::string> metadata = {});

/// Loads the encoder in a file. Its kind comes from the metadata, or else from the tensors' names (torchvision's,
/// timm's, and those of other files that with_torchvision_names understands); weights of such a file are converted if
/// necessary (WeightConversions), and what was taken, left out and converted is logged once. A file with a digest is
/// checked against it. Throws UserError if the file is not a ResNet-18 or -50 or does not fit, listing both sides.
std::shared_ptr<Encoder> load_encoder(const std::filesystem::path& file);

/// Loads a file's weights into `encoder`, except `fc`. If only one side has context bottlenecks, only the backbone is
/// loaded: a plain ResNet can start a context encoder, and a context encoder's file can fill a plain ResNet. Throws as
/// load_encoder does.
void load_encoder_weights(Encoder& encoder, const std::filesystem::path& file);

/// A copy of the encoder on the CPU, without its context bottlenecks if it has any.
std::shared_ptr<Encoder> backbone_of(const Encoder& encoder);

} // namespace mlvicx
