#pragma once

#include "results/store/store.h"

#include <string>

namespace mlvicx {

/// Label fractions of a dataset that were trained on the same listed images, a line each: "nih: 1 % and 5 % are the
/// same 865 images: ...". Empty if there are none.
std::string same_subsets_text(Store& store, const std::string& experiment = {});

} // namespace mlvicx
