#pragma once

#include "datasets/decode/grey_levels.h"
#include "datasets/dicom/file.h"

namespace mlvicx {

/// Sets the scale's window from the file: the first table of its VOI LUT Sequence, else its first window (PS3.3,
/// C.11.2); leaves it empty if the file has neither, or a centre without a width. `scale` must already describe the
/// values: a table's first value is signed if they are. Throws UserError if the table is damaged, the window too narrow
/// (below 1, for the exact functions 0) or its function unknown.
void find_window(const DicomFile& file, GreyScale& scale);

} // namespace mlvicx
