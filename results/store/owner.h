#pragma once

#include <string>

namespace mlvicx {

/// "host:pid@place" of this process, for Store::claim. The place is where its id names one process: a running kernel
/// and a namespace of processes. Machines of one name, and containers on one machine, have different places.
std::string process_owner();

/// "host:pid" of an owner.
std::string owner_text(const std::string& owner);

/// True if `owner` is of this host and place and no such process exists. For another host, place or form nothing is
/// known: false; such a claim ends with its lease.
bool owner_is_gone(const std::string& owner);

} // namespace mlvicx
