#pragma once

#include "experiments/plan.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mlvicx {

/// A file or folder that a plan reads.
struct Need {
    std::string key;   ///< names it in the plan: "$.datasets.nih.root"
    std::string path;  ///< with the variable's name if that is not set
    std::string fault; ///< what is wrong with it; empty if it is there
};

/// What is known of a dataset without decoding an image.
struct DatasetFacts {
    std::string name;
    std::int64_t image_size = 0;                                  ///< of prepared images
    std::int64_t images = 0, train = 0, validation = 0, test = 0; ///< 0: unknown
    std::int64_t classes = 0, masks = 0;
    std::int64_t stored_masks = 0; ///< those that may be not empty, of all images
    std::string known_from;        ///< "prepared", "its tables", "to be drawn", "as published"; empty: nothing is known
    bool is_prepared = false;
};

struct Needs {
    std::vector<Need> files;
    std::vector<DatasetFacts> datasets; ///< those that the plan uses
    const DatasetFacts& dataset(const std::string& name) const;
};

/// What a plan needs and how much of it there is: prepared files are opened; otherwise the tables are read, if all
/// paths of a dataset exist, or the numbers are those that were published with the dataset. Anything that is missing or
/// wrong becomes a fault. `unset`: as read_plan collected them. `results`: whose prepared files count; may be empty.
Needs needs_of(const Plan& plan, const std::vector<UnsetVariable>& unset, const std::filesystem::path& results);

} // namespace mlvicx
