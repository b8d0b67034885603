#include "methods/views/two_views.h"

#include "core/error.h"
#include "methods/kernels/batch_norm_add_relu.h"

#include <torch/torch.h>

namespace mlvicx {

namespace {

/// Both views share one pass if a view's images have at most this many pixels. One pass saves 2 to 10 % of a step, at
/// 64 as at 224 pixels; with more images reading the weights is amortised anyway, and two passes need less memory for
/// gradients.
constexpr std::int64_t most_pixels = 1 << 20;

/// The encoder's batch norms if nothing else in it keeps statistics (buffers); otherwise none.
std::vector<BatchNormImpl*> separating_norms(Encoder& encoder) {
    if (!encoder.buffers(/*recurse=*/false).empty()) return {};
    std::vector<BatchNormImpl*> norms;
    for (const auto& module : encoder.modules(/*include_self=*/false)) {
        if (auto* norm = module->as<BatchNorm>())
            norms.push_back(norm);
        else if (!module->buffers(/*recurse=*/false).empty())
            return {};
    }
    return norms;
}

/// While it exists, these norms' batches have two views, one after the other.
class TwoViews {
public:
    explicit TwoViews(std::vector<BatchNormImpl*> norms) : norms_(std::move(norms)) { set(2); }
    ~TwoViews() { set(1); }
    TwoViews(const TwoViews&) = delete;
    TwoViews& operator=(const TwoViews&) = delete;

private:
    void set(std::int64_t views) {
        for (auto* norm : norms_) norm->views = views;
    }
    std::vector<BatchNormImpl*> norms_;
};

} // namespace

std::pair<Tensors, Tensors> pass_both(Encoder& encoder, const std::function<Tensors(const torch::Tensor&)>& network,
                                      const torch::Tensor& view1, const torch::Tensor& view2) {
    ensure(view1.sizes() == view2.sizes(), "two views of the same images differ in shape");
    const bool few = view1.size(0) * view1.size(2) * view1.size(3) <= most_pixels;
    auto norms = few && separates_views(view1.device()) ? separating_norms(encoder) : std::vector<BatchNormImpl*>{};
    if (norms.empty()) return {network(view1), network(view2)};
    const TwoViews together(std::move(norms));
    std::pair<Tensors, Tensors> result;
    for (const auto& both : network(torch::cat({view1, view2}))) {
        const auto halves = both.chunk(2);
        result.first.push_back(halves[0]);
        result.second.push_back(halves[1]);
    }
    return result;
}

std::pair<torch::Tensor, torch::Tensor> forward_both(Encoder& encoder, const torch::Tensor& view1,
                                                     const torch::Tensor& view2) {
    const auto features = [&](const torch::Tensor& images) { return Tensors{encoder.forward(images)}; };
    const auto [first, second] = pass_both(encoder, features, view1, view2);
    return {first[0], second[0]};
}

} // namespace mlvicx
