#include "experiments/evaluation/features.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "methods/pretrain/saved_training.h"
#include "methods/views/images.h"
#include "methods/views/views.h"
#include "methods/weights.h"

#include <torch/torch.h>
#include <torch/version.h>

#include <algorithm>

namespace mlvicx {

torch::Tensor rows_of(const torch::Tensor& tensor, const std::vector<std::int64_t>& indices) {
    return take_images(tensor, indices, tensor.device());
}

void for_each_batch(const char* label, const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                    const Inference& inference,
                    const std::function<void(const torch::Tensor& input, std::int64_t begin, std::int64_t count)>& work,
                    std::int64_t first) {
    const auto count = static_cast<std::int64_t>(indices.size());
    const std::int64_t batch = inference.batch > 0 ? inference.batch : inference.device.is_cuda() ? 256 : 32;
    Progress progress(label, count, "images", first);
    const auto collect = [&](std::int64_t begin) {
        std::vector<std::int64_t> chosen(static_cast<std::size_t>(batch), indices[static_cast<std::size_t>(begin)]);
        std::copy_n(indices.begin() + begin, std::min(batch, count - begin), chosen.begin());
        return RowsAhead(images, std::move(chosen), inference.device);
    };
    RowsAhead next = first < count ? collect(first) : RowsAhead();
    for (std::int64_t begin = first; begin < count; begin += batch) {
        if (interrupted()) throw Interrupted{};
        const auto size = std::min(batch, count - begin);
        const auto taken = next.take();
        if (begin + batch < count) next = collect(begin + batch);
        work(encoder_input(plain_view(taken, inference.image_size)), begin, size);
        progress.advance(size);
    }
}

namespace {

constexpr auto features_format = "mlvicx-bench checkpoint of features 1";

/// Writes the first `done` rows, unless they have NaN or infinity, which the end reports.
void save_rows(const Saving& saving, const torch::Tensor& features, std::int64_t done) {
    const auto rows = features.narrow(0, 0, done);
    if (done > 0 && rows.isfinite().all().item<bool>())
        save_training(saving.file, {features_format, saving.identity, done, {{"features", rows}}, {}});
}

/// Copies the rows of a checkpoint into `features`; returns how many it has.
std::int64_t restored_rows(const Saving& saving, torch::Tensor& features) {
    try {
        const auto saved = open_training(saving.file, features_format, saving.identity);
        if (!saved) return 0;
        const std::int64_t done = std::min(step_of(*saved), features.size(0));
        NamedTensors rows{{"features", features.narrow(0, 0, done)}};
        require_shapes(*saved, rows);
        saved->at("features", DType::f32, {done, -1});
        copy_saved(*saved, rows);
        say("resuming features after {} of {} images", done, features.size(0));
        return done;
    } catch (const UserError& error) {
        say("beginning features anew: {}", error.what());
        return 0;
    }
}

} // namespace

std::string identity_of_features(const std::string& fingerprint, const Encoder& encoder, const Inference& inference) {
    return fmt::format("images {}, weights {}, {} pixels, {} on {}, LibTorch {}", fingerprint,
                       digest_of(state_of(encoder)), inference.image_size, name_of(inference.precision),
                       describe_device(inference.device), TORCH_VERSION);
}

torch::Tensor extract_features(Encoder& encoder, const torch::Tensor& images, const std::vector<std::int64_t>& indices,
                               const Inference& inference, const Saving& saving) {
    const torch::NoGradGuard no_grad; // not InferenceMode: autocast may keep cast weights for later training
    const EvaluationMode mode(encoder);
    make_channels_last(encoder);
    auto features =
        torch::empty({static_cast<std::int64_t>(indices.size()), encoder.features()}, torch::device(inference.device));
    const bool saves = !saving.file.empty();
    std::int64_t done = saves ? restored_rows(saving, features) : 0;
    SavingClock clock(saving.seconds);
    const auto work = [&](const torch::Tensor& input, std::int64_t begin, std::int64_t size) {
        torch::Tensor output;
        {
            const Autocast autocast(inference.device, inference.precision);
            output = encoder.forward(input);
        }
        features.narrow(0, begin, size).copy_(output.narrow(0, 0, size));
        done = begin + size;
        if (saves && clock.due()) clock.save([&] { save_rows(saving, features, done); });
    };
    try {
        for_each_batch("features", images, indices, inference, work, done);
    } catch (const Interrupted&) {
        if (saves) save_rows(saving, features, done);
        throw;
    }
    const auto finite = features.isfinite().all(1);
    if (!finite.all().item<bool>())
        user_error(
            "the encoder's features of {} of {} images are not finite numbers; expected finite ones, so its weights "
            "are too large or damaged",
            features.size(0) - finite.sum().item<std::int64_t>(), features.size(0));
    return features;
}

void count_features(const torch::Tensor& varying, json::object& details) {
    details["features"] = varying.numel();
    details["dead_features"] = varying.numel() - varying.sum().item<std::int64_t>();
}

} // namespace mlvicx
