#include "core/file_system.h"

#include <sys/statfs.h>

namespace mlvicx {

namespace fs = std::filesystem;

std::string network_file_system(std::int64_t type) {
    struct Known {
        std::uint32_t type;
        const char* name;
    };
    // statfs(2); those that it lacks are in the file systems' own sources.
    constexpr Known known[] = {
        {0x00006969, "NFS"},    {0x0BD00BD0, "Lustre"}, {0x47504653, "GPFS"}, {0xFF534D42, "CIFS"},
        {0xFE534D42, "CIFS"},   {0x0000517B, "CIFS"},   {0x65735546, "FUSE"}, {0x00C36400, "Ceph"},
        {0x19830326, "BeeGFS"}, {0x01021997, "9P"},
    };
    for (const auto& item : known)
        if (item.type == static_cast<std::uint32_t>(type)) return item.name;
    return {};
}

std::string network_file_system(const fs::path& path) {
    fs::path place = fs::absolute(path);
    struct statfs found = {};
    while (::statfs(place.c_str(), &found) != 0) {
        if (!place.has_relative_path()) return {};
        place = place.parent_path();
    }
    return network_file_system(static_cast<std::int64_t>(found.f_type));
}

} // namespace mlvicx
