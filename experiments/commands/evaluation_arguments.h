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

/// Arguments that `evaluate` and `heatmaps` share: how to evaluate encoders, and on what data.
struct EvaluationArguments {
    std::filesystem::path data;
    std::string backbone = "resnet18", protocol = protocol_table().front().name, device = "auto";
    std::vector<std::string> settings;
    double fraction = 1; ///< see EvaluationJob
    std::int64_t seed = 0, image_size = 0;
};

/// Adds all of them except the data, which are an option of one command and an argument of the other. `protocols` are
/// the choices of --protocol; `example` goes into the help of --set.
void add_evaluation_arguments(CLI::App& command, EvaluationArguments& given, const std::vector<std::string>& protocols,
                              const std::string& example);

/// The evaluation that the arguments ask for, without its encoder; the draw is the seed.
EvaluationJob job_of(const EvaluationArguments& given);

/// Opens and checks the dataset and the label subsets that the job imports. Throws UserError if the file was changed or
/// a split is empty.
OpenDataset open_for(const EvaluationJob& job, const std::filesystem::path& data);

/// An encoder to evaluate.
struct Subject {
    std::filesystem::path file;                  ///< empty: random weights
    std::string network;                         ///< "resnet18", "resnet18+context"
    std::map<std::string, std::string> metadata; ///< of the file
    std::function<std::shared_ptr<Encoder>()> encoder;
};
/// `encoder`: a file or "random". Throws UserError if the file does not fit.
Subject subject_of(const std::string& encoder, const EvaluationArguments& given, const EvaluationJob& job);

} // namespace mlvicx
