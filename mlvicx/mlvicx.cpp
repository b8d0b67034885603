#include "mlvicx/mlvicx.h"

#include "core/error.h"
#include "methods/heads.h"
#include "methods/initialise.h"
#include "methods/losses.h"
#include "methods/pretrain/recipes.h"
#include "methods/views/two_views.h"
#include "mlvicx/context_encoder.h"

#include <torch/torch.h>

#include <algorithm>
#include <functional>

namespace mlvicx {
namespace {

HeadOptions head_options(std::int64_t in, const MlvicxOptions& options) {
    HeadOptions head{.in = in, .hidden = {options.hidden, options.hidden}, .out = options.output};
    head.hidden_bias = head.out_bias = true;
    head.out_norm = HeadOptions::OutputNorm::affine;
    return head;
}

class Mlvicx : public Method {
public:
    Mlvicx(std::shared_ptr<Encoder> encoder, const MlvicxOptions& options)
        : options_(options), encoder_(register_module("encoder", std::move(encoder))) {
        // Both heads are drawn even if one is not used, so that the initial weights of one do not depend on the other.
        auto global = make_head(head_options(encoder_->features(), options));
        const auto levels =
            std::make_shared<MultiLevelHead>(encoder_->channels(), options.level_channels, head_options(0, options),
                                             LevelGrid{options.level_size, options.level_cells}, options.levels);
        if (options.variant == "as_released") {
            for (auto& parameter : levels->levels()->parameters()) parameter.set_requires_grad(false);
        } else {
            // What the paper describes; its release calls it on the network object, which has no effect.
            he_initialise(*global);
            he_initialise(*levels);
        }
        const auto pooled = [](const Tensors& maps) { return maps.back().mean({2, 3}); };
        if (!options.multi_level_only)
            branches_.push_back({"global", 1, register_module("global_head", global), pooled});
        if (options.multi_level_weight == 0) return;
        register_module("multi_level_head", levels);
        branches_.push_back({"multi_level", options.multi_level_weight, levels->head(),
                             [levels](const Tensors& maps) { return levels->levels_of(maps); }});
    }

    StepOutput step(const torch::Tensor& view1, const torch::Tensor& view2) override {
        const auto [a, b] = inputs_of_both(branches_.size(), view1, view2);
        std::vector<std::pair<torch::Tensor, torch::Tensor>> embedded;
        for (std::size_t k = 0; k < branches_.size(); ++k)
            embedded.push_back(forward_both(branches_[k].head, a[k], b[k]));
        const VicregWeights weights{options_.invariance, options_.variance, options_.covariance};
        Loss loss;
        std::vector<std::pair<std::string, torch::Tensor>> parts;
        for (std::size_t k = 0; k < branches_.size(); ++k) {
            const auto& name = branches_[k].name;
            const auto of_branch = vicreg_loss(embedded[k].first, embedded[k].second, weights);
            const auto weighted = branches_[k].weight * of_branch.value;
            loss.value = loss.value.defined() ? loss.value + weighted : weighted;
            loss.terms.emplace_back(name, of_branch.value);
            for (const auto& [part, value] : of_branch.terms) parts.emplace_back(name + "_" + part, value);
        }
        loss.terms.insert(loss.terms.end(), parts.begin(), parts.end());
        return step_output(std::move(loss), embedded.front().first);
    }
    std::pair<torch::Tensor, torch::Tensor> embeddings(const torch::Tensor& view1,
                                                       const torch::Tensor& view2) override {
        const auto [a, b] = inputs_of_both(1, view1, view2);
        return forward_both(branches_.front().head, a[0], b[0]);
    }
    Encoder& encoder() override { return *encoder_; }

private:
    /// A head with its loss.
    struct Branch {
        std::string name;
        double weight;
        torch::nn::Sequential head;
        std::function<torch::Tensor(const Tensors& maps)> input;
    };

