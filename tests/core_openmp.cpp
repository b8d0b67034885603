#include "core/openmp.h"

#include "tests/catch.h"

#include <cstdlib>
#include <fstream>
#include <string>

using namespace mlvicx;

// This program's own `main` has called bound_openmp_spinning.
TEST_CASE("openmp: waiting threads spin for a bounded time, and the user's own setting stays", "[unit]") {
    const char* policy = std::getenv("OMP_WAIT_POLICY");
    const char* spins = std::getenv("GOMP_SPINCOUNT");
    REQUIRE((policy || spins));
    if (!policy) CHECK(std::stol(spins) < 300'000); // GNU's default
    const char* blas = std::getenv("OPENBLAS_THREAD_TIMEOUT");
    const bool bounded_here = !policy && std::string(spins) == "10000"; // else the user's settings stand alone
    if (bounded_here) CHECK((blas && std::stol(blas) < 26));            // OpenBLAS's default: 2^26 cycles
    const std::string before = policy ? policy : spins;
    bound_openmp_spinning(nullptr); // returns: it is set
    CHECK(before == std::getenv(policy ? "OMP_WAIT_POLICY" : "GOMP_SPINCOUNT"));
}

TEST_CASE("openmp: the program started anew keeps its name", "[unit]") {
    std::ifstream file("/proc/self/comm");
    std::string name;
    std::getline(file, name);
    CHECK(name == "test_core");
}
