#pragma once

#include "results/report/table.h"
#include "results/store/store.h"

#include <string>

namespace mlvicx {

/// In a query with `jobs c`, the verdict on the pre-training behind evaluation `c` ("healthy", "partly collapsed", "not
/// learned", "collapsed", "diverged"); NULL if it has none, or one without a verdict.
inline const std::string pretraining_health =
    "(SELECT json_extract(p.details, '$.health.verdict') FROM jobs p "
    "WHERE p.hash = json_extract(c.config, '$.weights') AND p.kind = 'pretrain')";

/// Whether evaluations on a pre-training with this verdict (empty: none) are left out of the tables: it collapsed or
/// diverged.
bool left_out_of_tables(const std::string& verdict);

/// Whether figures on a pre-training with this verdict are marked in the tables: it has not learned, but a weak figure
/// is still a figure.
bool marked_in_tables(const std::string& verdict);
inline constexpr const char* not_learned_mark = "†";
/// Explains the mark in one sentence.
std::string not_learned_legend();

/// Every pre-training with a verdict: its method, seed and verdict, the reason, and how many features are dead in the
/// evaluations.
Table health_table(Store& store, const std::string& experiment = {});
/// Pre-trainings that are not healthy (with `all`: every one with a verdict), a line each: "byol seed 0: partly
/// collapsed (effective rank 11.8, ...)".
std::string health_text(Store& store, const std::string& experiment = {}, bool all = false);

} // namespace mlvicx
