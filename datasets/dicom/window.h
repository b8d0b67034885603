#pragma once

#include "datasets/decode/grey_levels.h"
#include "datasets/dicom/file.h"

namespace mlvicx {

/// Fills the scale's own window from the file: the first table of its VOI LUT Sequence, else its first window (PS3.3,
/// C.11.2); neither where the file has none, or a centre without a width. `scale` holds what the values mean: a
/// table's first value has a sign where they do. Throws UserError where the table is damaged, the window too narrow
/// (below 1, for the exact functions 0) or its function unknown.
void find_window(const DicomFile& file, GreyScale& scale);

} // namespace mlvicx
