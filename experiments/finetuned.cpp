#include "experiments/evaluation.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/random.h"
#include "methods/optimizer.h"
#include "methods/schedule.h"
#include "methods/views.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

void fields(Fields& f, FinetuneOptions& options) {
    f.field("epochs", options.epochs, at_least(1));
    f.field("batch_size", options.batch_size, at_least(2));
    f.field("learning_rate", options.learning_rate, above(0));
    f.field("weight_decay", options.weight_decay, at_least(0));
    f.field("warmup_epochs", options.warmup_epochs, at_least(0));
    f.field("patience", options.patience, at_least(1));
    f.field("min_steps_per_epoch", options.min_steps_per_epoch, at_least(0));
    f.field("crop_low", options.crop_low, share());
    f.field("flip", options.flip, between(0, 1));
    f.field("jitter", options.jitter, between(0, 1));
    f.field("precision", options.precision, {"auto", "bf16", "fp32"});
}

void all_fields(Fields& f, FinetuneOptions& options) {
    fields(f, options);
    f.field("schedule", options.schedule, {"cosine", "restarts"});
    f.field("restart_epochs", options.restart_epochs, at_least(1));
    f.field("restart_factor", options.restart_factor, at_least(1));
    f.field("lowest_rate", options.lowest_rate, at_least(0));
    f.field("clip", options.clip, at_least(0));
}

namespace {

using torch::Tensor;

constexpr int finetune_view = 3; ///< 1 and 2 are pre-training's: other crops of the same film

ViewRecipe mild_views(const FinetuneOptions& options) {
    ViewRecipe recipe;
    recipe.crop_low = options.crop_low;
    recipe.interpolation = "bilinear";
    recipe.flip = options.flip;
    recipe.jitter = options.jitter > 0 ? 0.5 : 0;
    recipe.brightness = recipe.contrast = options.jitter;
    recipe.blur = recipe.solarize = 0;
    return recipe;
}

/// A linear layer that scores every film its class's share among the labelled films, whatever its features.
torch::nn::Linear prior_head(std::int64_t features, const Tensor& labels) {
    const torch::NoGradGuard no_grad;
    torch::nn::Linear head(features, labels.size(1));
    const auto known = (labels >= 0).sum(0).to(torch::kFloat32), positive = (labels == 1).sum(0).to(torch::kFloat32);
    head->weight.zero_();
    head->bias.copy_(torch::logit((positive + 0.5) / (known + 1))); // half a film of each value keeps it finite
    return head;
}

/// One pass over the labelled films in an order of its own, cut into batches.
struct Batches {
    std::int64_t films, size, count;
    Batches(std::int64_t labelled, std::int64_t batch_size) : films(labelled), size(std::min(labelled, batch_size)) {
        count = films / size + (films % size > 1 ? 1 : 0); // a last batch of one is left out
    }
    std::vector<std::int64_t> at(const std::vector<std::int64_t>& order, std::int64_t batch) const {
        const auto begin = batch * size, end = std::min(films, begin + size);
        return {order.begin() + begin, order.begin() + end};
    }
};

/// The part of an encoder that learns.
class Learners {
public:
    Learners(Encoder& encoder, const std::string& learns) : encoder_(encoder), everything_(learns == "everything") {
        if (learns == "last_stage") modules_ = encoder.last_stage();
    }
    bool has(const std::string& parameter) const {
        return everything_ || std::any_of(modules_.begin(), modules_.end(), [&](const std::string& module) {
                   return parameter.rfind(module + ".", 0) == 0;
               });
    }
    /// The rest stays in evaluation mode: batch norms keep their statistics.
    void train() const {
        encoder_.train(everything_);
        for (const auto& item : encoder_.named_modules({}, /*include_self=*/false))
            if (std::find(modules_.begin(), modules_.end(), item.key()) != modules_.end()) item.value()->train();
    }

private:
    Encoder& encoder_;
    bool everything_;
    std::vector<std::string> modules_;
};

class FineTuning {
public:
    FineTuning(Encoder& encoder, const EvaluationData& data, const FinetuneOptions& options, std::uint64_t seed,
               const torch::Device& device)
        : encoder_(encoder), data_(data), options_(options), seed_(seed), device_(device),
          precision_(precision_from(options.precision, device)), recipe_(mild_views(options)),
          learners_(encoder, options.learns), head_(prior_head(encoder.features(), rows_of(data.labels, data.train))),
          batches_(static_cast<std::int64_t>(data.train.size()), options.batch_size) {
        encoder_.to(device);
        head_->to(device);
        std::vector<std::pair<std::string, Tensor>> trained;
        for (const auto& entry : encoder_.named_parameters())
            if (entry.value().set_requires_grad(learners_.has(entry.key())).requires_grad())
                trained.emplace_back("encoder." + entry.key(), entry.value());
        for (const auto& entry : head_->named_parameters()) trained.emplace_back("head." + entry.key(), entry.value());
        for (const auto& [name, tensor] : trained) trained_.push_back(tensor);
        state_ = trained_;
        for (const auto& tensor : encoder_.buffers()) state_.push_back(tensor);
        OptimizerOptions adamw;
        adamw.name = "adamw";
        adamw.weight_decay = options.weight_decay;
        optimizer_ = make_optimizer(adamw, trained);
        passes_ = std::max<std::int64_t>(1, (options.min_steps_per_epoch + batches_.count - 1) / batches_.count);
        steps_per_epoch_ = passes_ * batches_.count;
        total_ = options.epochs * steps_per_epoch_;
        warmup_ = std::min<std::int64_t>(std::llround(options.warmup_epochs * static_cast<double>(steps_per_epoch_)),
                                         total_ / 10);
    }

