#include "methods/pretrain/training_pass.h"

#include "methods/pretrain/step_parts.h"

#include <torch/torch.h>

#include <utility>

namespace mlvicx {

using Tensors = RecordedStep::Tensors;

TrainingPass::TrainingPass(Method& method, Ranks& ranks, const PretrainOptions& options, Optimizer& optimizer,
                           const torch::Device& device, Precision precision)
    : method_(method), ranks_(ranks), options_(options), optimizer_(optimizer), device_(device), precision_(precision),
      step_(optimizer, method.buffers(), device, ranks.alone(), [this](const Tensors& begun) { return work(begun); }) {}

Tensors TrainingPass::work(const Tensors& begun) {
    const auto middle = begun.begin() + static_cast<std::ptrdiff_t>(begun.size() / 2);
    const auto [view1, view2] = in_part(step_part::views, [&] {
        return std::pair(finish_encoder_input({begun.begin(), middle}, options_.view1, options_.image_size),
                         finish_encoder_input({middle, begun.end()}, options_.view2, options_.image_size));
    });
    StepOutput output;
    {
        const Autocast autocast(device_, precision_);
        output = in_part(step_part::forward, [&, &a = view1, &b = view2] { return method_.step(a, b); });
    }
    in_part(step_part::backward, [&] { ranks_.backward(output.loss); });
    names_.clear();
    Tensors found{output.embedding, output.loss.detach()};
    for (const auto& [name, value] : output.terms) {
        names_.push_back(name);
        found.push_back(value);
    }
    return found;
}

StepOutput TrainingPass::step(const PooledImages& images, double rate) {
    optimizer_.zero_grad(); // first, so that the views can reuse the gradients' memory
    const auto shared = ranks_.share();
    const auto begun = in_part(step_part::views, [&] {
        const auto seed = static_cast<std::uint64_t>(options_.seed);
        auto inputs = images.begin_encoder_input(options_.view1, options_.image_size, seed, 0);
        for (auto& input : images.begin_encoder_input(options_.view2, options_.image_size, seed, 1))
            inputs.push_back(std::move(input));
        return inputs;
    });
    const auto run = [&] { return step_.run(begun, rate); };
    const auto found = step_.recorded() ? in_part(step_part::recorded, run) : run();
    StepOutput output{found[1], {}, found[0]};
    for (std::size_t i = 0; i < names_.size(); ++i) output.terms.emplace_back(names_[i], found[i + 2]);
    return output;
}

} // namespace mlvicx
