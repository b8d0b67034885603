#include "experiments/segmentation.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "experiments/supervised.h"
#include "methods/films.h"
#include "methods/segmentation_loss.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace mlvicx {

void fields(Fields& f, SegmentationOptions& options) {
    fields(f, static_cast<FinetuneOptions&>(options));
    f.field("decoder_width", options.decoder_width, between(1, 256));
    f.field("datasets", options.datasets);
}

namespace {

using torch::Tensor;

/// Films are predicted and counted in batches of this many: no split's probabilities are held as a whole.
std::int64_t batch_on(const torch::Device& device) {
    return device.is_cuda() ? 64 : 16;
}

class Segmenter {
public:
    Segmenter(Encoder& encoder, const SegmentationData& data, const SegmentationOptions& options, bool frozen,
              std::uint64_t seed, const torch::Device& device)
        : encoder_(encoder), data_(data), frozen_(frozen), seed_(seed), device_(device),
          precision_(precision_from(options.precision, device)), recipe_(supervised_views(options)),
          decoder_(std::make_shared<UnetDecoder>(encoder.channels(), data.masks.size(1), options.decoder_width, seed)) {
        encoder_.to(device);
        decoder_->begin_with(mask_shares());
        decoder_->to(device);
    }

    SupervisedTask task() {
        SupervisedTask task;
        task.name = "segmentation";
        task.figure = "validation_dice";
        task.films = data_.train;
        if (!frozen_) {
            for (const auto& entry : encoder_.named_parameters())
                task.trained.emplace_back("encoder." + entry.key(), entry.value().requires_grad_());
            task.buffers = encoder_.buffers();
        }
        for (const auto& entry : decoder_->named_parameters())
            task.trained.emplace_back("decoder." + entry.key(), entry.value());
        for (const auto& buffer : decoder_->buffers()) task.buffers.push_back(buffer);
        task.loss = [this](const auto& numbers, std::uint32_t pass) { return loss(numbers, pass); };
        task.validate = [this] { return validate(); };
        return task;
    }

    /// Chooses the thresholds; the mean over masks of the Dice that they give.
    std::optional<double> validate() {
        const auto masks = static_cast<std::size_t>(data_.masks.size(1));
        std::vector<ThresholdSearch> searches(masks);
        each_film(data_.validation, [&](std::size_t mask, std::span<const float> scores,
                                        std::span<const std::uint8_t> truth) { searches[mask].add(scores, truth); });
        thresholds_.clear();
        double sum = 0, defined = 0;
        for (const auto& search : searches) {
            const auto [threshold, dice] = search.best();
            thresholds_.push_back(threshold);
            sum += dice.value_or(0);
            defined += dice.has_value();
        }
        return defined > 0 ? std::optional(sum / defined) : std::nullopt;
    }

    PixelCounts count(const std::vector<std::int64_t>& films) {
        PixelCounts counts;
        each_film(films, [&](std::size_t mask, std::span<const float> scores, std::span<const std::uint8_t> truth) {
            count_pixels(scores, truth, thresholds_[mask], counts);
        });
        return counts;
    }

    const std::vector<float>& thresholds() const { return thresholds_; }
    const std::shared_ptr<UnetDecoder>& decoder() const { return decoder_; }

private:
    /// Each mask's share of the labelled films' pixels; a pixel of each value keeps its logit finite.
    Tensor mask_shares() const {
        auto inside = torch::zeros({data_.masks.size(1)}, data_.masks.options().dtype(torch::kFloat64));
        for (const auto film : data_.train)
            inside += data_.masks[film].gt(0).sum(torch::IntArrayRef{1, 2}).to(torch::kFloat64);
        const auto pixels =
            static_cast<double>(data_.train.size()) * static_cast<double>(data_.masks.size(2) * data_.masks.size(3));
        return ((inside + 1) / (pixels + 2)).to(torch::kFloat32);
    }

    Tensor loss(const std::vector<std::int64_t>& numbers, std::uint32_t pass) {
        encoder_.train(!frozen_);
        decoder_->train();
        const auto input = encoder_input(make_views(take_films(data_.films, numbers, device_), numbers, recipe_,
                                                    data_.image_size, {seed_, pass, supervised_view}));
        const auto targets = make_mask_views(take_films(data_.masks, numbers, device_), numbers, recipe_,
                                             data_.image_size, {seed_, pass, supervised_view});
        Tensor logits;
        {
            const Autocast autocast(device_, precision_);
            std::vector<Tensor> maps;
            {
                const torch::AutoGradMode gradient(!frozen_);
                maps = encoder_.maps(input);
            }
            logits = decoder_->forward(maps, data_.image_size);
        }
        return segmentation_loss(logits, targets).value;
    }

