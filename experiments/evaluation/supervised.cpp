#include "experiments/evaluation/supervised.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "core/random.h"
#include "experiments/evaluation/supervised_state.h"
#include "methods/optimizer/clip.h"
#include "methods/optimizer/recorded_step.h"
#include "methods/optimizer/schedule.h"

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
    make_channels_last(encoder_);
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
    head_name_ = name;
    head_->to(run_.device);
    make_channels_last(*head_);
    for (const auto& entry : head_->named_parameters()) trained_.emplace_back(name + "." + entry.key(), entry.value());
}

NamedTensors SupervisedModel::changed() const {
    NamedTensors tensors = trained_;
    for (const auto& entry : encoder_.named_buffers()) tensors.emplace_back("encoder." + entry.key(), entry.value());
    for (const auto& entry : head_->named_buffers())
        tensors.emplace_back(head_name_ + "." + entry.key(), entry.value());
    return tensors;
}

void SupervisedModel::expect(const std::vector<std::int64_t>& indices) {
    expected_ = indices;
    ahead_ = RowsAhead(data_.images, indices, run_.device);
}

std::vector<Tensor> SupervisedModel::batch(const std::vector<std::int64_t>& indices, std::uint32_t pass) {
    encoder_.train(everything_); // the rest stays in evaluation mode: batch norms keep their statistics
    for (const auto& item : encoder_.named_modules({}, /*include_self=*/false))
        if (std::find(stage_.begin(), stage_.end(), item.key()) != stage_.end()) item.value()->train();
    head_->train();
    const auto images = expects(indices) ? ahead_.take() : take_images(data_.images, indices, run_.device);
    auto batch = begin_encoder_input(images, indices, recipe_, run_.image_size, {run_.seed, pass, supervised_view});
    batch.push_back(targets(indices, pass));
    expected_.clear();
    return batch;
}

