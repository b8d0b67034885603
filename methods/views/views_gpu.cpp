#include "methods/views/views_gpu.h"

#include "methods/device/device.h"
#include "methods/kernels/gpu/maps.h"
#include "methods/kernels/gpu/view_colour.cuh"
#include "methods/views/views_resample.h"

#include "kernel_source.h"
#include "view_colour_source.h"
#include "view_crop_source.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstring>

namespace mlvicx {

namespace {

using torch::Tensor;

KernelProgram program("views", {{"methods/kernels/gpu/kernel.cuh", kernel_source},
                                {"methods/kernels/gpu/view_crop.cuh", view_crop_source},
                                {"methods/kernels/gpu/view_colour.cuh", view_colour_source}});

/// A thread for each pixel of an image.
Grid threads_for(std::int64_t pixels, std::int64_t images) {
    return {(pixels + gpu::threads - 1) / gpu::threads, images};
}

} // namespace

bool views_run_on_gpu(const Tensor& images) {
    return program.runs_on(images.device()) && images.is_contiguous() && images.size(0) > 0 && images.size(0) < 65'536;
}

Tensor sent_views(const std::vector<ViewParameters>& views, std::int64_t size, const torch::Device& device) {
    const auto rows = torch::empty({std::ssize(views), sizeof(gpu::DrawnView)}, torch::kUInt8);
    auto* row = static_cast<unsigned char*>(rows.data_ptr());
    for (const auto& view : views) {
        const double sigma = view.sigma * static_cast<double>(size) / 224;
        const gpu::DrawnView drawn{blur_radius(size) > 0 ? sigma : 0,
                                   static_cast<int>(view.top),
                                   static_cast<int>(view.left),
                                   static_cast<int>(view.height),
                                   static_cast<int>(view.width),
                                   static_cast<float>(view.brightness),
                                   static_cast<float>(view.contrast),
                                   view.flip,
                                   view.brightness_first,
                                   view.solarize,
                                   0};
        std::memcpy(row, &drawn, sizeof drawn);
        row += sizeof drawn;
    }
    return sent_to(rows, device);
}

Tensor views_on_gpu(const Tensor& images, const Tensor& sent, bool blurs, const ViewRecipe& recipe, std::int64_t size) {
    const auto device = images.device();
    const auto batch = images.size(0), from = images.size(1);
    const auto kind = interpolation_of(recipe);
    const auto taps = resampling_taps(from, size, kind), radius = blur_radius(size);
    const gpu::ViewShape shape{static_cast<int>(batch), static_cast<int>(from),         static_cast<int>(size),
                               static_cast<int>(taps),  kind == Interpolation::bicubic, static_cast<int>(radius)};
    const auto numbers = [&](at::IntArrayRef sizes) { return at::empty(sizes, torch::device(device)); };
    const auto* table = gpu::values<const gpu::DrawnView>(sent);
    const auto first = at::empty({2, batch, size}, torch::device(device).dtype(torch::kInt32));
    const auto resampling = numbers({2, batch, taps, size}), blur = numbers({batch, 2 * radius + 1});
    const gpu::ViewWeights weights{gpu::values<int>(first), gpu::values<float>(resampling), gpu::values<float>(blur)};
    const auto outputs = std::max(size, 2 * radius + 1);
    program.launch("view_weights", {(outputs + gpu::threads - 1) / gpu::threads, batch, 3},
                   gpu::ViewWeightsOf::Args{table, shape, weights}, device);

    const auto narrowed = numbers({batch, from, size}), map = numbers({batch, size, size});
    program.launch(
        "view_columns", threads_for(from * size, batch),
        gpu::ViewColumns::Args{table, shape, weights, gpu::values<unsigned char>(images), gpu::values<float>(narrowed)},
        device);
    program.launch("view_rows", threads_for(size * size, batch),
                   gpu::ViewRows::Args{table, shape, weights, gpu::values<float>(narrowed), gpu::values<float>(map)},
                   device);
    const auto sums = numbers({batch, gpu::view_parts});
    program.launch("view_sums", {gpu::view_parts, batch, 1, gpu::ViewSums::shared},
                   gpu::ViewSums::Args{table, shape, gpu::values<float>(map), gpu::values<float>(sums)}, device);
    const auto blurred = numbers({batch, size, size}), result = numbers({batch, 1, size, size});
    const gpu::ViewFinish finish{table,
                                 shape,
                                 weights.blur,
                                 gpu::values<float>(map),
                                 gpu::values<float>(sums),
                                 gpu::values<float>(blurred),
                                 gpu::values<float>(result),
                                 static_cast<float>(recipe.solarize_threshold)};
    if (blurs) program.launch("view_blur_rows", threads_for(size * size, batch), finish, device);
    program.launch("view_finished", threads_for(size * size, batch), finish, device);
    return result;
}

} // namespace mlvicx
