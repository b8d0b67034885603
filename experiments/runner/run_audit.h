#pragma once

#include "experiments/open_dataset.h"
#include "experiments/runner/artifacts.h"
#include "experiments/runner/runner.h"

#include <map>
#include <string>

namespace mlvicx {

/// Looks for test images that a run would have seen before the test: copies in training or validation of their own
/// dataset, and among the images pre-trained on. Fills `leakage` of each evaluated dataset and, if the plan excludes
/// the overlap, `left_out` of the pre-training datasets. The audit of two prepared files is made once and kept with the
/// other artifacts. Throws UserError if test images of a dataset are in its training or validation split without
/// `allow_leakage`, if too few images are left to pre-train on, or if the plan excludes the overlap but there is to be
/// no audit.
void audit_run(const Plan& plan, std::map<std::string, OpenDataset>& datasets, const Artifacts& artifacts,
               const AuditOptions& options);

} // namespace mlvicx
