#include "core/environment.h"

#include "tests/catch.h"

#include <cstdlib>
#include <fstream>
#include <string>

using namespace mlvicx;

// This program's own `main` has called set_environment.
TEST_CASE("environment: idle threads sleep soon, and memory is kept in huge pages", "[unit]") {
    const char* policy = std::getenv("OMP_WAIT_POLICY");
    const char* spins = std::getenv("GOMP_SPINCOUNT");
    const char* blas = std::getenv("OPENBLAS_THREAD_TIMEOUT");
    const char* memory = std::getenv("GLIBC_TUNABLES");
    CHECK((policy || spins));
    REQUIRE(blas);
    REQUIRE(memory);
    // A user's own values stand; these are the program's, told from them by the memory's, which no user sets alike.
    if (std::string(memory).find("mmap_threshold=1073741824") == std::string::npos) return;
    CHECK(std::string(memory).find("hugetlb=1") != std::string::npos);
    if (spins) CHECK(std::stol(spins) < 300'000); // GNU's default
    CHECK(std::stol(blas) < 26);                  // OpenBLAS's default: 2^26 cycles
}

TEST_CASE("environment: what is set stays, and the program does not start again", "[unit]") {
    const std::string before = std::getenv("GLIBC_TUNABLES");
    set_environment(nullptr); // returns: all is set
    CHECK(before == std::getenv("GLIBC_TUNABLES"));
}

TEST_CASE("environment: the program started anew keeps its name", "[unit]") {
    std::ifstream file("/proc/self/comm");
    std::string name;
    std::getline(file, name);
    CHECK(name == "test_core");
}
