#include "experiments/performance/harness.h"

#include "tests/support/catch.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

using namespace mlvicx;

namespace {

std::map<std::string, int> timed_calls;

Benchmark benchmark_of(const std::string& name, double candidate) {
    const auto values_with = [](double value) {
        return [value](const Sizes& sizes) { return Values{{value, static_cast<double>(sizes[0])}}; };
    };
    const auto timed = [name](benchmark::State& state) {
        ++timed_calls[name];
        for (auto _ : state) benchmark::DoNotOptimize(state.range(0));
    };
    return {name, values_with(candidate), values_with(1), 0.01, timed, {{2}}};
}

} // namespace

TEST_CASE("benchmarks: one that agrees with its reference is timed; a wrong one is not, and fails the program",
          "[unit]") {
    const auto settings = [](auto* registered) { registered->Iterations(10); };
    verified_benchmark(benchmark_of("right", 1.001), settings);
    verified_benchmark(benchmark_of("wrong", 1.5), settings);
    std::string program = "program", filter = "--benchmark_filter=^(right|wrong)/";
    char* arguments[] = {program.data(), filter.data(), nullptr};
    CHECK(run_registered(2, arguments) == 1);
    CHECK(timed_calls["right"] > 0);
    CHECK(timed_calls["wrong"] == 0);
}

TEST_CASE("benchmarks: a disagreement names the benchmark, the largest difference and the tolerance", "[unit]") {
    const auto text = disagreement(benchmark_of("product/bf16", 1.5), {1}).value();
    CHECK(text == "product/bf16 differs from its reference by 0.5, tolerance 0.01");
    CHECK_FALSE(disagreement(benchmark_of("product/bf16", 1), {1}));
    auto failing = benchmark_of("probe", 1);
    failing.candidate = [](const Sizes&) -> Values { throw std::runtime_error("no memory"); };
    CHECK(disagreement(failing, {1}).value() == "probe could not be verified: no memory");
}

TEST_CASE("benchmarks: parts are compared separately; different shapes and non-finite values always differ", "[unit]") {
    CHECK(largest_difference({{100, 200}, {0.01}}, {{100, 200}, {0.02}}) == Approx(0.5));
    CHECK(largest_difference({{0, 3}}, {{0, 0}}) == 3);
    CHECK(std::isinf(largest_difference({{1}}, {{1, 1}})));
    CHECK(std::isinf(largest_difference({{1}}, {})));
    CHECK(std::isinf(largest_difference({{std::nan("")}}, {{std::nan("")}})));
    auto unfinished = benchmark_of("unfinished", 1);
    unfinished.reference = nullptr;
    CHECK_THROWS_AS(verified_benchmark(unfinished, in_milliseconds), InternalError);
}

TEST_CASE("benchmarks: no program registers one past its verification", "[unit]") {
    int programs = 0;
    for (const auto& entry : std::filesystem::directory_iterator(MLVICX_SOURCE "/experiments/performance")) {
        if (entry.path().extension() != ".cpp") continue;
        ++programs;
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        INFO(entry.path());
        CHECK(text.str().find("verified_benchmark(") != std::string::npos);
        for (const char* other : {"BENCHMARK(", "BENCHMARK_", "RegisterBenchmark"})
            CHECK(text.str().find(other) == std::string::npos);
    }
    CHECK(programs > 10);
}
