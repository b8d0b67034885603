#include "experiments/figures/segmentation_sheet.h"

#include "core/error.h"
#include "datasets/class_colours.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlvicx {

namespace {

constexpr int picture = 448; // pixels

/// Images that have a mask, lowest Dice first.
std::vector<std::pair<double, std::size_t>> ordered_images(const PixelCounts& counts, std::size_t masks) {
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t image = 0; image * masks < counts.truth.size(); ++image) {
        double sum = 0, present = 0;
        for (std::size_t i = image * masks; i < (image + 1) * masks; ++i) {
            if (counts.truth[i] == 0) continue;
            sum += 2.0 * counts.intersection[i] / (counts.predicted[i] + counts.truth[i]);
            ++present;
        }
        if (present > 0) order.emplace_back(sum / present, image);
    }
    std::sort(order.begin(), order.end());
    return order;
}

/// u8 [S, S] as a matrix that shares its memory.
cv::Mat matrix_of(const torch::Tensor& pixels) {
    const auto side = static_cast<int>(pixels.size(0));
    return {side, side, CV_8U, pixels.data_ptr<std::uint8_t>()};
}

/// `mask`: bool or u8 [S, S], nonzero inside; u8 [picture, picture], 0 or 255.
cv::Mat drawable(const torch::Tensor& mask) {
    const auto pixels = mask.ne(0).to(torch::kUInt8).mul(255).contiguous();
    return inside(matrix_of(pixels), picture);
}

cv::Scalar colour_of_mask(const OpenDataset& data, std::size_t mask) {
    return mask_colour(data.prepared->classes(), data.mask_names, mask);
}

/// Each mask in its colour with its Dice in percent, or that it is empty: "left_lung 97.1", "heart empty".
std::vector<StyledWord> dice_words(const SegmentationOutcome& outcome, const OpenDataset& data, std::size_t image) {
    const auto& names = data.mask_names;
    std::vector<StyledWord> words;
    for (std::size_t m = 0; m < names.size(); ++m) {
        const auto i = image * names.size() + m;
        const double both = outcome.test.predicted[i] + outcome.test.truth[i];
        words.emplace_back(both == 0 ? names[m] + " empty"
                                     : fmt::format("{} {:.1f}", names[m], 200 * outcome.test.intersection[i] / both),
                           TextStyle{.colour = colour_of_mask(data, m)});
    }
    return words;
}

} // namespace

std::vector<std::size_t> telling_images(const PixelCounts& counts, std::size_t masks) {
    const auto order = ordered_images(counts, masks);
    if (order.empty()) return {};
    std::vector<std::size_t> chosen = {order.back().second};
    for (const std::size_t place : {order.size() / 2, std::size_t{0}})
        if (const auto image = order[place].second; std::find(chosen.begin(), chosen.end(), image) == chosen.end())
            chosen.push_back(image);
    return chosen;
}

Drawing segmentation_sheet(const OpenDataset& data, const SegmentationOutcome& outcome, const torch::Tensor& scores,
                           const std::vector<std::size_t>& chosen, const std::string& title) {
    ensure(scores.size(0) == std::ssize(chosen), "scores of every image of the figure");
    Drawing figure(
        {chosen.size(), 2, picture, picture},
        {title, "Outlines: true masks. Tints: predicted masks. Each in its colour, with its Dice in percent."});
    figure.column_name(0, "image");
    figure.column_name(1, "masks");
    const std::vector<std::string> ranks = chosen.size() == 3 ? std::vector<std::string>{"best", "median", "worst"}
                                                              : std::vector<std::string>{"best", "worst"};
    for (std::size_t row = 0; row < chosen.size(); ++row) {
        const auto image = data.test[chosen[row]];
        const auto pixels = data.images[image].contiguous();
        const cv::Mat plain = tile_of(matrix_of(pixels), picture);
        cv::Mat drawn = plain.clone();
        const auto truth = masks_at(data.masks_of({image}, torch::kCPU), scores.size(2));
        for (std::size_t m = 0; m < data.mask_names.size(); ++m) {
            const auto mask = static_cast<std::int64_t>(m), at = static_cast<std::int64_t>(row);
            draw_tint(drawn, drawable(scores[at][mask].ge(outcome.thresholds[m])), colour_of_mask(data, m));
            draw_outlines(drawn, drawable(truth[0][mask]), colour_of_mask(data, m));
        }
        figure.draw(row, 0, plain, fmt::format("{}: {}", ranks[row], short_id(data.prepared->id(image))),
                    "patient " + data.prepared->patient(image));
        figure.paste(drawn, figure.corner(row, 1));
        figure.write_words(dice_words(outcome, data, chosen[row]), figure.text_place(row, 1, 0), picture, 2);
    }
    return figure;
}

} // namespace mlvicx
