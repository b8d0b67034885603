#pragma once

#include "methods/device/deterministic.h"
#include "methods/device/torch_version.h"

#include <string>
#include <vector>

namespace mlvicx {

/// Deterministic algorithms for a scope, on the CPU too.
class Deterministic {
public:
    Deterministic() {
        use_deterministic_algorithms([this](const std::string& line) { lines_.push_back(line); });
    }
    ~Deterministic() {
        at::globalContext().setDeterministicAlgorithms(false, /*warn_only=*/false);
        at::globalContext().setDeterministicCuDNN(false);
        take_warnings(nullptr);
    }
    Deterministic(const Deterministic&) = delete;
    Deterministic& operator=(const Deterministic&) = delete;

    /// What was said of operations that are not deterministic.
    const std::vector<std::string>& lines() const { return lines_; }

private:
    std::vector<std::string> lines_;
};

} // namespace mlvicx