    /// Scores and truth of every mask of every film, mask by mask.
    void each_film(const std::vector<std::int64_t>& films,
                   const std::function<void(std::size_t, std::span<const float>, std::span<const std::uint8_t>)>& use) {
        const auto batch = static_cast<std::size_t>(batch_on(device_));
        const auto masks = data_.masks.size(1);
        const auto pixels = static_cast<std::size_t>(data_.image_size * data_.image_size);
        Progress progress("segmentation", static_cast<std::int64_t>(films.size()), "images");
        for (std::size_t begin = 0; begin < films.size(); begin += batch) {
            const std::vector<std::int64_t> part(
                films.begin() + static_cast<std::ptrdiff_t>(begin),
                films.begin() + static_cast<std::ptrdiff_t>(std::min(begin + batch, films.size())));
            const auto scores = segment(encoder_, *decoder_, data_.films, part, data_.image_size, device_, precision_);
            const auto truth = masks_at(rows_of(data_.masks, part), data_.image_size).cpu();
            for (std::int64_t i = 0; i < scores.size(0); ++i)
                for (std::int64_t m = 0; m < masks; ++m)
                    use(static_cast<std::size_t>(m), {scores[i][m].data_ptr<float>(), pixels},
                        {truth[i][m].data_ptr<std::uint8_t>(), pixels});
            progress.advance(std::ssize(part));
        }
    }

    Encoder& encoder_;
    const SegmentationData& data_;
    bool frozen_;
    std::uint64_t seed_;
    torch::Device device_;
    Precision precision_;
    ViewRecipe recipe_;
    std::shared_ptr<UnetDecoder> decoder_;
    std::vector<float> thresholds_;
};

} // namespace

SegmentationOutcome evaluate_segmentation(Encoder& encoder, const SegmentationData& data,
                                          const SegmentationOptions& options, bool frozen, std::uint64_t seed,
                                          const torch::Device& device) {
    Segmenter segmenter(encoder, data, options, frozen, seed, device);
    auto trained = train_supervised(segmenter.task(), options, seed, device);
    encoder.eval();
    segmenter.decoder()->eval();
    segmenter.validate(); // the thresholds of the restored weights
    SegmentationOutcome outcome;
    outcome.thresholds = segmenter.thresholds();
    outcome.validation = segmenter.count(data.validation);
    outcome.test = segmenter.count(data.test);
    outcome.details = std::move(trained.details);
    json::object thresholds;
    for (std::size_t m = 0; m < data.names.size(); ++m) // hundredths, without what float32 adds to them
        thresholds[data.names[m]] = std::round(100 * static_cast<double>(outcome.thresholds[m])) / 100;
    outcome.details["thresholds"] = thresholds;
    outcome.curves = std::move(trained.curves);
    outcome.decoder = segmenter.decoder();
    return outcome;
}

torch::Tensor segment(Encoder& encoder, UnetDecoder& decoder, const torch::Tensor& films,
                      const std::vector<std::int64_t>& numbers, std::int64_t image_size, const torch::Device& device,
                      Precision precision) {
    const torch::NoGradGuard no_grad;
    encoder.eval();
    decoder.eval();
    std::vector<Tensor> parts;
    const auto count = static_cast<std::int64_t>(numbers.size()), batch = batch_on(device);
    for (std::int64_t begin = 0; begin < count; begin += batch) {
        if (interrupted()) throw Interrupted{};
        const auto size = std::min(batch, count - begin);
        // Always full batches, as in extract_features: a film's scores must not depend on how many others there are.
        std::vector<std::int64_t> chosen(static_cast<std::size_t>(batch), numbers[static_cast<std::size_t>(begin)]);
        std::copy_n(numbers.begin() + begin, size, chosen.begin());
        const auto input = encoder_input(plain_view(take_films(films, chosen, device), image_size));
        Tensor logits;
        {
            const Autocast autocast(device, precision);
            logits = decoder.forward(encoder.maps(input), image_size);
        }
        parts.push_back(torch::sigmoid(logits).narrow(0, 0, size).cpu().contiguous());
    }
    return torch::cat(parts);
}

torch::Tensor masks_at(const torch::Tensor& masks, std::int64_t size) {
    if (masks.size(2) == size) return masks.contiguous();
    const auto shares = plain_view(masks.flatten(0, 1), size).view({masks.size(0), masks.size(1), size, size});
    return shares.ge(0.5).to(torch::kUInt8).mul_(255);
}

} // namespace mlvicx
