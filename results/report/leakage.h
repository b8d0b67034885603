#pragma once

#include "results/store/store.h"

#include <string>

namespace mlvicx {

/// Test images that were known before the test, a line for each dataset and reason: "nih: 12 of 400 test images were
/// seen in pre-training (mlvicx, byol)". Lines without a leak only with `all`. Also a line for each dataset whose run
/// skipped the audit, and for each that is split by lists which share patients. Empty otherwise.
std::string leakage_text(Store& store, const std::string& experiment = {}, bool all = false);

} // namespace mlvicx
