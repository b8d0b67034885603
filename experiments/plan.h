#pragma once

#include "core/json.h"
#include "datasets/import.h"
#include "experiments/external_test.h"
#include "experiments/method_table.h"
#include "experiments/plan_evaluation.h"
#include "methods/pretrain/pretrain.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace mlvicx {

/// Original files to import, or a prepared file.
struct PlanDataset {
    std::string name;
    std::filesystem::path prepared; ///< empty: imported
    ImportOptions import;
};

struct PlanMethod {
    const MethodEntry* entry = nullptr;
    std::string label; ///< shown in tables; not part of any job's identity
    MethodOptions own;
    PretrainOptions pretrain;    ///< resolved; unused for controls
    std::string encoder;         ///< "resnet18", "resnet50"; the plan's unless the entry has its own
    std::string features;        ///< as PlanEvaluation has it, unless the entry has its own
    std::int64_t image_size = 0; ///< of evaluations, likewise
};

/// A path of a plan with an environment variable that is not set.
struct UnsetVariable {
    std::string file, key; ///< "$.datasets.nih.root"
    std::string text;      ///< "${NIH_ROOT}/images"
    std::string name;      ///< "NIH_ROOT"
};

/// An experiment as a file describes it. docs/plan_keys.md documents the keys.
struct Plan {
    std::filesystem::path file;
    json::value text; ///< as read, with what it extends and with one entry for each combination of a grid
    std::string name, about;
    std::string encoder = "resnet18"; ///< of methods that have none of their own
    std::string device = "auto";      ///< where to run it; not part of any job's identity
    std::vector<PlanDataset> datasets;
    std::vector<std::string> pretrain_datasets; ///< of one pre-training together; empty if only controls are evaluated
    bool exclude_overlap = false; ///< pre-training leaves out images with a copy in an evaluated dataset's test split
    bool audit = true;            ///< false: copies of test images are not looked for, and every result says so
    std::vector<PlanMethod> methods;
    PlanEvaluation evaluate;
    std::vector<ExternalTest> external; ///< of the probes on `from`, with the plan's protocols on features
    std::vector<std::int64_t> seeds = {0};

    /// Throws InternalError for an unknown name.
    const PlanDataset& dataset(const std::string& dataset_name) const;
    /// How a method of the plan is evaluated: `evaluate` with the entry's own features and image size.
    PlanEvaluation evaluation_of(const PlanMethod& method) const;
    /// The plan's file and the key of an external test, for messages.
    std::string where_external(std::size_t test) const;
};

/// Reads and resolves a plan (plan_text.h, plan_grid.h): struct defaults, then each method's recipe, then the plan's
/// `pretrain` overrides, then the method entry's own. In paths, `${NAME}` stands for an environment variable; relative
/// paths begin at the folder of the file that has them; `roots` (dataset name to folder) replaces `root`. Throws
/// UserError that names file and key for any mistake; a variable that is not set is one, unless `unset` is given, which
/// gets them (the path then keeps the variable's name).
Plan read_plan(const std::filesystem::path& file, const std::map<std::string, std::string>& roots = {},
               std::vector<UnsetVariable>* unset = nullptr);

/// The device to run a plan on: `given` on the command line, or if that is empty the plan's. Throws UserError for a
/// device that does not exist here.
torch::Device device_of(const Plan& plan, const std::string& given);

} // namespace mlvicx
