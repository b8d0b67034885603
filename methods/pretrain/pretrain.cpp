#include "methods/pretrain/pretrain.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "methods/pretrain/alignment.h"
#include "methods/pretrain/batches_ahead.h"
#include "methods/pretrain/checkpoint.h"
#include "methods/pretrain/epoch_order.h"
#include "methods/pretrain/pretrain_parts.h"
#include "methods/pretrain/ranks.h"
#include "methods/pretrain/step_parts.h"
#include "methods/pretrain/training_pass.h"
#include "methods/weights.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace mlvicx {

void fields(Fields& f, PretrainOptions& options) {
    f.field("epochs", options.epochs, at_least(1));
    f.field("batch_size", options.batch_size, at_least(2));
    f.field("image_size", options.image_size, at_least(16));
    f.field(addition("norm_batch"), options.norm_batch, at_least(0));
    if (options.norm_batch == options.batch_size) options.norm_batch = 0; // all, which has one identity
    f.field(addition("images"), options.images, at_least(0));
    if (options.images == 1) options.images = 0; // all, which has one identity
    f.field(addition("balance"), options.balance);
    f.field("checkpoint_every", options.checkpoint_every, at_least(1));
    f.field("probe_every", options.probe_every, at_least(0));
    f.field("precision", options.precision, {"auto", "bf16", "fp32"});
    f.group("optimizer", [&](Fields& inner) { fields(inner, options.optimizer); });
    f.group("schedule", [&](Fields& inner) { fields(inner, options.schedule); });
    f.group("view1", [&](Fields& inner) { fields(inner, options.view1); });
    f.group("view2", [&](Fields& inner) { fields(inner, options.view2); });
}

void require_valid(const PretrainOptions& options, const std::string& where) {
    require_valid(options.view1, where + ".view1");
    require_valid(options.view2, where + ".view2");
    if (options.norm_batch != 0 && (options.norm_batch < 2 || options.batch_size % options.norm_batch != 0))
        user_error("{}.norm_batch is {}, expected 0 or at least 2 images of which batch_size, {}, is a multiple", where,
                   options.norm_batch, options.batch_size);
    if (options.images > 1 && options.images != std::floor(options.images))
        user_error("{}.images is {}, expected a fraction up to 1 or a whole number of images", where, options.images);
    if (options.images > 1 && options.images < static_cast<double>(options.batch_size))
        user_error("{}.images is {}, fewer than a batch of {}", where, options.images, options.batch_size);
    if (const double warmup = options.schedule.warmup_epochs; warmup >= static_cast<double>(options.epochs))
        user_error(
            "{}.schedule.warmup_epochs is {:g}, but the run has {} epoch{}: the learning rate would never arrive; "
            "expected fewer than {}",
            where, warmup, options.epochs, options.epochs == 1 ? "" : "s", options.epochs);
}

namespace {

/// `images`: in an epoch.
void require_trainable(const PretrainOptions& options, std::int64_t images) {
    require_valid(options.view1, "view1");
    require_valid(options.view2, "view2");
    if (options.batch_size < 2)
        user_error("batch_size is {}: pre-training compares images, so at least 2 are needed", options.batch_size);
    if (images < options.batch_size)
        user_error("batch_size is {}, but there are only {} images to pre-train on", options.batch_size, images);
}

std::unique_ptr<Optimizer> optimizer_of(Method& method, const OptimizerOptions& options) {
    NamedTensors trained;
    for (const auto& item : method.named_parameters())
        if (item.value().requires_grad()) trained.emplace_back(item.key(), item.value());
    return make_optimizer(options, std::move(trained),
                          [&method](const std::string& name) { return method.rate_factor(name); });
}

void require_finite(const Method& method, std::int64_t step, const std::string& last_good) {
    for (const auto& [name, tensor] : state_of(method))
        if (tensor.is_floating_point() && !tensor.isfinite().all().item<bool>())
            user_error("training diverged: after step {} the weights {} have NaN or inf; {}", step, name, last_good);
}

void add_alignment(EpochRecord& record, const FixedBatch& fixed, Method& method) {
    const auto embeddings = fixed.embeddings(method);
    const auto [first, second] = fixed.features(method.encoder());
    record.values.emplace_back("view_correlation", embeddings.correlation);
    record.values.emplace_back("nearest_view", embeddings.nearest);
    record.values.emplace_back("feature_nearest_view", alignment_of(first, second).nearest);
    record.values.emplace_back("aligned_images", static_cast<double>(fixed.size()));
}

} // namespace

