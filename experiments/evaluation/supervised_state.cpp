#include "experiments/evaluation/supervised_state.h"

#include "methods/pretrain/saved_training.h"

#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

namespace {

constexpr auto supervised_format = "mlvicx-bench checkpoint of a supervised training 1";

/// All tensors of a fixed shape, by their names in the file; those of the state share its storage.
NamedTensors fixed_tensors(const NamedTensors& changed, Optimizer& optimizer, const SupervisedState& state) {
    NamedTensors tensors{{"loss", state.loss}};
    for (const auto& [name, tensor] : changed) tensors.emplace_back("model." + name, tensor);
    for (const auto& [name, tensor] : optimizer.state()) tensors.emplace_back("optimizer." + name, tensor);
    for (std::size_t i = 0; i < state.best.size(); ++i) tensors.emplace_back("best." + changed[i].first, state.best[i]);
    return tensors;
}

bool all_finite(const NamedTensors& tensors) {
    return std::all_of(tensors.begin(), tensors.end(), [](const auto& item) {
        return !item.second.is_floating_point() || item.second.isfinite().all().template item<bool>();
    });
}

} // namespace

std::vector<CurvePoint> points_of(const EpochRecord& record) {
    std::vector<CurvePoint> points;
    for (const auto& [name, value] : record.values) points.push_back({record.epoch, name, value});
    return points;
}

void save_supervised(const Saving& saving, const NamedTensors& changed, Optimizer& optimizer,
                     const SupervisedState& state) {
    if (!all_finite(changed)) return;
    auto tensors = fixed_tensors(changed, optimizer, state);
    tensors.emplace_back("seconds", torch::tensor(state.seconds, torch::kFloat64));
    tensors.emplace_back("best_epoch", torch::tensor(state.best_epoch, torch::kInt64));
    if (state.best_figure) tensors.emplace_back("best_figure", torch::tensor(*state.best_figure, torch::kFloat64));
    save_training(saving.file, {supervised_format, saving.identity, state.step, std::move(tensors), state.epochs});
}

void load_supervised(const Saving& saving, const NamedTensors& changed, Optimizer& optimizer, SupervisedState& state) {
    const auto saved = open_training(saving.file, supervised_format, saving.identity);
    if (!saved) return;
    if (saved->contains("best_figure"))
        for (const auto& [name, tensor] : changed) state.best.push_back(torch::empty_like(tensor.detach()));
    const auto fixed = fixed_tensors(changed, optimizer, state);
    require_shapes(*saved, fixed); // check everything before copying anything
    for (const char* name : {"seconds", "best_figure"})
        if (saved->contains(name)) saved->at(name, DType::f64, {});
    saved->at("best_epoch", DType::i64, {});
    state.step = step_of(*saved);
    state.epochs = records_of(*saved);
    state.seconds = to_tensor(*saved, "seconds").item<double>();
    state.best_epoch = to_tensor(*saved, "best_epoch").item<std::int64_t>();
    if (saved->contains("best_figure")) state.best_figure = to_tensor(*saved, "best_figure").item<double>();
    copy_saved(*saved, fixed);
}

} // namespace mlvicx
