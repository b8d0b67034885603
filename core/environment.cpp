#include "core/environment.h"

#include "core/processor.h"

#include <array>
#include <climits>
#include <string_view>
#include <vector>

#include <sys/auxv.h>
#include <unistd.h>

namespace mlvicx {

namespace {

/// "OPENBLAS_CORETYPE=..."; null: as OpenBLAS finds.
char* openblas_kernels() {
    static char skylake[] = "OPENBLAS_CORETYPE=SkylakeX", haswell[] = "OPENBLAS_CORETYPE=Haswell";
    const int level = x86_64_level();
    if (level < 3) return nullptr;
#ifdef __x86_64__
    static char zen[] = "OPENBLAS_CORETYPE=Zen";
    if (__builtin_cpu_is("amd")) return zen;
#endif
    return level == 4 ? skylake : haswell;
}

} // namespace

void set_environment(int /*argc*/, char** argv, char** environment) {
    if (::getauxval(AT_SECURE) != 0) return; // the loader drops GLIBC_TUNABLES there: re-exec would loop forever
    std::vector<char*> all;
    for (char** variable = environment; *variable != nullptr; ++variable) all.push_back(*variable);
    const auto has = [&](std::string_view name) { // with its =
        for (const std::string_view variable : all)
            if (variable.substr(0, name.size()) == name) return true;
        return false;
    };
    static char spin[] = "GOMP_SPINCOUNT=10000";        // 0.1 ms on an Intel Xeon at 2.6 GHz; the default is 300,000
    static char sleep[] = "OPENBLAS_THREAD_TIMEOUT=14"; // 2^14 cycles; the default is 2^26
    static char memory[] = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824:"
                           "glibc.malloc.trim_threshold=1073741824";
    const std::size_t before = all.size();
    if (!has("OMP_WAIT_POLICY=") && !has("GOMP_SPINCOUNT=")) all.push_back(spin);
    if (!has("OPENBLAS_THREAD_TIMEOUT=")) all.push_back(sleep);
    if (char* kernels = openblas_kernels(); kernels != nullptr && !has("OPENBLAS_CORETYPE=")) all.push_back(kernels);
    if (!has("GLIBC_TUNABLES=")) all.push_back(memory);
    if (all.size() == before) return;
    all.push_back(nullptr);
    // By its own path: run as /proc/self/exe, the process would be called "exe" in top and pkill.
    std::array<char, PATH_MAX + 1> program{};
    if (::readlink("/proc/self/exe", program.data(), PATH_MAX) > 0)
        ::execve(program.data(), argv, all.data()); // returns only on failure: then the program continues, slower
}

} // namespace mlvicx
