#pragma once

#include "core/environment.h"
#include "core/error.h"
#include "core/progress.h"
#include "experiments/performance/harness.h"
#include "methods/device/device.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace mlvicx {

/// Takes `--name VALUE` out of a benchmark program's arguments; the rest is for Google Benchmark. Throws UserError if
/// the value cannot be parsed.
template <typename Value> void take(int& argc, char** argv, const std::string& name, Value& value) {
    for (int i = 1; i + 1 < argc; ++i)
        if (argv[i] == name) {
            std::istringstream text(argv[i + 1]);
            if (!(text >> value) || !text.eof()) user_error("{}: cannot parse '{}'", name, argv[i + 1]);
            std::copy(argv + i + 2, argv + argc, argv + i);
            argc -= 2;
            return;
        }
}

/// `--device cpu`, cuda, cuda:INDEX, or auto, the default: a GPU if there is one.
inline torch::Device take_device(int& argc, char** argv) {
    std::string name = "auto";
    take(argc, argv, "--device", name);
    return device_from(name);
}

/// Tensors as parts to compare.
inline Values values_of(const std::vector<torch::Tensor>& tensors) {
    Values parts;
    for (const auto& tensor : tensors) {
        const auto flat = tensor.detach().to(torch::kCPU, torch::kFloat64).flatten().contiguous();
        parts.emplace_back(flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel());
    }
    return parts;
}

/// The environment of mlvicx-bench when it trains.
MLVICX_BEFORE_LIBRARIES BeforeLibraries before = set_environment;

/// The main function of a benchmark program: sets up the threads as mlvicx-bench does, calls
/// `prepare` for the program's own arguments and benchmarks, and runs them. Returns the exit status.
inline int run_benchmarks(int argc, char** argv, const std::function<void(int&, char**)>& prepare) {
    try {
        use_all_threads();
        prepare(argc, argv);
    } catch (const std::exception& error) {
        say("{}", error.what());
        return 2;
    }
    return run_registered(argc, argv);
}

} // namespace mlvicx
