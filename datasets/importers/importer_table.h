#pragma once

#include "core/config.h"
#include "datasets/index.h"

#include <any>
#include <functional>
#include <string>
#include <vector>

namespace mlvicx {

struct ImportOptions;

/// One row of the table of importers: all that plans, commands and the runner know of one. A new importer is a new row.
struct ImporterEntry {
    std::string name;
    std::string about;                                  ///< for the help page
    std::any own;                                       ///< the options that it alone takes, with their defaults
    std::function<void(Fields&, std::any& own)> fields; ///< of `own`; in a plan beside those of all importers
    std::function<DatasetIndex(const ImportOptions&, unsigned threads)> read;
    std::string starts_at = "root"; ///< key of the path that it cannot do without
    bool makes_root = false;        ///< it writes the original files itself where there is no root
    bool may_name_splits = false;   ///< its files may name the splits, and are followed whatever kind is asked for
};

const std::vector<ImporterEntry>& importer_table();

/// The row of this name. Throws UserError that lists the known names.
const ImporterEntry& importer_entry(const std::string& name);

} // namespace mlvicx
