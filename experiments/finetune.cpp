#include "experiments/supervised.h"

#include "core/error.h"
#include "methods/diagnostics.h"
#include "methods/films.h"

#include <torch/torch.h>

#include <algorithm>

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

/// A linear layer that scores every film its class's share among the labelled films, whatever its features.
torch::nn::Linear prior_head(std::int64_t features, const Tensor& labels) {
    const torch::NoGradGuard no_grad;
    torch::nn::Linear head(features, labels.size(1));
    const auto known = (labels >= 0).sum(0).to(torch::kFloat32), positive = (labels == 1).sum(0).to(torch::kFloat32);
    head->weight.zero_();
    head->bias.copy_(torch::logit((positive + 0.5) / (known + 1))); // half a film of each value keeps it finite
    return head;
}

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

/// Encoder and head as one classifier.
class Classifier {
public:
    Classifier(Encoder& encoder, const EvaluationData& data, const FinetuneOptions& options, std::uint64_t seed,
               const torch::Device& device)
        : encoder_(encoder), data_(data), seed_(seed), device_(device),
          precision_(precision_from(options.precision, device)), recipe_(supervised_views(options)),
          learners_(encoder, options.learns), head_(prior_head(encoder.features(), rows_of(data.labels, data.train))) {
        encoder_.to(device);
        head_->to(device);
    }

    SupervisedTask task() {
        SupervisedTask task;
        task.name = "fine-tuning";
        task.figure = "validation_auc";
        task.films = data_.train;
        for (const auto& entry : encoder_.named_parameters())
            if (entry.value().set_requires_grad(learners_.has(entry.key())).requires_grad())
                task.trained.emplace_back("encoder." + entry.key(), entry.value());
        for (const auto& entry : head_->named_parameters())
            task.trained.emplace_back("head." + entry.key(), entry.value());
        task.buffers = encoder_.buffers();
        task.loss = [this](const auto& numbers, std::uint32_t pass) { return loss(numbers, pass); };
        task.validate = [this] {
            return auc_of(scores(data_.validation), rows_of(data_.labels, data_.validation), data_.classes).mean;
        };
        return task;
    }

    /// What differs by rounding alone is not ranked: films that are all alike to the encoder get one score. `details`
    /// take the count of features, where they are given.
    Tensor scores(const std::vector<std::int64_t>& numbers, json::object* details = nullptr) {
        const torch::NoGradGuard no_grad;
        auto features = extract_features(encoder_, data_.films, numbers, data_.image_size, device_, precision_);
        const auto varying = varying_features(features, precision_);
        if (details) count_features(varying, *details);
        const bool alike = !numbers.empty() && !varying.any().item<bool>();
        const auto scores = torch::sigmoid(head_->forward(alike ? features.narrow(0, 0, 1) : features)).cpu();
        return alike ? scores.expand({features.size(0), scores.size(1)}).contiguous() : scores;
    }

    LinearHead head() const { return {head_->weight.detach().cpu().clone(), head_->bias.detach().cpu().clone()}; }

private:
    Tensor loss(const std::vector<std::int64_t>& numbers, std::uint32_t pass) {
        learners_.train();
        const auto labels = sent_to(rows_of(data_.labels, numbers), device_);
        const auto input = encoder_input(make_views(take_films(data_.films, numbers, device_), numbers, recipe_,
                                                    data_.image_size, seed_, pass, supervised_view));
        Tensor features;
        {
            const Autocast autocast(device_, precision_);
            features = encoder_.forward(input);
        }
        const auto known = (labels >= 0).to(torch::kFloat32);
        const auto losses =
            torch::binary_cross_entropy_with_logits(head_->forward(features.to(torch::kFloat32)),
                                                    (labels == 1).to(torch::kFloat32), known, {}, at::Reduction::Sum);
        return losses / known.sum().clamp_min(1);
    }

    Encoder& encoder_;
    const EvaluationData& data_;
    std::uint64_t seed_;
    torch::Device device_;
    Precision precision_;
    ViewRecipe recipe_;
    Learners learners_;
    torch::nn::Linear head_;
};

} // namespace

EvaluationOutcome evaluate_finetuned(Encoder& encoder, const EvaluationData& data, const FinetuneOptions& options,
                                     std::uint64_t seed, const torch::Device& device) {
    Classifier classifier(encoder, data, options, seed, device);
    auto trained = train_supervised(classifier.task(), options, seed, device);
    encoder.eval();
    EvaluationOutcome outcome;
    outcome.validation_scores = classifier.scores(data.validation);
    outcome.details = std::move(trained.details);
    outcome.test_scores = classifier.scores(data.test, &outcome.details);
    outcome.head = classifier.head();
    outcome.curves = std::move(trained.curves);
    return outcome;
}

} // namespace mlvicx
