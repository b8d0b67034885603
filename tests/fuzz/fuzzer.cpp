// What libFuzzer calls, in the program mlvicx-fuzz: the target is named by the environment variable MLVICX_FUZZ_TARGET.

#include "tests/fuzz/target.h"

#include <cstdio>
#include <cstdlib>

using namespace mlvicx::fuzz;

namespace {

const Target& chosen() {
    const char* name = std::getenv("MLVICX_FUZZ_TARGET");
    for (const auto& target : targets())
        if (name != nullptr && std::string_view(name) == target.name) return target;
    for (const auto& target : targets()) std::printf("%s %zu\n", target.name, target.longest);
    std::exit(name == nullptr ? 0 : 2);
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    chosen();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Target& target = chosen();
    run(target, {reinterpret_cast<const char*>(data), size}, false);
    return 0;
}
