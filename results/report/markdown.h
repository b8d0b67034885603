#pragma once

#include "results/report/report.h"

#include <string>

namespace mlvicx {

/// Grid, gaps, pairs and aggregates with what they are based on: datasets with fingerprints and positives, versions,
/// devices, time, the plan.
std::string report_markdown(Store& store, const std::string& experiment, const ReportFigures& figures);
/// The same, computing the figures itself.
std::string report_markdown(Store& store, const std::string& experiment = {});

} // namespace mlvicx
