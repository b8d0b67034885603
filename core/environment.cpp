#include "core/environment.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <sys/auxv.h>
#include <unistd.h>

namespace mlvicx {

void set_environment(char** argv) {
    if (::getauxval(AT_SECURE) != 0) return; // the loader drops GLIBC_TUNABLES there: re-exec would loop forever
    bool changed = false;
    const auto set = [&](const char* name, const char* value) {
        if (std::getenv(name)) return;
        ::setenv(name, value, 1);
        changed = true;
    };
    // 0.1 ms on an Intel Xeon at 2.6 GHz; the default is 300,000
    if (!std::getenv("OMP_WAIT_POLICY")) set("GOMP_SPINCOUNT", "10000");
    set("OPENBLAS_THREAD_TIMEOUT", "14"); // 2^14 cycles; the default is 2^26
    set("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824:"
                          "glibc.malloc.trim_threshold=1073741824");
    if (!changed) return;
    // By its own path: run as /proc/self/exe, the process would be called "exe" in top and pkill.
    std::error_code failed;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
    if (!failed) ::execv(program.c_str(), argv); // returns only on failure: then the program continues, slower
}

} // namespace mlvicx
