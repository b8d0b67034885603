#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace mlvicx {

/// The name of the network file system that statfs names by this `f_type` ("NFS", "Lustre", ...); empty: none of those.
/// FUSE counts as one, because what is behind it is unknown.
std::string network_file_system(std::int64_t type);

/// The network file system that `path` is on, or its nearest existing folder; empty: a local disk.
std::string network_file_system(const std::filesystem::path& path);

} // namespace mlvicx
