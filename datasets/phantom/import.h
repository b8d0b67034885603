#pragma once

#include "datasets/import.h"

namespace mlvicx {

/// Reads phantom images by the importer of their layout; writes them first where `root` does not exist. In the layout
/// of NIH, which has no masks, those beside the images, masks/FINDING/ID, are taken too.
DatasetIndex read_phantom(const ImportOptions& options, unsigned threads);

} // namespace mlvicx
