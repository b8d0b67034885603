#pragma once

#include <filesystem>

namespace mlvicx {

struct EncoderExport {
    std::filesystem::path encoder; ///< an encoder's file, a checkpoint of a pre-training, or weights of another program
    std::filesystem::path out;     ///< ends in .safetensors; the model card is written next to it, ending in .md
    std::filesystem::path results; ///< results file with figures for the model card; empty: none
    bool with_context = false;     ///< keeps MLVICX's context bottlenecks
};

/// Writes an encoder's weights with torchvision's names and a model card, reads the weights back, and prints what was
/// written and whether torchvision loads it. Throws UserError, before anything is written, if a file does not fit or a
/// file in the place of the card is not a model card.
void export_encoder(const EncoderExport& given);

} // namespace mlvicx
