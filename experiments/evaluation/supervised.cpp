#include "experiments/evaluation/supervised.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "core/random.h"
#include "methods/optimizer/optimizer.h"
#include "methods/optimizer/schedule.h"
#include "methods/views/images.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

using torch::Tensor;

void fields(Fields& f, SupervisedOptions& options) {
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

void fields(Fields& f, StepOptions& options) {
    f.field("schedule", options.schedule, {"cosine", "restarts"});
    f.field("restart_epochs", options.restart_epochs, at_least(1));
    f.field("restart_factor", options.restart_factor, at_least(1));
    f.field("lowest_rate", options.lowest_rate, at_least(0));
    f.field("clip", options.clip, at_least(0));
}

namespace {

ViewRecipe supervised_views(const SupervisedOptions& options) {
    ViewRecipe recipe;
    recipe.crop_low = options.crop_low;
    recipe.interpolation = "bilinear";
    recipe.flip = options.flip;
    recipe.jitter = options.jitter > 0 ? 0.5 : 0;
    recipe.brightness = recipe.contrast = options.jitter;
    recipe.blur = recipe.solarize = 0;
    return recipe;
}

} // namespace

SupervisedModel::SupervisedModel(Encoder& encoder, const OpenDataset& data, const SupervisedOptions& options,
                                 const SupervisedRun& run, const std::string& learns)
    : encoder_(encoder), data_(data), run_(run),
      inference_({run.image_size, run.device, precision_from(options.precision, run.device)}),
      recipe_(supervised_views(options)), everything_(learns == "everything") {
    if (learns == "last_stage") stage_ = encoder.last_stage();
    encoder_.to(run.device);
    for (const auto& entry : encoder_.named_parameters()) {
        const bool trains = everything_ || std::any_of(stage_.begin(), stage_.end(), [&](const std::string& module) {
                                return entry.key().rfind(module + ".", 0) == 0;
                            });
        if (entry.value().set_requires_grad(trains).requires_grad())
            trained_.emplace_back("encoder." + entry.key(), entry.value());
    }
}

void SupervisedModel::add_head(const std::string& name, std::shared_ptr<torch::nn::Module> head) {
    head_ = std::move(head);
    head_->to(run_.device);
    for (const auto& entry : head_->named_parameters()) trained_.emplace_back(name + "." + entry.key(), entry.value());
}

std::vector<Tensor> SupervisedModel::buffers() const {
    auto buffers = encoder_.buffers();
    for (const auto& buffer : head_->buffers()) buffers.push_back(buffer);
    return buffers;
}

Tensor SupervisedModel::loss(const std::vector<std::int64_t>& indices, std::uint32_t pass) {
    encoder_.train(everything_); // the rest stays in evaluation mode: batch norms keep their statistics
    for (const auto& item : encoder_.named_modules({}, /*include_self=*/false))
        if (std::find(stage_.begin(), stage_.end(), item.key()) != stage_.end()) item.value()->train();
    head_->train();
    const auto images = take_images(data_.images, indices, run_.device);
    return loss_of(
        encoder_input(make_views(images, indices, recipe_, run_.image_size, {run_.seed, pass, supervised_view})),
        indices, pass);
}

namespace {

/// One pass over the labelled images in its own order, cut into batches.
struct Batches {
    std::int64_t images, size, count;
    Batches(std::int64_t labelled, std::int64_t batch_size) : images(labelled), size(std::min(labelled, batch_size)) {
        count = images / size + (images % size > 1 ? 1 : 0); // a last batch of one image is left out
    }
    std::vector<std::int64_t> at(const std::vector<std::int64_t>& order, std::int64_t batch) const {
        const auto begin = batch * size, end = std::min(images, begin + size);
        return {order.begin() + begin, order.begin() + end};
    }
};

class SupervisedTraining {
public:
    SupervisedTraining(SupervisedModel& model, const SupervisedOptions& options, const StepOptions& steps,
                       const SupervisedRun& run)
        : model_(model), options_(options), steps_(steps), run_(run),
          batches_(std::ssize(model.images()), options.batch_size), state_(model.buffers()) {
        for (const auto& [name, tensor] : model.trained()) trained_.push_back(tensor);
        state_.insert(state_.end(), trained_.begin(), trained_.end());
        OptimizerOptions adamw;
        adamw.name = "adamw";
        adamw.weight_decay = options.weight_decay;
        optimizer_ = make_optimizer(adamw, model.trained());
        passes_ = std::max<std::int64_t>(1, (options.min_steps_per_epoch + batches_.count - 1) / batches_.count);
        steps_per_epoch_ = passes_ * batches_.count;
        total_ = options.epochs * steps_per_epoch_;
        warmup_ = std::min<std::int64_t>(std::llround(options.warmup_epochs * static_cast<double>(steps_per_epoch_)),
                                         total_ / 10);
    }

    SupervisedOutcome run() {
        SupervisedOutcome outcome;
        std::optional<double> best_figure;
        std::vector<Tensor> best;
        std::int64_t epoch = 0, best_epoch = 0;
        Progress progress(model_.name(), total_, "steps", 0, steps_per_epoch_);
        progress_ = &progress;
        for (; epoch < options_.epochs && epoch - best_epoch <= options_.patience; ++epoch) {
            const double loss = train_epoch(epoch);
            progress.advance(0, fmt::format("validating after epoch {}/{}", epoch + 1, options_.epochs));
            const auto figure = model_.validate();
            note_ = fmt::format(", loss {:.3g}", loss);
            std::vector<CurvePoint> points = {{epoch, "train_loss", loss}, {epoch, "learning_rate", rate_}};
            if (figure) points.push_back({epoch, model_.figure(), *figure});
            outcome.curves.insert(outcome.curves.end(), points.begin(), points.end());
            if (run_.on_epoch) run_.on_epoch(points);
            if (!figure) best_epoch = epoch; // no metric to choose by: the last epoch
            if (!figure || (best_figure && *figure <= *best_figure)) continue;
            best_figure = figure;
            best_epoch = epoch;
            best.clear();
            for (const auto& tensor : state_) best.push_back(tensor.detach().clone());
        }
        const torch::NoGradGuard no_grad;
        for (std::size_t i = 0; i < best.size(); ++i) state_[i].copy_(best[i]);
        outcome.details = {{"best_epoch", best_epoch},
                           {"epochs", epoch},
                           {"stopped_early", epoch < options_.epochs},
                           {model_.figure(), best_figure ? json::value(*best_figure) : json::value()},
                           {"steps_per_epoch", steps_per_epoch_},
                           {"batch_size", batches_.size},
                           {"precision", precision_name()}};
        return outcome;
    }

private:
    const char* precision_name() const { return name_of(precision_from(options_.precision, run_.device)); }

    double train_epoch(std::int64_t epoch) {
        auto sum = torch::zeros({}, run_.device);
        for (std::int64_t pass = 0; pass < passes_; ++pass) {
            const auto key = static_cast<std::uint32_t>(epoch * passes_ + pass); // repeats get their own views
            auto order = model_.images();
            Random random(run_.seed, Purpose::order, key);
            shuffle(order, random);
            for (std::int64_t b = 0; b < batches_.count; ++b) {
                if (interrupted()) throw Interrupted{};
                sum += step(batches_.at(order, b), key);
                progress_->advance(1, fmt::format("epoch {}/{}{}", epoch + 1, options_.epochs, note_));
            }
        }
        const double loss = sum.item<double>() / static_cast<double>(steps_per_epoch_);
        if (!std::isfinite(loss))
            user_error("{}: the loss is no longer finite in epoch {} (learning rate {:.3g}, precision {}); expected a "
                       "finite loss, so try a lower learning_rate or precision fp32",
                       model_.name(), epoch + 1, rate_, precision_name());
        return loss;
    }

    Tensor step(const std::vector<std::int64_t>& indices, std::uint32_t pass) {
        optimizer_->zero_grad(); // first, so that the images' maps can reuse the gradients' memory
        const auto loss = model_.loss(indices, pass);
        loss.backward();
        if (steps_.clip > 0) torch::nn::utils::clip_grad_norm_(trained_, steps_.clip);
        rate_ = rate_at(taken_++);
        optimizer_->step(rate_);
        return loss.detach();
    }

    double rate_at(std::int64_t taken) const {
        if (steps_.schedule == "cosine")
            return options_.learning_rate * warmup_cosine(taken, total_, warmup_, ScheduleOptions{});
        const auto epoch = taken / steps_per_epoch_;
        return steps_.lowest_rate + (options_.learning_rate - steps_.lowest_rate) *
                                        warm_restarts(epoch, steps_.restart_epochs, steps_.restart_factor);
    }

    SupervisedModel& model_;
    const SupervisedOptions& options_;
    const StepOptions& steps_;
    const SupervisedRun run_;
    Batches batches_;
    std::unique_ptr<Optimizer> optimizer_;
    std::vector<Tensor> trained_, state_; ///< parameters; everything that training changes
    std::int64_t passes_ = 1, steps_per_epoch_ = 0, total_ = 0, warmup_ = 0, taken_ = 0;
    double rate_ = 0;
    Progress* progress_ = nullptr; ///< set while it runs
    std::string note_;             ///< loss of the previous epoch
};

} // namespace

SupervisedOutcome train_supervised(SupervisedModel& model, const SupervisedOptions& options, const StepOptions& steps,
                                   const SupervisedRun& run) {
    if (model.images().size() < 2)
        user_error("{} needs at least two labelled images; the labelled subset has {}", model.name(),
                   model.images().size());
    return SupervisedTraining(model, options, steps, run).run();
}

} // namespace mlvicx
