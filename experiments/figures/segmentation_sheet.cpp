#include "experiments/figures/segmentation_sheet.h"

#include "core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mlvicx {

namespace {

constexpr int picture = 448; // pixels
const cv::Scalar truth_colour(80, 220, 80), predicted_colour(255, 80, 255);

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

/// `mask`: bool or u8 [S, S], nonzero inside.
void draw_mask(cv::Mat& tile, const torch::Tensor& mask, const cv::Scalar& colour) {
    const auto pixels = mask.ne(0).to(torch::kUInt8).mul(255).contiguous();
    draw_outlines(tile, inside(matrix_of(pixels), picture), colour);
}

/// Each mask's Dice in percent, or that it is empty, on two lines: "left_lung 97.1, heart 93.0".
std::array<std::string, 2> dice_text(const SegmentationOutcome& outcome, const std::vector<std::string>& names,
                                     std::size_t image) {
    constexpr std::size_t wide = 56; // characters that fit under a picture
    std::array<std::string, 2> lines;
    for (std::size_t m = 0; m < names.size(); ++m) {
        const auto i = image * names.size() + m;
        const double both = outcome.test.predicted[i] + outcome.test.truth[i];
        const std::string part = both == 0
                                     ? names[m] + " empty"
                                     : fmt::format("{} {:.1f}", names[m], 200 * outcome.test.intersection[i] / both);
        auto& line = lines[1].empty() && lines[0].size() + part.size() < wide ? lines[0] : lines[1];
        line += (line.empty() ? "" : ", ") + part;
    }
    return lines;
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
    Drawing figure({chosen.size(), 2, picture, picture},
                   {title, "Outlines: true masks green, predicted masks magenta. Dice in percent."});
    figure.column_name(0, "image");
    figure.column_name(1, "masks");
    const std::vector<std::string> ranks = chosen.size() == 3 ? std::vector<std::string>{"best", "median", "worst"}
                                                              : std::vector<std::string>{"best", "worst"};
    for (std::size_t row = 0; row < chosen.size(); ++row) {
        const auto image = data.test[chosen[row]];
        const auto pixels = data.images[image].contiguous();
        const cv::Mat plain = tile_of(matrix_of(pixels), picture);
        cv::Mat drawn = plain.clone();
        const auto truth = masks_at(rows_of(data.masks, {image}), scores.size(2));
        for (std::size_t m = 0; m < data.mask_names.size(); ++m) {
            const auto mask = static_cast<std::int64_t>(m), at = static_cast<std::int64_t>(row);
            draw_mask(drawn, truth[0][mask], truth_colour);
            draw_mask(drawn, scores[at][mask].ge(outcome.thresholds[m]), predicted_colour);
        }
        figure.draw(row, 0, plain, fmt::format("{}: {}", ranks[row], data.prepared->id(image)),
                    "patient " + data.prepared->patient(image));
        const auto figures = dice_text(outcome, data.mask_names, chosen[row]);
        figure.draw(row, 1, drawn, figures[0], figures[1]);
    }
    return figure;
}

} // namespace mlvicx
