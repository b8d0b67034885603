#include "core/environment.h"

#include "tests/support/catch.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace mlvicx;

namespace {

/// What this program prints of its environment, as its `main` finds it, when started with only `given`.
std::string environment_of(const std::string& given) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").string();
    FILE* pipe = ::popen(("env -i " + given + " '" + program + "' '[environment-child]'").c_str(), "r");
    REQUIRE(pipe);
    std::string text;
    char line[512];
    while (std::fgets(line, sizeof line, pipe) != nullptr) text += line;
    CHECK(::pclose(pipe) == 0);
    return text;
}

bool says(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("environment: what the child prints", "[.][environment-child]") {
    for (const char* name :
         {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OPENBLAS_THREAD_TIMEOUT", "OPENBLAS_CORETYPE", "GLIBC_TUNABLES"}) {
        const char* value = std::getenv(name);
        std::printf("%s=%s;\n", name, value ? value : "unset");
    }
}

TEST_CASE("environment: idle threads sleep soon, and memory is kept in huge pages", "[unit]") {
    const auto text = environment_of("");
    CHECK(says(text, "GOMP_SPINCOUNT=10000;")); // GNU's default: 300,000
    CHECK(says(text, "OPENBLAS_THREAD_TIMEOUT=14;"));
    CHECK(says(text, "GLIBC_TUNABLES=glibc.malloc.hugetlb=1:"));
}

TEST_CASE("environment: a value set by the user stays, and the others are set", "[unit]") {
    const auto memory = environment_of("GLIBC_TUNABLES=glibc.malloc.check=0");
    CHECK(says(memory, "GLIBC_TUNABLES=glibc.malloc.check=0;"));
    CHECK(says(memory, "GOMP_SPINCOUNT=10000;"));
    const auto policy = environment_of("OMP_WAIT_POLICY=passive OPENBLAS_THREAD_TIMEOUT=20");
    CHECK(says(policy, "OMP_WAIT_POLICY=passive;"));
    CHECK(says(policy, "GOMP_SPINCOUNT=unset;"));
    CHECK(says(policy, "OPENBLAS_THREAD_TIMEOUT=20;"));
    CHECK(says(environment_of("GOMP_SPINCOUNT=7"), "GOMP_SPINCOUNT=7;"));
    CHECK(says(environment_of("OPENBLAS_CORETYPE=Prescott"), "OPENBLAS_CORETYPE=Prescott;"));
}

TEST_CASE("environment: OpenBLAS gets kernels for the processor's instructions, whether it knows the processor or not",
          "[unit]") {
    std::ifstream file("/proc/cpuinfo");
    const std::string about{std::istreambuf_iterator<char>(file), {}};
    const auto has = [&](const char* flag) { return about.find(std::string(" ") + flag + " ") != std::string::npos; };
    const bool amd = about.find("AuthenticAMD") != std::string::npos;
    const char* expected = !has("avx2") || !has("fma") ? "unset"
                           : amd                       ? "Zen"
                           : has("avx512bw")           ? "SkylakeX"
                                                       : "Haswell";
    CHECK(says(environment_of(""), ("OPENBLAS_CORETYPE=" + std::string(expected) + ";").c_str()));
}

TEST_CASE("environment: the re-executed program keeps its name", "[unit]") {
    std::ifstream file("/proc/self/comm");
    std::string name;
    std::getline(file, name);
    CHECK(name == "test_core");
}
