#pragma once

#include "results/report/table.h"
#include "results/store/store.h"

#include <string>

namespace mlvicx {

/// The lines of leakage_text(store, experiment, true), a row each; no lines if nothing was looked for.
Table leakage_table(Store& store, const std::string& experiment = {});
/// Test images that were known before the test, a line for each dataset and reason: "nih: 12 of 400 test images were
/// seen in pre-training (mlvicx, byol)". Lines without a leak only with `all`. Also a line for each dataset whose run
/// skipped the audit, and for each that is split by lists which share patients. Empty otherwise.
std::string leakage_text(Store& store, const std::string& experiment = {}, bool all = false);

} // namespace mlvicx
