#include "experiments/figures/prediction_sheet.h"

#include "experiments/figures/heat.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mlvicx {

namespace {

constexpr int picture = 256; // pixels
constexpr std::size_t most_classes = 3;

/// The classes of an image in the order in which they are drawn.
std::vector<std::size_t> ordered_classes(const ModelFacts& facts, const std::vector<float>& scores) {
    const auto logit = [](double p) { return std::log(p / (1 - p)); }; // -inf and inf at the ends
    std::vector<double> rank;
    for (std::size_t c = 0; c < scores.size(); ++c) {
        const double threshold = facts.thresholds[c].known ? facts.thresholds[c].threshold : 0.5;
        rank.push_back(logit(scores[c]) - logit(std::clamp(threshold, 1e-6, 1 - 1e-6)));
    }
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank[a] > rank[b]; });
    order.resize(std::min(order.size(), most_classes));
    return order;
}

std::string threshold_text(const ClassThreshold& of, float score) {
    if (!of.known) return "no threshold";
    return fmt::format("{} (threshold {:.3f})", score >= of.threshold ? "positive" : "negative", of.threshold);
}

} // namespace

Drawing prediction_sheet(const ModelFacts& facts, const std::vector<PredictedPicture>& pictures) {
    const std::size_t columns = 1 + std::min(facts.classes.size(), most_classes);
    Drawing figure({pictures.size(), columns, picture, picture},
                   {fmt::format("{}: {}, {} of {}, class activation maps", not_for_clinical_use, facts.encoder,
                                facts.protocol, facts.dataset)});
    figure.column_name(0, "image");
    draw_heat_scale(figure, "no heat", "hottest");
    if (columns > 1) figure.column_name(1, "highest odds to threshold");
    for (std::size_t row = 0; row < pictures.size(); ++row) {
        const auto& [name, pixels, maps, scores] = pictures[row];
        const auto side = static_cast<int>(pixels.size(0));
        const cv::Mat grey(side, side, CV_8U, pixels.data_ptr<std::uint8_t>());
        figure.draw(row, 0, tile_of(grey, picture), name, "");
        std::size_t column = 1;
        for (const std::size_t c : ordered_classes(facts, scores)) {
            const auto map = maps[static_cast<std::int64_t>(c)];
            const bool cold = map.max().item<float>() <= 0;
            figure.draw(row, column++, heat_over(grey, map, picture),
                        fmt::format("{}: {:.3f}{}", facts.classes[c], scores[c], cold ? ", no heat" : ""),
                        threshold_text(facts.thresholds[c], scores[c]));
        }
    }
    return figure;
}

} // namespace mlvicx