    EvaluationOutcome run() {
        EvaluationOutcome outcome;
        const auto validation_labels = rows_of(data_.labels, data_.validation);
        std::optional<double> best_auc;
        std::vector<Tensor> best;
        std::int64_t epoch = 0, best_epoch = 0;
        for (; epoch < options_.epochs && epoch - best_epoch <= options_.patience; ++epoch) {
            const double loss = train_epoch(epoch);
            const auto auc = auc_of(scores(data_.validation), validation_labels, data_.classes).mean;
            outcome.curves.push_back({epoch, "train_loss", loss});
            outcome.curves.push_back({epoch, "learning_rate", rate_});
            if (auc) outcome.curves.push_back({epoch, "validation_auc", *auc});
            if (!auc) best_epoch = epoch; // nothing to choose by: the last
            if (!auc || (best_auc && *auc <= *best_auc)) continue;
            best_auc = auc;
            best_epoch = epoch;
            best.clear();
            for (const auto& tensor : state_) best.push_back(tensor.detach().clone());
        }
        const torch::NoGradGuard no_grad;
        for (std::size_t i = 0; i < best.size(); ++i) state_[i].copy_(best[i]);
        encoder_.eval();
        outcome.validation_scores = scores(data_.validation);
        outcome.test_scores = scores(data_.test);
        outcome.head = {head_->weight.detach().cpu().clone(), head_->bias.detach().cpu().clone()};
        outcome.details = {{"best_epoch", best_epoch},
                           {"epochs", epoch},
                           {"stopped_early", epoch < options_.epochs},
                           {"validation_auc", best_auc ? json::value(*best_auc) : json::value()},
                           {"steps_per_epoch", steps_per_epoch_},
                           {"batch_size", batches_.size},
                           {"precision", name_of(precision_)}};
        return outcome;
    }

private:
    double train_epoch(std::int64_t epoch) {
        learners_.train();
        auto sum = torch::zeros({}, device_);
        for (std::int64_t pass = 0; pass < passes_; ++pass) {
            const auto key = static_cast<std::uint32_t>(epoch * passes_ + pass); // repeats get views of their own
            auto order = data_.train;
            Random random(seed_, Purpose::order, key);
            shuffle(order, random);
            for (std::int64_t b = 0; b < batches_.count; ++b) {
                if (interrupted()) throw Interrupted{};
                sum += step(batches_.at(order, b), key);
            }
        }
        const double loss = sum.item<double>() / static_cast<double>(steps_per_epoch_);
        if (!std::isfinite(loss))
            user_error("fine-tuning: the loss is no longer finite in epoch {} (learning rate {:.3g}, precision {}); "
                       "expected a finite loss, so try a lower learning_rate or precision fp32",
                       epoch + 1, rate_, name_of(precision_));
        return loss;
    }

    Tensor step(const std::vector<std::int64_t>& numbers, std::uint32_t pass) {
        const auto labels = rows_of(data_.labels, numbers).to(device_);
        const auto input = encoder_input(make_views(rows_of(data_.films, numbers).to(device_), numbers, recipe_,
                                                    data_.image_size, seed_, pass, finetune_view));
        Tensor features;
        {
            const Autocast autocast(device_, precision_);
            features = encoder_.forward(input);
        }
        const auto known = (labels >= 0).to(torch::kFloat32);
        const auto losses =
            torch::binary_cross_entropy_with_logits(head_->forward(features.to(torch::kFloat32)),
                                                    (labels == 1).to(torch::kFloat32), known, {}, at::Reduction::Sum);
        const auto loss = losses / known.sum().clamp_min(1);
        optimizer_->zero_grad();
        loss.backward();
        if (options_.clip > 0) torch::nn::utils::clip_grad_norm_(trained_, options_.clip);
        rate_ = rate_at(taken_++);
        optimizer_->step(rate_);
        return loss.detach();
    }

    double rate_at(std::int64_t taken) const {
        if (options_.schedule == "cosine")
            return options_.learning_rate * warmup_cosine(taken, total_, warmup_, ScheduleOptions{});
        const auto epoch = taken / steps_per_epoch_;
        return options_.lowest_rate + (options_.learning_rate - options_.lowest_rate) *
                                          warm_restarts(epoch, options_.restart_epochs, options_.restart_factor);
    }

    Tensor scores(const std::vector<std::int64_t>& numbers) {
        const torch::NoGradGuard no_grad;
        const auto features = extract_features(encoder_, data_.films, numbers, data_.image_size, device_, precision_);
        return torch::sigmoid(head_->forward(features.to(device_))).cpu();
    }

    Encoder& encoder_;
    const EvaluationData& data_;
    const FinetuneOptions& options_;
    std::uint64_t seed_;
    torch::Device device_;
    Precision precision_;
    ViewRecipe recipe_;
    Learners learners_;
    torch::nn::Linear head_;
    Batches batches_;
    std::unique_ptr<Optimizer> optimizer_;
    std::vector<Tensor> trained_;
    std::vector<Tensor> state_; ///< all that training changes: parameters and the encoder's buffers
    std::int64_t passes_ = 1, steps_per_epoch_ = 0, total_ = 0, warmup_ = 0, taken_ = 0;
    double rate_ = 0;
};

} // namespace

EvaluationOutcome evaluate_finetuned(Encoder& encoder, const EvaluationData& data, const FinetuneOptions& options,
                                     std::uint64_t seed, const torch::Device& device) {
    if (data.train.size() < 2)
        user_error("fine-tuning needs at least two labelled films; the labelled subset has {}", data.train.size());
    return FineTuning(encoder, data, options, seed, device).run();
}

} // namespace mlvicx
