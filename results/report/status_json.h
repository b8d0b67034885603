#pragma once

#include "core/json.h"
#include "results/report/watch.h"
#include "results/store/store.h"

#include <map>
#include <string>

namespace mlvicx {

/// What `mlvicx-bench status --json` prints (docs/results_file.md): for each experiment the jobs by state, the time
/// left, the running jobs with who works on them since when and how fast, and the failed ones. `live` by job hash;
/// `disk`: bytes by what takes them.
json::object status_json(Store& store, const std::map<std::string, LiveTraining>& live,
                         const std::map<std::string, double>& disk);

} // namespace mlvicx