Tensor SupervisedModel::loss(const std::vector<Tensor>& batch) {
    return loss_of(finish_encoder_input({batch.begin(), batch.end() - 1}, recipe_, run_.image_size), batch.back());
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
          batches_(std::ssize(model.images()), options.batch_size), changed_(model.changed()),
          clock_(run.saving.seconds) {
        OptimizerOptions adamw;
        adamw.name = "adamw";
        adamw.weight_decay = options.weight_decay;
        optimizer_ = make_optimizer(adamw, model.trained());
        const auto passes = (options.min_steps_per_epoch + batches_.count - 1) / batches_.count;
        steps_per_epoch_ = std::max<std::int64_t>(1, passes) * batches_.count;
        total_ = options.epochs * steps_per_epoch_;
        warmup_ = std::min<std::int64_t>(std::llround(options.warmup_epochs * static_cast<double>(steps_per_epoch_)),
                                         total_ / 10);
        state_.loss = torch::zeros({}, run.device);
        std::vector<Tensor> buffers; // they follow the parameters
        for (auto i = model.trained().size(); i < changed_.size(); ++i) buffers.push_back(changed_[i].second);
        step_.emplace(*optimizer_, buffers, run.device, /*alone=*/true, [this](const std::vector<Tensor>& batch) {
            const auto loss = model_.loss(batch);
            loss.backward();
            if (steps_.clip > 0) clip_gradients(optimizer_->parameters(), steps_.clip);
            return std::vector{loss.detach()};
        });
        if (!run.saving.file.empty()) load_supervised(run.saving, changed_, *optimizer_, state_);
        seconds_before_ = state_.seconds;
    }

    SupervisedOutcome run() {
        if (state_.step > 0) say("resuming {} after step {} of {}", model_.name(), state_.step, total_);
        Progress progress(model_.name(), total_, "steps", state_.step, steps_per_epoch_);
        progress_ = &progress;
        try {
            while (state_.epoch() < options_.epochs && state_.epoch() - state_.best_epoch <= options_.patience) {
                train_epoch();
                finish_epoch();
            }
        } catch (const Interrupted&) { // between two steps, or within a validation, which is then repeated
            save();
            throw;
        }
        const torch::NoGradGuard no_grad;
        for (std::size_t i = 0; i < state_.best.size(); ++i) changed_[i].second.copy_(state_.best[i]);
        SupervisedOutcome outcome;
        outcome.seconds_before = seconds_before_;
        for (const auto& epoch : state_.epochs)
            for (auto& point : points_of(epoch)) outcome.curves.push_back(std::move(point));
        outcome.details = {{"best_epoch", state_.best_epoch},
                           {"epochs", state_.epoch()},
                           {"stopped_early", state_.epoch() < options_.epochs},
                           {model_.figure(), state_.best_figure ? json::value(*state_.best_figure) : json::value()},
                           {"steps_per_epoch", steps_per_epoch_},
                           {"batch_size", batches_.size},
                           {"precision", precision_name()}};
        return outcome;
    }

private:
    const char* precision_name() const { return name_of(precision_from(options_.precision, run_.device)); }

    void save() {
        if (run_.saving.file.empty()) return;
        state_.seconds = seconds_before_ + clock_.worked();
        clock_.save([&] { save_supervised(run_.saving, changed_, *optimizer_, state_); });
    }

    /// The steps of the current epoch that are left.
    void train_epoch() {
        const std::int64_t epoch = state_.epoch(), end = (epoch + 1) * steps_per_epoch_;
        while (state_.step < end) {
            if (interrupted()) throw Interrupted{};
            state_.loss += step();
            progress_->advance(1, fmt::format("epoch {}/{}{}", epoch + 1, options_.epochs, note_));
            if (clock_.due()) save();
        }
    }

    /// The images of a step. Each pass over them has its own order.
    std::vector<std::int64_t> images_of(std::int64_t step) {
        if (const auto pass = step / batches_.count; pass != ordered_pass_) {
            order_ = model_.images();
            Random random(run_.seed, Purpose::order, static_cast<std::uint32_t>(pass));
            shuffle(order_, random);
            ordered_pass_ = pass;
        }
        return batches_.at(order_, step % batches_.count);
    }

    /// Validates, and records the epoch.
    void finish_epoch() {
        const std::int64_t epoch = state_.epoch();
        const double rate = rate_at(state_.step - 1);
        const double loss = state_.loss.item<double>() / static_cast<double>(steps_per_epoch_);
        if (!std::isfinite(loss))
            user_error("{}: the loss is no longer finite in epoch {} (learning rate {:.3g}, precision {}); expected a "
                       "finite loss, so try a lower learning_rate or precision fp32",
                       model_.name(), epoch + 1, rate, precision_name());
        progress_->advance(0, fmt::format("validating after epoch {}/{}", epoch + 1, options_.epochs));
        const auto figure = model_.validate();
        note_ = fmt::format(", loss {:.3g}", loss);
        auto& record = state_.epochs.emplace_back(EpochRecord{epoch, {{"train_loss", loss}, {"learning_rate", rate}}});
        if (figure) record.values.emplace_back(model_.figure(), *figure);
        state_.loss.zero_();
        if (run_.on_epoch) run_.on_epoch(points_of(record));
        if (!figure) state_.best_epoch = epoch; // no metric to choose by: the last epoch
        if (!figure || (state_.best_figure && *figure <= *state_.best_figure)) return;
        state_.best_figure = figure;
        state_.best_epoch = epoch;
        state_.best.clear();
        for (const auto& [name, tensor] : changed_) state_.best.push_back(tensor.detach().clone());
    }

    Tensor step() {
        optimizer_->zero_grad(); // first, so that the images' maps can reuse the gradients' memory
        const auto pass = static_cast<std::uint32_t>(state_.step / batches_.count); // repeats get their own views
        const auto batch = model_.batch(images_of(state_.step), pass);
        model_.expect(images_of(state_.step + 1));
        const auto loss = step_->run(batch, rate_at(state_.step++)).front();
        step_->update();
        return loss;
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
    const NamedTensors changed_; ///< everything that training changes
    std::optional<RecordedStep> step_;
    SupervisedState state_;
    SavingClock clock_;
    std::int64_t ordered_pass_ = -1;
    std::vector<std::int64_t> order_; ///< of that pass
    double seconds_before_ = 0;       ///< an earlier start
    std::int64_t steps_per_epoch_ = 0, total_ = 0, warmup_ = 0;
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
