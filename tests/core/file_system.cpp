#include "core/file_system.h"

#include "tests/support/catch.h"
#include "tests/support/temporary.h"

using namespace mlvicx;

TEST_CASE("file_system: network file systems are known by the numbers of statfs(2), local ones are none", "[unit]") {
    CHECK(network_file_system(0x6969) == "NFS");
    CHECK(network_file_system(0x0BD00BD0) == "Lustre");
    CHECK(network_file_system(0x47504653) == "GPFS");
    CHECK(network_file_system(0xFF534D42) == "CIFS");
    CHECK(network_file_system(std::int64_t{-11317950}) == "CIFS"); // as a 32-bit system has it
    CHECK(network_file_system(0x65735546) == "FUSE");
    for (const std::int64_t local : {0xEF53L, 0x58465342L, 0x9123683EL, 0x01021994L, 0x794C7630L, 0x2FC12FC1L})
        CHECK(network_file_system(local).empty()); // ext4, XFS, Btrfs, tmpfs, overlay, ZFS
}

TEST_CASE("file_system: a path that does not exist is on the file system of its nearest folder", "[unit]") {
    const TempFolder folder;
    CHECK(network_file_system(folder / "not/there/results.db") == network_file_system(folder.path));
    CHECK(network_file_system(std::filesystem::path("relative.db")) ==
          network_file_system(std::filesystem::current_path()));
}
