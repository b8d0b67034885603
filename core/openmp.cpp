#include "core/openmp.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <unistd.h>

namespace mlvicx {

void bound_openmp_spinning(char** argv) {
    if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
    ::setenv("GOMP_SPINCOUNT", "10000", 1); // 0.1 ms on an Intel Xeon at 2.6 GHz; the default is 300,000
    // OpenBLAS's own threads would spin for 2^26 cycles after each product, on the cores that OpenMP's need next.
    ::setenv("OPENBLAS_THREAD_TIMEOUT", "14", 0);
    // By its own name: started as /proc/self/exe, the process would be called "exe" in top and for pkill.
    std::error_code failed;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
    if (!failed) ::execv(program.c_str(), argv); // returns only where it fails: then all goes on, slower beside others
}

} // namespace mlvicx
