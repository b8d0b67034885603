#pragma once

#include "methods/encoder.h"

#include <filesystem>
#include <map>
#include <string>

namespace mlvicx {

/// The model card of an encoder's file, as Markdown: what made it (method, data, settings, health, versions, from the
/// file's `metadata`; "unknown" where that says nothing), how to load it, and `figures` (Markdown; empty: a sentence
/// that says how to add them).
std::string model_card(const std::filesystem::path& file, const Encoder& encoder,
                       const std::map<std::string, std::string>& metadata, const std::string& figures);

/// The first line of every model card of the suite.
inline constexpr const char* model_card_mark = "<!-- Written by mlvicx-bench export, together with the weights. -->";

} // namespace mlvicx