    /// For both views the inputs of the first `count` branches' heads. The maps are freed here: only what the gradient
    /// needs is kept.
    std::pair<Tensors, Tensors> inputs_of_both(std::size_t count, const torch::Tensor& view1,
                                               const torch::Tensor& view2) {
        const auto network = [&](const torch::Tensor& images) {
            const auto maps = encoder_->maps(images);
            Tensors inputs;
            for (std::size_t k = 0; k < count; ++k) inputs.push_back(branches_[k].input(maps));
            return inputs;
        };
        return pass_both(*encoder_, network, view1, view2);
    }

    MlvicxOptions options_;
    std::shared_ptr<Encoder> encoder_;
    std::vector<Branch> branches_; ///< global, multi-level; an ablation has one of them
};

/// A field that ablations added: its default is not written (`addition`), though it is not its type's zero.
template <typename T, typename Limits>
void ablation(Fields& f, const FieldKey& key, T& value, const T& usual, const Limits& limits) {
    T written = value == usual ? T{} : value;
    f.field(addition(key), written, limits);
    value = written == T{} ? usual : written;
}

} // namespace

void fields(Fields& f, MlvicxOptions& options) {
    f.field("hidden", options.hidden, at_least(1));
    f.field("output", options.output, at_least(1));
    f.field("level_channels", options.level_channels, at_least(1));
    f.field("multi_level_weight", options.multi_level_weight, at_least(0));
    f.field("invariance", options.invariance, at_least(0));
    f.field("variance", options.variance, at_least(0));
    f.field("covariance", options.covariance, at_least(0));
    f.field("variant", options.variant, {"as_described", "as_released"});

    const MlvicxOptions usual;
    f.field(addition("multi_level_only"), options.multi_level_only);
    ablation(f, "levels", options.levels, usual.levels, between(1, 5));
    std::sort(options.levels.begin(), options.levels.end()); // their order changes nothing, so neither an identity
    ablation(f, "level_size", options.level_size, usual.level_size, at_least(1));
    ablation(f, "level_cells", options.level_cells, usual.level_cells, at_least(1));
    ablation(f, "context", options.context, usual.context,
             std::vector<std::string>{"both", "channel", "spatial", "none"});
}

void require_valid(const MlvicxOptions& options, const std::string& where) {
    const auto has_twice = std::adjacent_find(options.levels.begin(), options.levels.end());
    if (has_twice != options.levels.end())
        user_error("{}.levels has {} twice, expected each level once", where, *has_twice);
    if (options.level_size % options.level_cells != 0)
        user_error("{}.level_size is {}, expected a multiple of level_cells, {}", where, options.level_size,
                   options.level_cells);
    if (options.invariance == 0 && options.variance == 0 && options.covariance == 0)
        user_error("{}: invariance, variance and covariance are all 0, expected a term to train on", where);
    if (!options.multi_level_only) return;
    if (options.multi_level_weight == 0)
        user_error("{}.multi_level_weight is 0 with multi_level_only, expected a loss to train on", where);
    if (options.levels.back() != 5)
        user_error(
            "{}.levels ends with {}, expected 5 with multi_level_only: without it the last stage, whose features "
            "are evaluated, is not trained",
            where, options.levels.back());
}

std::string MlvicxOptions::encoder_suffix() const {
    if (context == "none") return "";
    return context_suffix(context == "channel"   ? ContextParts::channel
                          : context == "spatial" ? ContextParts::spatial
                                                 : ContextParts::both);
}

void mlvicx_recipe(PretrainOptions& options) {
    byol_views(options);
    options.optimizer = lars(0.2, 1e-6);
    options.schedule = {.warmup_epochs = 2, .final_factor = 0.001};
}

void mlvicx_released_recipe(PretrainOptions& options) {
    mlvicx_recipe(options);
    options.schedule.cosine_over_all = true;
}

std::shared_ptr<Method> make_mlvicx(std::shared_ptr<Encoder> encoder, const MlvicxOptions& options) {
    require_valid(options, "MLVICX: $");
    const std::string name = encoder->name(), backbone = name.substr(0, name.find('+'));
    if (name != backbone + options.encoder_suffix())
        user_error("MLVICX with context \"{}\" needs an encoder \"{}\", not \"{}\"", options.context,
                   backbone + options.encoder_suffix(), name);
    return std::make_shared<Mlvicx>(std::move(encoder), options);
}

} // namespace mlvicx
