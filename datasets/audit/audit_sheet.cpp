#include "core/error.h"
#include "datasets/audit/audit.h"
#include "datasets/figure.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <span>
#include <tuple>

namespace mlvicx {

namespace {

constexpr int picture = 224, gap = 14, line = 16, baseline = 12; // pixels
constexpr double small = 0.38;                                   // letters
constexpr std::size_t columns = 2, pairs_of_page = 20;
const cv::Scalar warning(90, 140, 255);

struct Shown {
    const PreparedDataset *first, *second;
    const SharedImage* pair;
    bool leak;
};

/// Those across splits first, then the least certain.
std::vector<Shown> ordered_pairs(const Audit& audit) {
    std::vector<Shown> all;
    for (const auto& pair : audit.pairs) {
        const auto *first = audit.datasets[pair.first].prepared, *second = audit.datasets[pair.second].prepared;
        for (const auto& images : pair.shared.images)
            all.push_back({first, second, &images, across_splits(*first, *second, images)});
    }
    std::stable_sort(all.begin(), all.end(), [](const Shown& a, const Shown& b) {
        return std::make_tuple(!a.leak, a.pair->correlation) < std::make_tuple(!b.leak, b.pair->correlation);
    });
    return all;
}

/// First minus second around mid-grey, after an inverted copy is turned back; u8 [picture, picture].
cv::Mat difference_of(const Shown& shown) {
    cv::Mat first, second;
    resized(shown.first->image(shown.pair->first), picture, cv::INTER_CUBIC).convertTo(first, CV_32F);
    resized(shown.second->image(shown.pair->second), picture, cv::INTER_CUBIC).convertTo(second, CV_32F);
    if (shown.pair->inverted) second = 255 - second;
    cv::Mat difference;
    cv::Mat(first - second).convertTo(difference, CV_8U, 1, 128);
    return difference;
}

void draw_image(Drawing& figure, const PreparedDataset& dataset, std::int64_t image, cv::Point corner, bool leak) {
    figure.paste(tile_of(dataset.image(image), picture), corner);
    const cv::Point text = corner + cv::Point(0, picture + baseline);
    figure.write(short_id(dataset.id(image)), text, picture, {small});
    figure.write(
        fmt::format("{}, {}, patient {}", dataset.dataset(), name_of(dataset.split(image)), dataset.patient(image)),
        text + cv::Point(0, line), picture, {small, leak ? warning : colours::ink});
}

void draw_pair(Drawing& figure, const Shown& shown, std::size_t row, std::size_t column) {
    const cv::Point corner = figure.corner(row, column), step(picture + 2, 0);
    draw_image(figure, *shown.first, shown.pair->first, corner, shown.leak);
    draw_image(figure, *shown.second, shown.pair->second, corner + step, shown.leak);
    figure.paste(difference_of(shown), corner + 2 * step);
    figure.write("difference (grey: none)", corner + 2 * step + cv::Point(0, picture + baseline), picture,
                 {small, colours::faint});
    figure.write(fmt::format("{}{}correlation {:.3f}", shown.pair->identical ? "identical, " : "",
                             shown.pair->inverted ? "inverted, " : "", shown.pair->correlation),
                 figure.text_place(row, column, 2), 2 * picture, {small});
}

Drawing page_of(std::span<const Shown> pairs) {
    Drawing figure({.rows = (pairs.size() + columns - 1) / columns,
                    .columns = columns,
                    .width = 3 * picture + 4,
                    .height = picture,
                    .above = gap,
                    .below = 3 * line + gap,
                    .gap = gap,
                    .baseline = baseline,
                    .line = line});
    for (std::size_t i = 0; i < pairs.size(); ++i) draw_pair(figure, pairs[i], i / columns, i % columns);
    return figure;
}

} // namespace

std::vector<std::filesystem::path> audit_sheets(const Audit& audit, const std::filesystem::path& png,
                                                std::size_t most) {
    const auto pairs = ordered_pairs(audit);
    if (pairs.empty()) user_error("{}: no pairs to draw", png.string());
    const std::span<const Shown> drawn(pairs.data(), std::min(pairs.size(), most));
    std::vector<std::filesystem::path> pages;
    for (std::size_t first = 0; first < drawn.size(); first += pairs_of_page) {
        auto page = png;
        if (!pages.empty())
            page.replace_filename(
                fmt::format("{}-{}{}", png.stem().string(), pages.size() + 1, png.extension().string()));
        page_of(drawn.subspan(first, std::min(pairs_of_page, drawn.size() - first))).save(page);
        pages.push_back(page);
    }
    return pages;
}

} // namespace mlvicx
