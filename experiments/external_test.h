#pragma once

#include "core/json.h"
#include "experiments/evaluation/external_images.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// An entry of a plan's `evaluate.external`: probes fitted on one dataset are tested on findings of another.
struct ExternalTest {
    std::string from, to;                                     ///< names of the plan's datasets
    std::vector<std::pair<std::string, std::string>> classes; ///< names in `from`, in `to`; as the plan lists them
    bool all_images = false;                                  ///< of `to`; false: its test split

    /// "nih -> vinbig": the dataset's name in tables.
    std::string name() const { return from + " -> " + to; }
};

/// Reads the list `external` of a plan's "evaluate" and removes it from there; no tests if there is none. Throws
/// UserError that begins with `where` and the key.
std::vector<ExternalTest> take_external_tests(json::value& evaluate, const std::string& where);

/// The images and classes of a test. Throws UserError that begins with `where` if a dataset lacks a class, if two
/// classes of the source are mapped to one of the target, if the target has no images to test, or if no class has both
/// positives and negatives among them.
ExternalImages external_images(const ExternalTest& test, const OpenDataset& source, const OpenDataset& target,
                               const std::string& where);

/// What a test adds to an evaluation's identity; `fingerprint`: of the target.
json::object external_identity(const ExternalTest& test, const std::string& fingerprint);

} // namespace mlvicx
