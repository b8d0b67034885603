#include "tests/support/emulated_kernels.h"

#include "methods/device/nvrtc.h"

#include "tests/support/catch.h"
#include "tests/support/python.h"

#include <torch/torch.h>

#include <cstdlib>
#include <stdexcept>

using namespace mlvicx;

namespace {

/// NVRTC's file: what MLVICX_NVRTC names, else that of python's torch; empty if there is none.
std::string nvrtc_file() {
    if (const char* given = std::getenv("MLVICX_NVRTC"); given != nullptr && *given != '\0') return given;
    const TempFolder folder;
    const auto said =
        testing::run_python(folder, "import importlib.util as u\ns = u.find_spec('torch')\n"
                                    "print(s.submodule_search_locations[0] + '/lib' if s else '', end='')\n");
    const auto files = said.find('\n') == std::string::npos ? nvrtc_files(said) : std::vector<std::string>{};
    return files.empty() ? "" : files.front();
}

} // namespace

TEST_CASE("kernels: NVRTC compiles each under the name by which it is launched", "[unit]") {
    const auto file = nvrtc_file();
    if (file.empty()) SKIP_TEST("neither MLVICX_NVRTC nor python's torch has NVRTC");
    const Nvrtc nvrtc(file);
    REQUIRE(nvrtc.fault() == "");
    for (const int capability : {80, 90}) {
        std::string all;
        for (const auto* program : KernelProgram::all()) {
            const auto code = nvrtc.compile(program->texts(), capability);
            CHECK(code.starts_with("\x7f"
                                   "ELF"));
            all += code;
        }
        for (const auto& [name, kernel] : testing::emulated()) {
            CAPTURE(name, capability);
            CHECK(all.find(".text." + name + '\0') != std::string::npos);
        }
    }
    std::string refusal;
    try {
        nvrtc.compile({{"broken.cuh", "__device__ int one = two;\n"}}, 90);
    } catch (const std::runtime_error& error) {
        refusal = error.what();
    }
    CHECK(contains(refusal, "does not compile broken.cuh for compute capability 9.0"));
    CHECK(contains(refusal, "identifier \"two\" is undefined"));
}
