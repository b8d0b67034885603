#pragma once

#include "results/report/table.h"
#include "results/statistics/pairs.h"

#include <string>
#include <vector>

namespace mlvicx {

/// "+1.2 (+0.4 to +2.0), p = 0.031": in points, with the corrected p value.
std::string difference_text(const Difference& difference, std::optional<double> holm);
/// What pairs_tables show, in a paragraph.
extern const char* const pairs_about;
/// AUC: a table for each dataset and protocol, a row per pair, a column per fraction.
std::vector<Table> pairs_tables(const std::vector<MethodPair>& pairs);
/// "p = 0.031" or "p < 0.001".
std::string p_text(double p);
/// The same as Markdown: a table for each dataset and protocol, a row per pair, a column per fraction. Empty without
/// pairs.
std::string pairs_markdown(const std::vector<MethodPair>& pairs);
/// AUC: one line per pair and class; the class is empty in the line of the mean over classes.
std::string pairs_csv(const std::vector<MethodPair>& pairs);
/// One line per pair and metric that both have.
std::string segmentation_pairs_csv(const std::vector<MethodPair>& pairs);

} // namespace mlvicx
