#pragma once

#include "core/config.h"
#include "datasets/index.h"

#include <any>
#include <functional>
#include <string>
#include <vector>

namespace mlvicx {

struct ImportOptions;

/// One row of the importer table: everything that plans, commands and the runner know about an importer. To add an
/// importer, add a row.
struct ImporterEntry {
    std::string name;
    std::string about;                                  ///< for the help page
    std::any own;                                       ///< the options specific to it, with their defaults
    std::function<void(Fields&, std::any& own)> fields; ///< of `own`; in a plan next to those of all importers
    std::function<DatasetIndex(const ImportOptions&, unsigned threads)> read;
    std::string starts_at = "root"; ///< key of the path that it requires
    bool makes_root = false;        ///< it writes the original files itself if root does not exist
    bool may_name_splits = false; ///< its files may name the splits, which then take precedence over the requested kind
    std::string shares = {};      ///< name of a row whose options it takes besides its own; empty: none
};

const std::vector<ImporterEntry>& importer_table();

/// The row with this name. Throws UserError listing the known names.
const ImporterEntry& importer_entry(const std::string& name);

} // namespace mlvicx
