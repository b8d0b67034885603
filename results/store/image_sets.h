#pragma once

#include "results/store/store.h"

#include <string>

namespace mlvicx {

/// The content hash of an image set: SHA-256 of its classes (`classes`: the JSON array as stored), ids, patients and
/// labels. Sets with the same fingerprint, split and content hash are one set.
std::string content_hash(const ScoredImages& images, const std::string& classes);

} // namespace mlvicx
