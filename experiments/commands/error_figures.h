#pragma once

#include "experiments/evaluation/class_errors.h"
#include "experiments/evaluation/evaluation.h"

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// What `evaluate --errors FOLDER` writes: for each class a figure of the test images on the wrong side of its
/// threshold, the most confident first, with heatmaps; and all of them in errors.csv.
class ErrorFigures {
public:
    /// Both must outlive it. Throws UserError, before anything is computed, if the protocol has no scores of classes or
    /// if the folder is not a new or empty one.
    ErrorFigures(std::filesystem::path folder, const EvaluationJob& job, const OpenDataset& data);

    /// For EvaluationJob::classified.
    void find(const OpenDataset& evaluated, const EvaluationOutcome& outcome);
    /// For EvaluationJob::inspect: computes the heatmaps.
    void look(Encoder& encoder, const EvaluationOutcome& outcome, const Inference& inference);

    /// Writes the figures, then errors.csv. Throws UserError.
    void write() const;
    /// How many errors each class has, and how many figures there are.
    std::string text() const;

private:
    bool has_figure(std::size_t label) const;
    std::string figure_name(std::size_t label) const; ///< of the figure's file
    std::string csv() const;

    std::filesystem::path folder_;
    const EvaluationJob& job_;
    const OpenDataset& data_;
    std::string no_heatmaps_; ///< why there are none
    std::string chosen_on_;   ///< the split of the thresholds
    std::vector<ClassErrors> classes_;
    std::map<std::pair<std::size_t, std::int64_t>, torch::Tensor> maps_; ///< by class and image
};

} // namespace mlvicx
