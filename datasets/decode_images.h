#pragma once

#include "core/safetensors.h"
#include "datasets/audit/perceptual_hash.h"
#include "datasets/prepare.h"
#include "datasets/prepare_journal.h"

#include <vector>

namespace mlvicx {

/// Decodes the index's images on all cores into the tensors `images` and `masks` of `writer`, which writes into the
/// journal's file, and enters every piece into the journal; goes on after the images that the journal has and the file
/// holds unchanged. Masks that are not empty get consecutive rows of `masks`. One result per image. Throws UserError at
/// the first image that cannot be decoded, unless bad images are skipped or it is blank.
std::vector<DecodedImage> decode_images(const DatasetIndex& index, const PrepareOptions& options,
                                        SafetensorsWriter& writer, PrepareJournal& journal);

/// Sketches of the pixels in `writer`, one per image; those of bad images are empty.
std::vector<ImageSketch> sketches_of(const std::vector<DecodedImage>& images, const PrepareOptions& options,
                                     const SafetensorsWriter& writer);

} // namespace mlvicx
