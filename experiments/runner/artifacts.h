#pragma once

#include "experiments/plan.h"

#include <filesystem>
#include <string>

namespace mlvicx {

/// Where everything but metrics is kept, next to the results file: RESULTS.artifacts/.
struct Artifacts {
    std::filesystem::path root;
    explicit Artifacts(const std::filesystem::path& results);
    std::filesystem::path encoder(const std::string& hash) const { return file("encoders", hash); }
    std::filesystem::path checkpoint(const std::string& hash) const { return file("checkpoints", hash); }
    /// The curves so far of a pre-training that is running (experiments/runner/live_curves.h).
    std::filesystem::path live_curves(const std::string& hash) const {
        return root / "checkpoints" / (hash + ".curves.jsonl");
    }
    std::filesystem::path features(const std::string& id) const { return file("features", id); }
    /// The audit of two prepared datasets, named by their fingerprints.
    std::filesystem::path audit(const std::string& first, const std::string& second) const {
        return root / "audits" / (first.substr(0, 16) + "-" + second.substr(0, 16) + ".json");
    }
    /// The prepared file of a plan's dataset, named by its import options, so that another size gives another file.
    std::filesystem::path prepared(const PlanDataset& dataset) const;

private:
    std::filesystem::path file(const char* folder, const std::string& name) const {
        return root / folder / (name + ".safetensors");
    }
};

} // namespace mlvicx
