#include "experiments/evaluation/finetune.h"

#include "core/error.h"
#include "experiments/evaluation/evaluation.h"
#include "methods/pretrain/diagnostics.h"

#include <torch/torch.h>

namespace mlvicx {

FinetuneOptions partial_options() {
    FinetuneOptions options;
    options.learns = "last_stage";
    return options;
}

FinetuneOptions released_options(bool frozen) {
    FinetuneOptions options;
    options.learns = frozen ? "nothing" : "everything";
    options.epochs = 300;
    options.batch_size = 128;
    options.learning_rate = frozen ? 3e-3 : 3e-4;
    options.weight_decay = 0;
    options.warmup_epochs = 0;
    options.patience = 10;
    options.crop_low = 1;
    options.flip = 0.5;
    options.jitter = 0;
    options.precision = "fp32";
    options.schedule = "restarts";
    options.restart_epochs = 10;
    options.restart_factor = 2;
    options.lowest_rate = 1e-6;
    options.clip = 1;
    return options;
}

namespace {

using torch::Tensor;

/// A linear layer that gives every image its class's fraction among the labelled images, whatever its features.
torch::nn::Linear prior_head(std::int64_t features, const Tensor& labels) {
    const torch::NoGradGuard no_grad;
    torch::nn::Linear head(features, labels.size(1));
    const auto known = (labels >= 0).sum(0).to(torch::kFloat32), positive = (labels == 1).sum(0).to(torch::kFloat32);
    head->weight.zero_();
    head->bias.copy_(torch::logit((positive + 0.5) / (known + 1))); // half an image of each value keeps it finite
    return head;
}

/// Encoder and head as one classifier.
class Classifier : public SupervisedModel {
public:
    Classifier(Encoder& encoder, const OpenDataset& data, const FinetuneOptions& options, const SupervisedRun& run)
        : SupervisedModel(encoder, data, options, run, options.learns),
          head_(prior_head(encoder.features(), rows_of(data.labels, data.train))) {
        add_head("head", head_.ptr());
    }

    const char* name() const override { return "fine-tuning"; }
    std::string figure() const override { return data_.chosen_on + "_auc"; }

    std::optional<double> validate() override {
        return auc_of(scores(data_.validation), rows_of(data_.labels, data_.validation), data_.classes).mean;
    }

    /// Does not rank differences that come from rounding: if all images look alike to the encoder, they get one score.
    /// Adds the counts of features to `details`, if given.
    Tensor scores(const std::vector<std::int64_t>& indices, json::object* details = nullptr) {
        const torch::NoGradGuard no_grad;
        auto features = extract_features(encoder_, data_.images, indices, inference_);
        const auto varying = varying_features(features, inference_.precision);
        if (details) count_features(varying, *details);
        const bool alike = !indices.empty() && !varying.any().item<bool>();
        const auto scores = torch::sigmoid(head_->forward(alike ? features.narrow(0, 0, 1) : features)).cpu();
        return alike ? scores.expand({features.size(0), scores.size(1)}).contiguous() : scores;
    }

    LinearHead head() const { return {head_->weight.detach().cpu().clone(), head_->bias.detach().cpu().clone()}; }
    Precision precision() const { return inference_.precision; }

private:
    Tensor targets(const std::vector<std::int64_t>& indices, std::uint32_t /*pass*/) override {
        return sent_to(rows_of(data_.labels, indices), run_.device);
    }

    Tensor loss_of(const Tensor& input, const Tensor& labels) override {
        Tensor features;
        {
            const Autocast autocast(run_.device, inference_.precision);
            features = encoder_.forward(input);
        }
        const auto known = (labels >= 0).to(torch::kFloat32);
        const auto losses =
            torch::binary_cross_entropy_with_logits(head_->forward(features.to(torch::kFloat32)),
                                                    (labels == 1).to(torch::kFloat32), known, {}, at::Reduction::Sum);
        return losses / known.sum().clamp_min(1);
    }

    torch::nn::Linear head_;
};

/// Fine-tuning with the options that a plan may set; `steps` says whether StepOptions are among them.
Procedure procedure_with(const FinetuneOptions& defaults, bool steps) {
    TypedProcedure<FinetuneOptions> tuning;
    tuning.defaults = defaults;
    tuning.fields = [steps](Fields& f, FinetuneOptions& options) {
        fields(f, static_cast<SupervisedOptions&>(options));
        if (steps) fields(f, static_cast<StepOptions&>(options));
    };
    tuning.identity = [steps, all = tuning.fields](FinetuneOptions options, const torch::Device& device) {
        options.precision = name_of(precision_from(options.precision, device));
        json::object identity{{"options", resolved([&](Fields& f) { all(f, options); })}};
        if (steps) identity["learns"] = options.learns;
        return identity;
    };
    tuning.evaluate = [](Evaluation& evaluation, const FinetuneOptions& options) {
        return classification_result(
            evaluation, evaluate_finetuned(evaluation.encoder(), evaluation.data, options, evaluation.run()));
    };
    return tuning.untyped();
}

} // namespace

EvaluationOutcome evaluate_finetuned(Encoder& encoder, const OpenDataset& data, const FinetuneOptions& options,
                                     const SupervisedRun& run) {
    Classifier classifier(encoder, data, options, run);
    auto trained = train_supervised(classifier, options, options, run);
    encoder.eval();
    EvaluationOutcome outcome;
    outcome.validation_scores = classifier.scores(data.validation);
    outcome.details = std::move(trained.details);
    outcome.test_scores = classifier.scores(data.test, &outcome.details);
    outcome.head = classifier.head();
    outcome.trained = {outcome.head.weight, outcome.head.bias, {}, {}};
    outcome.precision = classifier.precision();
    outcome.curves = std::move(trained.curves);
    outcome.seconds_before = trained.seconds_before;
    return outcome;
}

Procedure partial_procedure() {
    return procedure_with(partial_options(), true);
}

Procedure finetuned_procedure() {
    return procedure_with({}, false);
}

Procedure released_procedure(bool frozen) {
    return procedure_with(released_options(frozen), true);
}

} // namespace mlvicx
