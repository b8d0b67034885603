#include "methods/views/films.h"

#include "core/progress.h"
#include "methods/device/device.h"

#include <torch/torch.h>

namespace mlvicx {

torch::Tensor films_on(const torch::Tensor& films, const torch::Device& device, const char* what) {
    if (!device.is_cuda() || films.device() == device) return films;
    const auto bytes = static_cast<std::int64_t>(films.nbytes());
    const bool fits = bytes < free_memory(device) / 2;
    say("{} {}, {:.2f} GB, {}", films.size(0), what, static_cast<double>(bytes) * 1e-9,
        fits ? "kept in the GPU's memory" : "copied to the GPU batch by batch");
    return fits ? films.to(device) : films;
}

torch::Tensor take_films(const torch::Tensor& films, const std::vector<std::int64_t>& numbers,
                         const torch::Device& device) {
    const auto rows = films.index_select(0, sent_to(torch::tensor(numbers, torch::kInt64), films.device()));
    if (rows.device() == device) return rows;
    return (device.is_cuda() ? rows.pin_memory() : rows).to(device, /*non_blocking=*/device.is_cuda());
}

} // namespace mlvicx
