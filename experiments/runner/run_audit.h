#pragma once

#include "experiments/open_dataset.h"
#include "experiments/runner/artifacts.h"
#include "experiments/runner/runner.h"

#include <map>
#include <string>

namespace mlvicx {

/// Looks for images that a run would test after they were seen: copies of test images in training or validation of
/// their own dataset, and among the images pre-trained on. Fills `leakage` of each evaluated dataset and, where the
/// plan excludes the overlap, `left_out` of the one that is pre-trained on. The audit of two prepared files is kept
/// beside the other artifacts and made once. Throws UserError where test images of a dataset are in its training or
/// validation and `allow_leakage` is not given, where too few images are left to pre-train on, and where there is to be
/// no audit and the plan excludes the overlap.
void audit_run(const Plan& plan, std::map<std::string, OpenDataset>& datasets, const Artifacts& artifacts,
               const AuditOptions& options);

} // namespace mlvicx
