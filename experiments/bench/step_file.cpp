#include "experiments/bench/step_file.h"

#include "experiments/bench/verified_step.h"
#include "methods/weights.h"

#include <torch/torch.h>

namespace mlvicx {

void write_step(const std::filesystem::path& file, const PlanMethod& method, const StepImages& images,
                const torch::Device& device) {
    const auto precision = precision_from(method.pretrain.precision, device);
    const auto network = initial_method(*method.entry, method.own, method.encoder, 0);
    network->to(device);
    network->train();
    const auto [first, second] = first_views(method, images, method.pretrain.batch_size);
    const auto view1 = first.to(device), view2 = second.to(device);
    NamedTensors tensors{{"view1", view1}, {"view2", view2}};
    for (const auto& [name, tensor] : state_of(*network)) tensors.emplace_back(name, tensor.clone());
    torch::Tensor loss;
    {
        const torch::NoGradGuard no_gradient;
        const Autocast autocast(device, precision);
        loss = network->step(view1, view2).loss;
    }
    auto own = method.own;
    save_tensors(file, tensors,
                 {{"method", method.entry->name},
                  {"encoder", method.encoder},
                  {"options", canonical(resolved([&](Fields& f) { method.entry->fields(f, own); }))},
                  {"precision", name_of(precision)},
                  {"loss", fmt::format("{:.9g}", loss.item<double>())}});
}

} // namespace mlvicx
