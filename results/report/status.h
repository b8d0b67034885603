#pragma once

#include "results/store/store.h"

#include <string>

namespace mlvicx {

/// What `mlvicx-bench status` prints: for each experiment the done, running, failed and missing jobs; failures with
/// their errors, running jobs with owner and age; pre-trainings that are not healthy.
std::string status_text(Store& store);

} // namespace mlvicx
