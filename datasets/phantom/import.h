#pragma once

#include "datasets/import.h"

namespace mlvicx {

/// Reads phantom images with the importer of their layout; writes them first if `root` does not exist. In the NIH
/// layout, which has no masks, the extra masks in masks/FINDING/ID are read too.
DatasetIndex read_phantom(const ImportOptions& options, unsigned threads);

} // namespace mlvicx
