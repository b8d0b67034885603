#pragma once

#include "experiments/open_dataset.h"
#include "experiments/plan.h"
#include "experiments/runner/artifacts.h"

#include <string>

namespace mlvicx {

/// Opens a plan's prepared file. A mistake in one that the plan names is reported with its key.
OpenDataset open_for(const Plan& plan, const PlanDataset& dataset, const std::filesystem::path& file);

/// How the sources of a prepared dataset have changed since (changed_sources; changed_tables for a file that the plan
/// names); empty if they have not.
std::string changed_since_prepared(const PlanDataset& dataset, const Artifacts& artifacts);

/// Opens a plan's dataset. Prepares it first if that has not been done or if its sources have changed since (which is
/// logged, and skipped with `trust_prepared`). What would make the plan's jobs fail is an error before any pixel is
/// decoded: an empty split, no class with positives and negatives in the test split (if classes are evaluated), no
/// masks (if masks are), more labelled images requested than there are, a batch larger than the training split. Throws
/// UserError.
OpenDataset ready_dataset(const Plan& plan, const PlanDataset& dataset, const Artifacts& artifacts,
                          bool trust_prepared = false);

} // namespace mlvicx
