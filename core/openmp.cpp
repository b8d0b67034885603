#include "core/openmp.h"

#include <cstdlib>

#include <unistd.h>

namespace mlvicx {

void bound_openmp_spinning(char** argv) {
    if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
    ::setenv("GOMP_SPINCOUNT", "10000", 1); // about half a millisecond; the default is 300,000
    ::execv("/proc/self/exe", argv);        // returns only where it fails: then all goes on, slower beside others
}

} // namespace mlvicx
