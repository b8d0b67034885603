#pragma once

#include <string>

namespace mlvicx {

/// "host:pid" of this process, for Store::claim.
std::string process_owner();

/// True if `owner` reads "host:pid" with this host and no such process exists. For another host or another form nothing
/// is known: false; such a claim ends with its lease.
bool owner_is_gone(const std::string& owner);

} // namespace mlvicx
