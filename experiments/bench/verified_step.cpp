#include "experiments/bench/verified_step.h"

#include "core/error.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

/// Sums a step's operations, or subtracts them.
Operations plus(const Operations& a, const Operations& b, double factor) {
    return {a.flops + factor * b.flops, a.values + factor * b.values, a.map_values + factor * b.map_values};
}

StepImages first_of(const StepImages& images, std::int64_t count) {
    return {images.images, {images.indices.begin(), images.indices.begin() + count}};
}

/// Networks and views in float64, with maps in LibTorch's default layout.
class Reference {
public:
    Reference(const PlanMethod& method, const StepImages& images) : method_(method), images_(images) {
        network_ = initial_method(*method.entry, method.own, method.encoder, 0);
        network_->to(torch::kFloat64);
        network_->train();
    }
    torch::Tensor loss(std::int64_t count) const {
        const auto [a, b] = first_views(method_, images_, count);
        const auto plain = [](const torch::Tensor& view) { return view.to(torch::kFloat64).contiguous(); };
        return network_->step(plain(a), plain(b)).loss;
    }
    /// What a step of so many images computes, forward and backward.
    Operations operations(std::int64_t count) const {
        const OperationCounter counter;
        loss(count).backward();
        network_->zero_grad();
        return counter.counted();
    }

private:
    const PlanMethod& method_;
    const StepImages& images_;
    std::shared_ptr<Method> network_;
};

double timed_loss(PlanMethod method, const StepImages& images, const torch::Device& device) {
    method.pretrain.batch_size = std::ssize(images.indices);
    method.pretrain.epochs = 1;
    const auto network = initial_method(*method.entry, method.own, method.encoder, 0);
    network->to(device);
    const auto records = pretrain(*network, images.images, images.indices, method.pretrain, device);
    const auto& [name, value] = records.front().values.front();
    ensure(name == "loss", "an epoch's record does not begin with its loss");
    return value;
}

/// float32 sums round differently, a GPU's convolutions to ten bits, bf16 to eight.
double tolerance_of(Precision precision, const torch::Device& device) {
    if (precision == Precision::bf16) return 0.05;
    return device.is_cuda() ? 0.01 : 1e-4;
}

} // namespace

Operations VerifiedStep::of(std::int64_t images_of_step) const {
    return plus(fixed, per_image, static_cast<double>(images_of_step));
}

std::pair<torch::Tensor, torch::Tensor> first_views(const PlanMethod& method, const StepImages& images,
                                                    std::int64_t count) {
    const auto& options = method.pretrain;
    const auto chosen = first_of(images, count).indices;
    const auto batch = images.images.index_select(0, torch::tensor(chosen, torch::kInt64));
    const auto view = [&](const ViewRecipe& recipe, int number) {
        return encoder_input(make_views(batch, chosen, recipe, options.image_size,
                                        {static_cast<std::uint64_t>(options.seed), 0, number}));
    };
    return {view(options.view1, 0), view(options.view2, 1)};
}

VerifiedStep verified_step(const PlanMethod& method, const StepImages& images, const torch::Device& device) {
    const auto precision = precision_from(method.pretrain.precision, device);
    VerifiedStep step;
    step.images = std::min(verified_images, std::ssize(images.indices));
    step.tolerance = tolerance_of(precision, device);
    {
        const Reference reference(method, images);
        {
            const torch::NoGradGuard no_gradient;
            step.reference = reference.loss(step.images).item<double>();
        }
        const std::int64_t few = 2, more = std::min<std::int64_t>(4, step.images);
        const auto of_few = reference.operations(few), of_more = reference.operations(more);
        const auto images_between = static_cast<double>(more - few);
        step.per_image = plus({}, plus(of_more, of_few, -1), more > few ? 1 / images_between : 0);
        step.fixed = plus(of_few, step.per_image, -static_cast<double>(few));
    }
    step.loss = timed_loss(method, first_of(images, step.images), device);
    // The order of a batch's images changes no loss.
    if (!(std::abs(step.loss - step.reference) <= step.tolerance * std::abs(step.reference)))
        throw InternalError(fmt::format("{}: the loss of {} images is {:.6g} in {}, but {:.6g} in float64; not timed",
                                        method.label, step.images, step.loss, name_of(precision), step.reference));
    return step;
}

} // namespace mlvicx
