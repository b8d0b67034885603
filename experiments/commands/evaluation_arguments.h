#pragma once

#include "experiments/evaluation/evaluation.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mlvicx {

/// What `evaluate` and `heatmaps` are both told: how encoders are evaluated, and on what.
struct EvaluationArguments {
    std::filesystem::path data;
    std::string backbone = "resnet18", protocol = protocol_table().front().name, device = "auto";
    std::vector<std::string> settings;
    double amount = 1;
    std::int64_t seed = 0, image_size = 0;
};

/// Adds all of them but the data, which are an option of one command and the argument of the other. `protocols`: those
/// to choose from; `example` of --set.
void add_evaluation_arguments(CLI::App& command, EvaluationArguments& given, const std::vector<std::string>& protocols,
                              const std::string& example);

/// The evaluation that the arguments ask for, but for encoder and draw (which is the seed).
EvaluationJob job_of(const EvaluationArguments& given);

/// Opens and checks the dataset, with the label subsets that the job imports. Throws UserError where it was changed or
/// a split is empty.
OpenDataset open_for(const EvaluationJob& job, const std::filesystem::path& data);

/// An encoder to evaluate.
struct Subject {
    std::filesystem::path file;                  ///< empty: random weights
    std::string network;                         ///< "resnet18", "resnet18+context"
    std::map<std::string, std::string> metadata; ///< of the file
    std::function<std::shared_ptr<Encoder>()> encoder;
};
/// `encoder`: a file or "random". Throws UserError for an unfit file.
Subject subject_of(const std::string& encoder, const EvaluationArguments& given, const EvaluationJob& job);

} // namespace mlvicx
