#include "experiments/figures/error_sheet.h"

#include "datasets/class_colours.h"
#include "experiments/figures/heat.h"

#include <fmt/ranges.h>
#include <opencv2/imgproc.hpp>
#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

namespace {

constexpr int picture = 224, gap = 2; // pixels

/// The image with the boxes and the mask of a class, if it has any.
cv::Mat marked(const PreparedDataset& dataset, std::int64_t image, const std::string& class_name) {
    cv::Mat tile = tile_of(dataset.image(image), picture);
    const double scale = picture / static_cast<double>(dataset.image_size());
    for (const Box& box : dataset.boxes(image))
        if (dataset.classes()[box.label] == class_name)
            cv::rectangle(tile, scaled({box.x, box.y, box.width, box.height}, scale), class_colour(box.label), 1,
                          cv::LINE_AA);
    const auto& names = dataset.mask_names();
    for (std::size_t m = 0; m < names.size(); ++m)
        if (names[m] == class_name)
            draw_outlines(tile, inside(dataset.mask(image, m), picture), mask_colour(dataset.classes(), names, m));
    return tile;
}

/// The findings by the image's labels.
std::string findings_of(const PreparedDataset& dataset, std::int64_t image) {
    const auto labels = dataset.labels(image);
    std::vector<std::string> names;
    for (std::size_t c = 0; c < labels.size(); ++c)
        if (labels[c] == 1) names.push_back(dataset.classes()[c]);
    return names.empty() ? "no finding" : fmt::format("{}", fmt::join(names, ", "));
}

} // namespace

Drawing error_sheet(const PreparedDataset& dataset, const std::string& class_name, const std::vector<ErrorRow>& rows,
                    const std::vector<std::string>& headings) {
    std::size_t columns = 1;
    bool heat = false;
    for (const auto& row : rows) {
        columns = std::max(columns, row.images.size());
        heat = heat || !row.maps.empty();
    }
    Drawing figure({.rows = rows.size(),
                    .columns = columns,
                    .width = picture,
                    .height = heat ? 2 * picture + gap : picture,
                    .below = 60},
                   headings);
    for (std::size_t row = 0; row < rows.size(); ++row)
        for (std::size_t column = 0; column < rows[row].images.size(); ++column) {
            const auto& [image, score] = rows[row].images[column];
            const cv::Point corner = figure.corner(row, column);
            figure.paste(marked(dataset, image, class_name), corner);
            if (!rows[row].maps.empty())
                figure.paste(heat_over(dataset.image(image), rows[row].maps[column], picture),
                             corner + cv::Point(0, picture + gap));
            const auto line = [&](int number, const std::string& text, const cv::Scalar& colour) {
                figure.write(text, figure.text_place(row, column, number), picture, {.colour = colour});
            };
            const bool cold = !rows[row].maps.empty() && rows[row].maps[column].max().item<float>() <= 0;
            line(0, fmt::format("{}, score {:.3f}{}", rows[row].kind, score, cold ? ", no heat" : ""), colours::ink);
            line(1, short_id(dataset.id(image)), colours::faint);
            line(2, findings_of(dataset, image), colours::faint);
        }
    if (heat) draw_heat_scale(figure, "no heat", "hottest");
    return figure;
}

} // namespace mlvicx
