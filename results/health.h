#pragma once

#include <string>

namespace mlvicx {

/// In a query with `cells c`, the verdict on the pre-training that the evaluation `c` rests on ("healthy", "partly
/// collapsed", "collapsed", "diverged"); NULL where it rests on none, or on one that nobody judged.
inline const std::string pretraining_health =
    "(SELECT json_extract(p.details, '$.health.verdict') FROM cells p "
    "WHERE p.hash = json_extract(c.config, '$.weights') AND p.kind = 'pretrain')";

/// Whether evaluations on a pre-training with this verdict (empty: none) stay out of the tables: it collapsed or
/// diverged.
bool left_out_of_tables(const std::string& verdict);

} // namespace mlvicx
