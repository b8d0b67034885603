#include "core/error.h"
#include "datasets/audit/audit.h"
#include "datasets/figure.h"

#include <algorithm>
#include <tuple>

namespace mlvicx {

namespace {

constexpr int picture = 224, gap = 14, line = 16, baseline = 12; // pixels
constexpr double small = 0.38;                                   // letters
constexpr std::size_t columns = 3;
const cv::Scalar warning(90, 140, 255);

struct Shown {
    const PreparedDataset *first, *second;
    const SharedImage* pair;
    bool leak;
};

std::vector<Shown> chosen_pairs(const Audit& audit, std::size_t most) {
    std::vector<Shown> all;
    for (const auto& pair : audit.pairs) {
        const auto *first = audit.datasets[pair.first].prepared, *second = audit.datasets[pair.second].prepared;
        for (const auto& images : pair.shared.images)
            all.push_back({first, second, &images, across_splits(*first, *second, images)});
    }
    std::stable_sort(all.begin(), all.end(), [](const Shown& a, const Shown& b) {
        return std::make_tuple(!a.leak, a.pair->correlation) < std::make_tuple(!b.leak, b.pair->correlation);
    });
    all.resize(std::min(all.size(), most));
    return all;
}

void draw_image(Drawing& figure, const PreparedDataset& dataset, std::int64_t image, cv::Point corner, bool leak) {
    figure.paste(tile_of(dataset.image(image), picture), corner);
    const cv::Point text = corner + cv::Point(0, picture + baseline);
    figure.write(dataset.id(image), text, picture, {small});
    figure.write(
        fmt::format("{}, {}, patient {}", dataset.dataset(), name_of(dataset.split(image)), dataset.patient(image)),
        text + cv::Point(0, line), picture, {small, leak ? warning : colours::ink});
}

} // namespace

void audit_sheet(const Audit& audit, const std::filesystem::path& png, std::size_t most) {
    const auto pairs = chosen_pairs(audit, most);
    if (pairs.empty()) user_error("{}: no pairs to draw", png.string());
    const int width = 2 * picture + 2;
    Drawing figure({.rows = (pairs.size() + columns - 1) / columns,
                    .columns = columns,
                    .width = width,
                    .height = picture,
                    .above = gap,
                    .below = 3 * line + gap,
                    .gap = gap,
                    .baseline = baseline,
                    .line = line});
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const Shown& shown = pairs[i];
        const std::size_t row = i / columns, column = i % columns;
        const cv::Point corner = figure.corner(row, column);
        draw_image(figure, *shown.first, shown.pair->first, corner, shown.leak);
        draw_image(figure, *shown.second, shown.pair->second, corner + cv::Point(picture + 2, 0), shown.leak);
        figure.write(fmt::format("{}{}correlation {:.3f}", shown.pair->identical ? "identical, " : "",
                                 shown.pair->inverted ? "inverted, " : "", shown.pair->correlation),
                     figure.text_place(row, column, 2), width, {small});
    }
    figure.save(png);
}

} // namespace mlvicx
