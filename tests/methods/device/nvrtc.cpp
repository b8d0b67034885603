#include "methods/device/nvrtc.h"

#include "core/files.h"
#include "tests/support/catch.h"
#include "tests/support/temporary.h"

#include <filesystem>
#include <stdexcept>

using namespace mlvicx;

TEST_CASE("nvrtc: without the library it says so", "[unit]") {
    const Nvrtc none("/no/such/libnvrtc.so");
    CHECK(contains(none.fault(), "NVRTC cannot be loaded: /no/such/libnvrtc.so"));
    CHECK_THROWS_AS(none.compile({{"a.cuh", ""}}, 90), std::runtime_error);
    const Nvrtc other("libc.so.6");
    CHECK(contains(other.fault(), "libc.so.6 is too old: it has no nvrtc"));
}

TEST_CASE("nvrtc: it is looked for beside LibTorch and in the packages that a wheel comes with", "[unit]") {
    const TempFolder folder;
    const std::filesystem::path packages = folder.path / "nvidia";
    for (const char* file : {"torch/lib/libtorch_cpu.so", "torch/lib/libnvrtc-672ee683.so.11.2",
                             "torch/lib/libnvrtc-builtins.so.11.2", "nvidia/cu13/lib/libnvrtc.so.13",
                             "nvidia/cu13/lib/libnvrtc.alt.so.13", "nvidia/cu13/lib/libnvrtc-builtins.so.13.0"})
        write_text(folder / file, "library");
    CHECK(nvrtc_files(folder / "torch/lib") == std::vector<std::string>{folder / "torch/lib/libnvrtc-672ee683.so.11.2",
                                                                        packages / "cu13/lib/libnvrtc.so.13"});
    CHECK(nvrtc_files(folder / "nowhere/lib").size() == 1);
    CHECK(nvrtc_files("/no/such/folder").empty());
}
