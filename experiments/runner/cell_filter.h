#pragma once

#include "results/store/store.h"

#include <map>
#include <string>
#include <vector>

namespace mlvicx {

/// Part of a plan's cells: "method=byol,method=mlvicx,protocol=frozen,fraction=0.1". Keys: kind, method, dataset,
/// protocol, fraction, seed, draw; a key given twice takes either value. `draw` takes cells that have one.
class CellFilter {
public:
    /// Throws UserError for an unknown key. Empty text: all cells.
    explicit CellFilter(const std::string& text);
    bool takes(const CellKey& key) const;

private:
    std::map<std::string, std::vector<std::string>> wanted_;
};

} // namespace mlvicx
