#pragma once

#include "core/error.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// What a computation returns, in parts that are compared separately, because a loss and its gradient differ in size.
using Values = std::vector<std::vector<double>>;
/// A benchmark's arguments: state.range(0), ...
using Sizes = std::vector<std::int64_t>;

/// A benchmark with what is needed to verify it: it is verified before it is timed.
struct Benchmark {
    std::string name;
    std::function<Values(const Sizes&)> candidate; ///< result of the timed code; at smaller sizes if the reference
                                                   ///< would take too long
    std::function<Values(const Sizes&)> reference; ///< the same result from elsewhere: a definition, another library
    double tolerance;                              ///< see largest_difference
    std::function<void(benchmark::State&)> timed;
    std::vector<Sizes> sizes = {Sizes{}};
};

/// The largest difference over all parts, relative to the largest value of the reference (absolute if that is 0).
/// Infinite if shapes differ or a value is not finite.
inline double largest_difference(const Values& found, const Values& expected) {
    constexpr double none = std::numeric_limits<double>::infinity();
    if (found.size() != expected.size()) return none;
    double largest = 0;
    for (std::size_t part = 0; part < found.size(); ++part) {
        if (found[part].size() != expected[part].size()) return none;
        double gap = 0, scale = 0;
        for (std::size_t i = 0; i < found[part].size(); ++i) {
            if (!std::isfinite(found[part][i]) || !std::isfinite(expected[part][i])) return none;
            gap = std::max(gap, std::abs(found[part][i] - expected[part][i]));
            scale = std::max(scale, std::abs(expected[part][i]));
        }
        largest = std::max(largest, scale > 0 ? gap / scale : gap);
    }
    return largest;
}

/// Why a benchmark must not be timed at these sizes; nothing if it agrees with its reference.
inline std::optional<std::string> disagreement(const Benchmark& benchmark, const Sizes& sizes) {
    try {
        const double difference = largest_difference(benchmark.candidate(sizes), benchmark.reference(sizes));
        if (difference <= benchmark.tolerance) return std::nullopt;
        return fmt::format("{} differs from its reference by {:.3g}, tolerance {:.3g}", benchmark.name, difference,
                           benchmark.tolerance);
    } catch (const std::exception& error) {
        return fmt::format("{} could not be verified: {}", benchmark.name, error.what());
    }
}

/// The program's exit status: 1 once a benchmark disagrees.
inline int& exit_status() {
    static int status = 0;
    return status;
}

/// Registers a benchmark; there is no other way here. `settings(registered)` sets units and the like. A benchmark that
/// does not agree with its reference is reported as an error instead of a time, and fails the program.
template <typename Settings> void verified_benchmark(const Benchmark& benchmark, const Settings& settings) {
    ensure(benchmark.candidate && benchmark.reference && benchmark.timed,
           "a benchmark lacks its work or its reference");
    for (const auto& sizes : benchmark.sizes) {
        const auto verified = std::make_shared<bool>(false); // called several times, until the time suffices
        auto* registered = benchmark::RegisterBenchmark(benchmark.name.c_str(), [=](benchmark::State& state) {
            if (!*verified) {
                if (const auto fault = disagreement(benchmark, sizes)) {
                    exit_status() = 1;
                    state.SkipWithError(fault->c_str());
                    return;
                }
                *verified = true;
            }
            benchmark.timed(state);
        });
        if (!sizes.empty()) registered->Args(sizes);
        settings(registered);
    }
}

/// Common settings.
constexpr auto in_microseconds = [](auto* registered) { registered->Unit(benchmark::kMicrosecond); };
constexpr auto in_milliseconds = [](auto* registered) { registered->Unit(benchmark::kMillisecond); };
constexpr auto in_real_milliseconds = [](auto* registered) {
    registered->Unit(benchmark::kMillisecond)->UseRealTime();
};

/// Runs the registered benchmarks; returns the exit status.
inline int run_registered(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return exit_status();
}

} // namespace mlvicx
