#include "experiments/supervised.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "core/random.h"
#include "methods/optimizer.h"
#include "methods/schedule.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

using torch::Tensor;

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

class SupervisedTraining {
public:
    SupervisedTraining(const SupervisedTask& task, const FinetuneOptions& options, std::uint64_t seed,
                       const torch::Device& device)
        : task_(task), options_(options), seed_(seed), device_(device),
          batches_(static_cast<std::int64_t>(task.films.size()), options.batch_size) {
        for (const auto& [name, tensor] : task.trained) trained_.push_back(tensor);
        state_ = trained_;
        state_.insert(state_.end(), task.buffers.begin(), task.buffers.end());
        OptimizerOptions adamw;
        adamw.name = "adamw";
        adamw.weight_decay = options.weight_decay;
        optimizer_ = make_optimizer(adamw, task.trained);
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
        Progress progress(task_.name, total_, "steps", 0, steps_per_epoch_);
        progress_ = &progress;
        for (; epoch < options_.epochs && epoch - best_epoch <= options_.patience; ++epoch) {
            const double loss = train_epoch(epoch);
            progress.advance(0, fmt::format("validating after epoch {}/{}", epoch + 1, options_.epochs));
            const auto figure = task_.validate();
            note_ = fmt::format(", loss {:.3g}", loss);
            outcome.curves.push_back({epoch, "train_loss", loss});
            outcome.curves.push_back({epoch, "learning_rate", rate_});
            if (figure) outcome.curves.push_back({epoch, task_.figure, *figure});
            if (!figure) best_epoch = epoch; // nothing to choose by: the last
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
                           {task_.figure, best_figure ? json::value(*best_figure) : json::value()},
                           {"steps_per_epoch", steps_per_epoch_},
                           {"batch_size", batches_.size},
                           {"precision", precision_name()}};
        return outcome;
    }

private:
    const char* precision_name() const { return name_of(precision_from(options_.precision, device_)); }

    double train_epoch(std::int64_t epoch) {
        auto sum = torch::zeros({}, device_);
        for (std::int64_t pass = 0; pass < passes_; ++pass) {
            const auto key = static_cast<std::uint32_t>(epoch * passes_ + pass); // repeats get views of their own
            auto order = task_.films;
            Random random(seed_, Purpose::order, key);
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
                       task_.name, epoch + 1, rate_, precision_name());
        return loss;
    }

    Tensor step(const std::vector<std::int64_t>& numbers, std::uint32_t pass) {
        optimizer_->zero_grad(); // first, so that the films' maps take the gradients' place in memory
        const auto loss = task_.loss(numbers, pass);
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

    const SupervisedTask& task_;
    const FinetuneOptions& options_;
    std::uint64_t seed_;
    torch::Device device_;
    Batches batches_;
    std::unique_ptr<Optimizer> optimizer_;
    std::vector<Tensor> trained_, state_; ///< parameters; all that training changes
    std::int64_t passes_ = 1, steps_per_epoch_ = 0, total_ = 0, warmup_ = 0, taken_ = 0;
    double rate_ = 0;
    Progress* progress_ = nullptr; ///< while it runs
    std::string note_;             ///< the loss of the epoch before
};

} // namespace

SupervisedOutcome train_supervised(const SupervisedTask& task, const FinetuneOptions& options, std::uint64_t seed,
                                   const torch::Device& device) {
    if (task.films.size() < 2)
        user_error("{} needs at least two labelled films; the labelled subset has {}", task.name, task.films.size());
    return SupervisedTraining(task, options, seed, device).run();
}

ViewRecipe supervised_views(const FinetuneOptions& options) {
    ViewRecipe recipe;
    recipe.crop_low = options.crop_low;
    recipe.interpolation = "bilinear";
    recipe.flip = options.flip;
    recipe.jitter = options.jitter > 0 ? 0.5 : 0;
    recipe.brightness = recipe.contrast = options.jitter;
    recipe.blur = recipe.solarize = 0;
    return recipe;
}

} // namespace mlvicx