std::vector<EpochRecord> pretrain(Method& method, const ImagePool& images, const std::vector<std::int64_t>& indices,
                                  const PretrainOptions& options, const torch::Device& device, const PretrainRun& run) {
    using Clock = std::chrono::steady_clock;
    const EpochOrder order(images, indices, options.seed, options.balance);
    require_trainable(options, order.size());
    const Precision precision = precision_from(options.precision, device);
    const std::int64_t batch = options.batch_size;
    const std::int64_t steps_per_epoch = order.size() / batch;
    const std::int64_t total = options.epochs * steps_per_epoch;
    const std::int64_t warmup = std::min<std::int64_t>(
        std::llround(options.schedule.warmup_epochs * static_cast<double>(steps_per_epoch)), total);
    const bool scaled = options.optimizer.name != "adamw";
    const double base_rate = options.optimizer.learning_rate * (scaled ? static_cast<double>(batch) / 256 : 1);

    method.train();
    make_channels_last(method);
    Ranks ranks(run.world, options, method);
    const auto optimizer = optimizer_of(method, options.optimizer);
    TrainingState state;
    std::string last_good = "no checkpoint has been written yet";
    const auto name_last_good = [&] {
        last_good = fmt::format("the last good checkpoint is {} (step {})", run.checkpoint.string(), state.step);
    };
    if (ranks.first() && !run.checkpoint.empty() &&
        load_checkpoint(run.checkpoint, method, *optimizer, state, run.identity))
        name_last_good();
    ranks.take_state_of_first(method, *optimizer, state);
    const auto save = [&] {
        require_finite(method, state.step, last_good);
        if (!ranks.first() || run.checkpoint.empty()) return;
        save_checkpoint(run.checkpoint, method, *optimizer, state, run.identity);
        name_last_good();
    };
    if (state.step >= total) return state.records;

    const ImagePool held = images.on(device);
    const FixedBatch fixed(held, indices, options, device);
    TrainingPass pass(method, ranks, options, *optimizer, device, precision);
    BatchesAhead batches(held, order, ranks, batch, device);
    if (state.step > 0) say("resuming from epoch {} of {}", state.step / steps_per_epoch + 1, options.epochs);
    Progress progress("pre-training", total * batch, "images", state.step * batch, steps_per_epoch * batch);
    while (state.step < total) {
        const std::int64_t epoch = state.step / steps_per_epoch, resumed_at = state.step;
        EpochMeter meter(state, steps_per_epoch, batch, device, last_good);
        double rate = 0;
        const auto begin = Clock::now();
        while (state.step < (epoch + 1) * steps_per_epoch) {
            if (ranks.any(interrupted())) {
                meter.pause();
                save();
                throw Interrupted{};
            }
            const auto batch_images = in_part(step_part::data, [&] { return batches.of(state.step); });
            rate = base_rate * warmup_cosine(state.step, total, warmup, options.schedule);
            auto output = pass.step(batch_images, rate);
            if (meter.keeps_embeddings()) output.embedding = ranks.of_all(output.embedding);
            meter.add(output);
            ++state.step;
            in_part(step_part::optimiser, [&] {
                pass.update();
                method.after_step(static_cast<double>(state.step) / static_cast<double>(total));
            });
            progress.advance(batch, fmt::format("epoch {}/{}, loss {:.4g}", epoch + 1, options.epochs, meter.loss()));
        }
        meter.pause(); // waits for the GPU, so that the time is right
        const std::chrono::duration<double> seconds = Clock::now() - begin;
        const auto images_seen = static_cast<double>((state.step - resumed_at) * batch);
        auto& record = state.records.emplace_back(meter.finish(rate, images_seen / seconds.count()));
        if (ranks.first()) add_alignment(record, fixed, method);
        const bool probes = options.probe_every > 0 && ((epoch + 1) % options.probe_every == 0 || state.step == total);
        bool stopped = false;
        if (probes && run.probe && ranks.first()) {
            try {
                const auto found = run.probe(method.encoder());
                record.values.insert(record.values.end(), found.begin(), found.end());
            } catch (const Interrupted&) {
                stopped = true;
            }
            method.train();
        }
        if (probes && ranks.any(stopped)) {
            save(); // the epoch is finished, only without this probe
            throw Interrupted{};
        }
        if ((epoch + 1) % options.checkpoint_every == 0 || state.step == total) save();
        if (run.on_epoch) run.on_epoch(state.records.back());
    }
    return state.records;
}

} // namespace mlvicx
