#include "experiments/evaluation/segmentation.h"

#include "methods/segmentation_loss.h"
#include "methods/views/images.h"

#include <torch/torch.h>

#include <cmath>
#include <functional>
#include <optional>

namespace mlvicx {

void fields(Fields& f, SegmentationOptions& options) {
    fields(f, static_cast<SupervisedOptions&>(options));
    f.field("decoder_width", options.decoder_width, between(1, 256));
}

namespace {

using torch::Tensor;

/// Each mask's fraction of the labelled images' pixels; one pixel of each value keeps its logit finite.
Tensor mask_shares(const OpenDataset& data) {
    auto inside = torch::zeros({std::ssize(data.mask_names)}, data.masks.options().dtype(torch::kFloat64));
    for (const auto image : data.train)
        inside +=
            data.masks_of({image}, data.masks.device())[0].gt(0).sum(torch::IntArrayRef{1, 2}).to(torch::kFloat64);
    const auto pixels =
        static_cast<double>(data.train.size()) * static_cast<double>(data.masks.size(-2) * data.masks.size(-1));
    return ((inside + 1) / (pixels + 2)).to(torch::kFloat32);
}

/// Calls use(scores, begin) with the probabilities [n, M, S, S], on the CPU, of the images from indices[begin] on, in
/// small batches so that no split's probabilities are held as a whole.
void for_each_segmented(Encoder& encoder, UnetDecoder& decoder, const Tensor& images,
                        const std::vector<std::int64_t>& indices, Inference inference,
                        const std::function<void(const Tensor& scores, std::int64_t begin)>& use) {
    const torch::NoGradGuard no_grad;
    encoder.eval();
    decoder.eval();
    inference.batch = inference.device.is_cuda() ? 64 : 16;
    for_each_batch("segmentation", images, indices, inference, [&](const auto& input, auto begin, auto size) {
        Tensor logits;
        {
            const Autocast autocast(inference.device, inference.precision);
            logits = decoder.forward(encoder.maps(input), inference.image_size);
        }
        use(torch::sigmoid(logits).narrow(0, 0, size).cpu().contiguous(), begin);
    });
}

/// Encoder and U-Net decoder as one network.
class Segmenter : public SupervisedModel {
public:
    Segmenter(Encoder& encoder, const OpenDataset& data, const SegmentationOptions& options, bool frozen,
              const SupervisedRun& run)
        : SupervisedModel(encoder, data, options, run, frozen ? "nothing" : "everything"),
          decoder_(std::make_shared<UnetDecoder>(encoder.channels(), std::ssize(data.mask_names), options.decoder_width,
                                                 run.seed)) {
        decoder_->begin_with(mask_shares(data));
        add_head("decoder", decoder_);
    }

    const char* name() const override { return "segmentation"; }
    std::string figure() const override { return data_.chosen_on + "_dice"; }

    /// Chooses the thresholds; returns the mean over masks of the Dice that they give.
    std::optional<double> validate() override {
        const std::size_t masks = data_.mask_names.size();
        std::vector<ThresholdSearch> searches(masks);
        each_image(data_.validation, [&](std::size_t mask, std::span<const float> scores,
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

    PixelCounts count(const std::vector<std::int64_t>& images) {
        PixelCounts counts;
        each_image(images, [&](std::size_t mask, std::span<const float> scores, std::span<const std::uint8_t> truth) {
            count_pixels(scores, truth, thresholds_[mask], counts);
        });
        return counts;
    }

    const std::vector<float>& thresholds() const { return thresholds_; }
    const std::shared_ptr<UnetDecoder>& decoder() const { return decoder_; }

    void expect(const std::vector<std::int64_t>& indices) override {
        SupervisedModel::expect(indices);
        expected_rows_.emplace(data_, indices);
        ahead_ = RowsAhead(data_.masks, expected_rows_->rows, run_.device);
    }

private:
    Tensor targets(const std::vector<std::int64_t>& indices, std::uint32_t pass) override {
        const auto masks =
            expects(indices) ? expected_rows_->placed(ahead_.take()) : data_.masks_of(indices, run_.device);
        return make_mask_views(masks, indices, recipe_, run_.image_size, {run_.seed, pass, supervised_view});
    }

    Tensor loss_of(const Tensor& input, const Tensor& targets) override {
        Tensor logits;
        {
            const Autocast autocast(run_.device, inference_.precision);
            logits = decoder_->forward(encoder_.maps(input), run_.image_size);
        }
        return segmentation_loss(logits, targets).value;
    }

    /// Scores and truth of every mask of every image, mask by mask.
    void
    each_image(const std::vector<std::int64_t>& images,
               const std::function<void(std::size_t, std::span<const float>, std::span<const std::uint8_t>)>& use) {
        const auto pixels = static_cast<std::size_t>(run_.image_size * run_.image_size);
        for_each_segmented(encoder_, *decoder_, data_.images, images, inference_, [&](const auto& scores, auto begin) {
            const std::vector<std::int64_t> part(images.begin() + begin, images.begin() + begin + scores.size(0));
            const auto truth = masks_at(data_.masks_of(part, data_.masks.device()), run_.image_size).cpu();
            for (std::int64_t i = 0; i < scores.size(0); ++i)
                for (std::int64_t m = 0; m < scores.size(1); ++m)
                    use(static_cast<std::size_t>(m), {scores[i][m].template data_ptr<float>(), pixels},
                        {truth[i][m].template data_ptr<std::uint8_t>(), pixels});
        });
    }

    std::shared_ptr<UnetDecoder> decoder_;
    std::vector<float> thresholds_;
    std::optional<MaskRows> expected_rows_;
    RowsAhead ahead_; ///< these rows of the masks
};

} // namespace

SegmentationOutcome evaluate_segmentation(Encoder& encoder, const OpenDataset& data, const SegmentationOptions& options,
                                          bool frozen, const SupervisedRun& run) {
    Segmenter segmenter(encoder, data, options, frozen, run);
    auto trained = train_supervised(segmenter, options, {}, run);
    encoder.eval();
    segmenter.decoder()->eval();
    segmenter.validate(); // sets the thresholds for the restored weights
    SegmentationOutcome outcome;
    outcome.thresholds = segmenter.thresholds();
    outcome.validation = segmenter.count(data.validation);
    outcome.test = segmenter.count(data.test);
    outcome.details = std::move(trained.details);
    json::object thresholds;
    for (std::size_t m = 0; m < data.mask_names.size(); ++m) // hundredths, without float32 noise
        thresholds[data.mask_names[m]] = std::round(100 * static_cast<double>(outcome.thresholds[m])) / 100;
    outcome.details["thresholds"] = thresholds;
    outcome.curves = std::move(trained.curves);
    outcome.seconds_before = trained.seconds_before;
    outcome.decoder = segmenter.decoder();
    return outcome;
}

Tensor segment(Encoder& encoder, UnetDecoder& decoder, const Tensor& images, const std::vector<std::int64_t>& indices,
               const Inference& inference) {
    std::vector<Tensor> parts;
    for_each_segmented(encoder, decoder, images, indices, inference,
                       [&](const auto& scores, auto) { parts.push_back(scores); });
    return torch::cat(parts);
}

torch::Tensor masks_at(const torch::Tensor& masks, std::int64_t size) {
    if (masks.size(2) == size) return masks.contiguous();
    const auto shares = plain_view(masks.flatten(0, 1), size).view({masks.size(0), masks.size(1), size, size});
    return shares.ge(0.5).to(torch::kUInt8).mul_(255);
}

} // namespace mlvicx
