#pragma once

#include "experiments/open_dataset.h"
#include "results/metrics/no_finding.h"

#include <string>
#include <vector>

namespace mlvicx {

/// The dataset with only these classes, in this order; "all" stands for all of the dataset. No Finding, if the dataset
/// has no such class, is derived: present in an image without any of the dataset's classes, unknown if one of them is
/// unknown and none present. Without names, unchanged. Throws UserError beginning with `where` for a class that the
/// dataset lacks, and for one that is named twice.
OpenDataset with_classes(OpenDataset data, const std::vector<std::string>& names, const std::string& where);

} // namespace mlvicx
