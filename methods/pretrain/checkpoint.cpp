#include "methods/pretrain/checkpoint.h"

#include "methods/pretrain/saved_training.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

constexpr auto format = "mlvicx-bench checkpoint 2";

/// All tensors that training changes, by their names in the file.
NamedTensors training_tensors(const Method& method, Optimizer& optimizer) {
    NamedTensors result;
    for (const auto& [name, tensor] : state_of(method)) result.emplace_back("model." + name, tensor);
    for (const auto& [name, tensor] : optimizer.state()) result.emplace_back("optimizer." + name, tensor);
    return result;
}

} // namespace

void save_checkpoint(const std::filesystem::path& file, const Method& method, Optimizer& optimizer,
                     const TrainingState& state, const std::string& identity) {
    auto tensors = training_tensors(method, optimizer);
    if (!state.sums.empty()) tensors.emplace_back("epoch.sums", torch::tensor(state.sums, torch::kFloat64));
    if (state.embeddings.defined()) tensors.emplace_back("epoch.embeddings", state.embeddings);
    save_training(file, {format, identity, state.step, std::move(tensors), state.records});
}

bool load_checkpoint(const std::filesystem::path& file, Method& method, Optimizer& optimizer, TrainingState& state,
                     const std::string& identity) {
    const auto saved = open_training(file, format, identity);
    if (!saved) return false;
    const auto targets = training_tensors(method, optimizer);
    require_shapes(*saved, targets); // check everything before copying anything
    state = {};
    state.step = step_of(*saved);
    state.records = records_of(*saved);
    if (saved->contains("epoch.sums")) {
        saved->at("epoch.sums", DType::f64, {-1});
        const auto sums = to_tensor(*saved, "epoch.sums");
        state.sums.assign(sums.data_ptr<double>(), sums.data_ptr<double>() + sums.numel());
    }
    if (saved->contains("epoch.embeddings")) {
        saved->at("epoch.embeddings", DType::f32, {-1, -1});
        state.embeddings = to_tensor(*saved, "epoch.embeddings").clone();
    }
    copy_saved(*saved, targets);
    return true;
}

} // namespace mlvicx
