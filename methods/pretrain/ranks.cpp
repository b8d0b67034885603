#include "methods/pretrain/ranks.h"

#include "core/error.h"
#include "methods/weights.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

void require_shareable(const PretrainOptions& options, std::int64_t ranks) {
    const auto batch = options.batch_size;
    if (batch % ranks != 0)
        user_error("batch_size is {}, which {} ranks cannot share equally; expected a multiple of {}, such as {}",
                   batch, ranks, ranks, (batch / ranks + 1) * ranks);
    if (options.norm_batch != 0 && batch / options.norm_batch != ranks)
        user_error("norm_batch is {} of a batch_size of {}, so {} ranks train it (--ranks); here {} {}",
                   options.norm_batch, batch, batch / options.norm_batch, ranks == 1 ? "is" : "are", ranks);
}

/// LibTorch's own batch norms know nothing of other ranks.
void require_our_norms(const Method& method) {
    for (const auto& module : method.modules())
        ensure(module->as<torch::nn::BatchNorm1d>() == nullptr && module->as<torch::nn::BatchNorm2d>() == nullptr,
               "several ranks train only networks whose batch norms are BatchNorm (batch_norm_add_relu.h) or HeadNorm "
               "(head_norm.h)");
}

} // namespace

Ranks::Ranks(World* world, const PretrainOptions& options, Method& method)
    : world_(world), shared_norms_(options.norm_batch == 0) {
    require_shareable(options, world != nullptr ? world->size() : 1);
    if (world == nullptr) return;
    if (shared_norms_) require_our_norms(method);
    std::vector<torch::Tensor> trained;
    for (auto& parameter : method.parameters())
        if (parameter.requires_grad()) trained.push_back(parameter);
    buckets_.emplace(*world, std::move(trained));
}

void Ranks::take_state_of_first(const Method& method, Optimizer& optimizer, TrainingState& state) const {
    if (world_ == nullptr) return;
    const torch::NoGradGuard no_gradient;
    for (const auto& [name, tensor] : state_of(method)) world_->broadcast(tensor);
    for (const auto& [name, tensor] : optimizer.state()) world_->broadcast(tensor);
    const auto step = torch::full({1}, state.step, torch::kInt64);
    world_->broadcast(step);
    state.step = step.item<std::int64_t>();
}

std::vector<std::int64_t> Ranks::own_part(const std::vector<std::int64_t>& batch) const {
    if (world_ == nullptr) return batch;
    const auto part = std::ssize(batch) / world_->size();
    const auto begin = batch.begin() + world_->rank() * part;
    return {begin, begin + part};
}

std::unique_ptr<SharedBatch> Ranks::share() const {
    return world_ != nullptr ? std::make_unique<SharedBatch>(*world_, shared_norms_) : nullptr;
}

void Ranks::backward(const torch::Tensor& loss) {
    if (buckets_) buckets_->begin();
    loss.backward();
    if (buckets_) buckets_->finish();
}

torch::Tensor Ranks::of_all(const torch::Tensor& embeddings) const {
    return world_ != nullptr ? world_->gather(embeddings.to(torch::kFloat32)) : embeddings;
}

} // namespace mlvicx
