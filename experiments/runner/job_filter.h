#pragma once

#include "results/store/store.h"

#include <map>
#include <string>
#include <vector>

namespace mlvicx {

/// Selects some of a plan's jobs: "method=byol,method=mlvicx,protocol=frozen,fraction=0.1". Keys: kind, method,
/// dataset, protocol, fraction, seed, draw; a key given twice accepts either value. `draw` selects only jobs that have
/// a draw.
class JobFilter {
public:
    /// Throws UserError for an unknown key. An empty text selects all jobs.
    explicit JobFilter(const std::string& text);
    bool takes(const JobKey& key) const;

private:
    std::map<std::string, std::vector<std::string>> wanted_;
};

} // namespace mlvicx
