#include "tests/support/emulated_kernels.h"

#include "core/files.h"

#include "tests/support/catch.h"
#include "tests/support/temporary.h"

#include <fmt/ranges.h>
#include <torch/torch.h>

#include <cstdlib>

using namespace mlvicx;

namespace {

std::string nvcc() {
    for (const char* candidate : {"nvcc", "/usr/local/cuda/bin/nvcc"})
        if (std::system((std::string(candidate) + " --version > /dev/null 2>&1").c_str()) == 0) return candidate;
    return "";
}

} // namespace

TEST_CASE("kernels: nvcc compiles all in the program for cards of 8.0 and 9.0", "[unit]") {
    const auto compiler = nvcc();
    if (compiler.empty()) SKIP_TEST("there is no nvcc");
    REQUIRE(KernelProgram::all().size() >= 5);
    for (const auto* program : KernelProgram::all()) {
        const TempFolder folder;
        for (const auto& [path, text] : program->texts()) write_text(folder / path, text);
        write_text(folder / "main.cu", fmt::format("#include \"{}\"\n", program->texts().back().path));
        for (const int capability : {80, 90}) {
            CAPTURE(program->title(), capability);
            const auto options = fmt::format("{} -Werror all-warnings -cubin -I. -o code main.cu > said 2>&1",
                                             fmt::join(compiler_options(capability), " "));
            const auto command = fmt::format("cd '{}' && {} {}", folder.path.string(), compiler, options);
            const int status = std::system(command.c_str());
            INFO(read_text(folder / "said"));
            CHECK(status == 0);
        }
    }
}
