#include "experiments/segmentation_sheet.h"

#include "core/error.h"
#include "experiments/sheet.h"

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>

namespace mlvicx {

namespace {

constexpr int picture = 448; // pixels
const cv::Scalar truth_colour(80, 220, 80), predicted_colour(255, 80, 255);

/// Films that have a mask, lowest Dice first.
std::vector<std::pair<double, std::size_t>> ordered_films(const PixelCounts& counts, std::size_t masks) {
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t film = 0; film * masks < counts.truth.size(); ++film) {
        double sum = 0, present = 0;
        for (std::size_t i = film * masks; i < (film + 1) * masks; ++i) {
            if (counts.truth[i] == 0) continue;
            sum += 2.0 * counts.intersection[i] / (counts.predicted[i] + counts.truth[i]);
            ++present;
        }
        if (present > 0) order.emplace_back(sum / present, film);
    }
    std::sort(order.begin(), order.end());
    return order;
}

/// `inside` u8 [S, S], 0 or 255: its outline on the picture.
void draw_outline(cv::Mat& image, const torch::Tensor& inside, const cv::Scalar& colour) {
    const auto side = static_cast<int>(inside.size(0));
    const auto pixels = inside.contiguous();
    const cv::Mat mask(side, side, CV_8U, pixels.data_ptr<std::uint8_t>());
    cv::Mat large;
    cv::resize(mask, large, image.size(), 0, 0, cv::INTER_LINEAR);
    std::vector<std::vector<cv::Point>> outlines;
    cv::findContours(large > 127, outlines, cv::RETR_LIST, cv::CHAIN_APPROX_NONE);
    cv::drawContours(image, outlines, -1, colour, 1, cv::LINE_AA);
}

/// Each mask's Dice in percent, or that it is empty, over two lines: "left_lung 97.1, heart 93.0".
std::array<std::string, 2> dice_text(const SegmentationOutcome& outcome, const std::vector<std::string>& names,
                                     std::size_t film) {
    constexpr std::size_t wide = 56; // letters that fit under a picture
    std::array<std::string, 2> lines;
    for (std::size_t m = 0; m < names.size(); ++m) {
        const auto i = film * names.size() + m;
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

std::vector<std::size_t> telling_films(const PixelCounts& counts, std::size_t masks) {
    const auto order = ordered_films(counts, masks);
    if (order.empty()) return {};
    std::vector<std::size_t> chosen = {order.back().second};
    for (const std::size_t place : {order.size() / 2, std::size_t{0}})
        if (const auto film = order[place].second; std::find(chosen.begin(), chosen.end(), film) == chosen.end())
            chosen.push_back(film);
    return chosen;
}

void segmentation_sheet(const OpenDataset& data, const SegmentationOutcome& outcome, const torch::Tensor& scores,
                        const std::vector<std::size_t>& chosen, const std::string& title,
                        const std::filesystem::path& png) {
    ensure(scores.size(0) == std::ssize(chosen), "scores of every film of the sheet");
    Sheet sheet(chosen.size(), 2, picture);
    sheet.heading(title, 0);
    sheet.heading("Outlines: true masks green, predicted masks magenta. Dice in percent.", 1);
    sheet.column(0, "film");
    sheet.column(1, "masks");
    const std::vector<std::string> ranks = chosen.size() == 3 ? std::vector<std::string>{"best", "median", "worst"}
                                                              : std::vector<std::string>{"best", "worst"};
    for (std::size_t row = 0; row < chosen.size(); ++row) {
        const auto film = data.test[chosen[row]];
        const auto side = static_cast<int>(data.films.size(1));
        const auto pixels = data.films[film].contiguous();
        const cv::Mat stored(side, side, CV_8U, pixels.data_ptr<std::uint8_t>());
        cv::Mat grey, drawn;
        cv::resize(stored, grey, {picture, picture}, 0, 0, side > picture ? cv::INTER_AREA : cv::INTER_CUBIC);
        cv::cvtColor(grey, drawn, cv::COLOR_GRAY2BGR);
        const auto truth = masks_at(rows_of(data.masks, {film}), scores.size(2));
        for (std::size_t m = 0; m < data.mask_names.size(); ++m) {
            const auto mask = static_cast<std::int64_t>(m), at = static_cast<std::int64_t>(row);
            draw_outline(drawn, truth[0][mask], truth_colour);
            draw_outline(drawn, scores[at][mask].ge(outcome.thresholds[m]).to(torch::kUInt8).mul(255),
                         predicted_colour);
        }
        const auto i = static_cast<std::size_t>(film);
        const auto& patient = data.prepared->patient_ids()[static_cast<std::size_t>(data.prepared->patients()[i])];
        sheet.draw(row, 0, grey, fmt::format("{}: {}", ranks[row], data.prepared->ids()[i]), "patient " + patient);
        const auto figures = dice_text(outcome, data.mask_names, chosen[row]);
        sheet.draw(row, 1, drawn, figures[0], figures[1]);
    }
    sheet.save(png);
}

} // namespace mlvicx
