#include "methods/optimizer/recorded_step.h"

#include <utility>

namespace mlvicx {

namespace {

std::unique_ptr<GraphRecorder> recorder_for(Optimizer& optimizer, RecordedStep::Tensors changed,
                                            const torch::Device& device) {
    for (const auto& parameter : optimizer.parameters()) changed.push_back(parameter);
    for (const auto& [name, tensor] : optimizer.state()) changed.push_back(tensor);
    return graph_recorder(device, changed);
}

} // namespace

RecordedStep::RecordedStep(Optimizer& optimizer, const Tensors& buffers, const torch::Device& device, bool alone,
                           RecordedPass::Pass pass)
    : optimizer_(optimizer), pass_(alone ? recorder_for(optimizer, buffers, device) : nullptr, optimizer.parameters(),
                                   [this, pass = std::move(pass)](const Tensors& inputs) {
                                       auto found = pass(inputs);
                                       if (updates_) optimizer_.update();
                                       return found;
                                   }) {}

RecordedStep::Tensors RecordedStep::run(const Tensors& inputs, double rate) {
    optimizer_.prepare(rate);
    if (!pass_.recorded()) updates_ = pass_.records() && optimizer_.repeatable();
    return pass_.run(inputs);
}

void RecordedStep::update() {
    if (!updates_) optimizer_.update();
}

} // namespace mlvicx
