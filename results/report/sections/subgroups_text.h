#pragma once

#include "results/report/table.h"
#include "results/statistics/subgroups.h"

#include <string>
#include <vector>

namespace mlvicx {

/// Mean test AUC in percent by subgroup: a table for each dataset, protocol and attribute, a row per method, a column
/// per subgroup and one for the largest gap. `intervals`: of the subgroups too; the gap always has its own.
std::vector<Table> subgroup_tables(const std::vector<SubgroupRow>& rows, bool intervals);
/// The same for one experiment (empty: the one used last), with intervals.
std::vector<Table> subgroup_tables(Store& store, const std::string& experiment, bool all = false);
/// What the tables' signs mean.
std::string subgroups_legend();

/// For the terminal, without the subgroups' intervals, and as Markdown. Empty without rows.
std::string subgroups_text(const std::vector<SubgroupRow>& rows);
std::string subgroups_markdown(const std::vector<SubgroupRow>& rows);
/// One line per method, attribute, subgroup and class (empty: the mean over classes), full precision, AUC in 0..1; then
/// one per method, attribute and class for the largest gap: `group` minus `minus`.
std::string subgroups_csv(const std::vector<SubgroupRow>& rows);

} // namespace mlvicx
