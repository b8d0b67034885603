#pragma once

#include "results/store/store.h"

#include <string>
#include <vector>

namespace mlvicx {

/// The curves of a finished job, by epoch; NaN where the file has NULL. Empty if it has none.
std::vector<CurvePoint> curves_of(Store& store, const std::string& hash);

/// The curves of all finished jobs of an experiment (empty name: the one used last) as CSV: job (its hash), method,
/// dataset, protocol and fraction (both empty for pre-training), seed, draw, name, epoch (from 0), value (empty: not
/// finite). Empty if there are none.
std::string curves_csv(Store& store, const std::string& experiment = {});

} // namespace mlvicx
