#pragma once

#include "experiments/evaluation/procedure.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// One row of the table of protocols. To add a protocol, add a row; put its options and its procedure in a file of
/// their own (knn.h is a short one).
struct ProtocolEntry {
    std::string name;  ///< in plans, hashes and results files
    std::string label; ///< in tables
    std::string key;   ///< of its options in a plan; protocols with the same key share their options
    Procedure procedure;
};

const std::vector<ProtocolEntry>& protocol_table();

/// The row of this name. Throws UserError that begins with `where` and lists the known names.
const ProtocolEntry& protocol_entry(const std::string& name, std::string_view where = "protocol");

/// The names of all protocols, or of those that satisfy `takes`: protocol_names(&Procedure::linear_head).
std::vector<std::string> protocol_names(const std::function<bool(const Procedure&)>& takes = nullptr);

/// What a results file stores about them (Store::describe_protocols).
std::vector<Protocol> protocol_descriptions();

} // namespace mlvicx
