#include "experiments/figures/heatmap_sheet.h"

#include "experiments/figures/heat.h"

#include <opencv2/imgproc.hpp>
#include <torch/torch.h>

#include <algorithm>

namespace mlvicx {

namespace {

constexpr int picture = 256;

cv::Mat with_boxes(cv::Mat tile, const std::vector<PixelBox>& boxes, std::int64_t image_size) {
    const double scale = picture / static_cast<double>(image_size);
    for (const PixelBox& box : boxes) {
        const cv::Rect area = scaled({box.x, box.y, box.width, box.height}, scale);
        cv::rectangle(tile, area, {0, 0, 0}, 3);
        cv::rectangle(tile, area, {255, 255, 255}, 1);
    }
    return tile;
}

std::string words(const Localisation& figures) {
    const char* pointing = figures.pointing == 1 ? "hit" : figures.pointing == 0 ? "miss" : "tie";
    return fmt::format("{}, energy {:.0f} %, IoU {:.0f} %", pointing, 100 * figures.energy, 100 * figures.iou);
}

} // namespace

std::vector<ShownImage> shown_images(const PreparedDataset& dataset, std::size_t count) {
    std::vector<std::vector<ShownImage>> by_class(dataset.classes().size());
    const auto boxed = boxed_images(dataset);
    for (std::size_t image = 0; image < boxed.images.size(); ++image)
        for (std::size_t c = 0; c < boxed.classes.size(); ++c)
            if (!boxed.at(image, c).empty())
                by_class[static_cast<std::size_t>(boxed.classes[c])].push_back(
                    {boxed.images[image], boxed.classes[c], boxed.at(image, c)});
    if (boxed.images.empty())
        for (const auto image : dataset.images_of(Split::test))
            for (std::size_t c = 0; c < by_class.size(); ++c)
                if (dataset.labels(image)[c] == 1) by_class[c].push_back({image, static_cast<std::int64_t>(c), {}});
    std::vector<ShownImage> shown;
    for (std::size_t turn = 0, before = 1; shown.size() < count && before != shown.size(); ++turn) {
        before = shown.size();
        for (const auto& images : by_class)
            if (turn < images.size() && shown.size() < count) shown.push_back(images[turn]);
    }
    std::stable_sort(shown.begin(), shown.end(),
                     [](const ShownImage& a, const ShownImage& b) { return a.label < b.label; });
    return shown;
}

std::vector<torch::Tensor> shown_maps(Encoder& encoder, const LinearHead& head, const torch::Tensor& images,
                                      const std::vector<ShownImage>& shown, std::int64_t layer,
                                      const Inference& inference) {
    WantedHeatmaps wanted;
    wanted.layer = layer;
    auto& labels = wanted.classes;
    for (const auto& item : shown) {
        wanted.images.push_back(item.image);
        labels.push_back(item.label);
    }
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    const auto all = heatmaps(encoder, head, images, wanted, inference);
    std::vector<torch::Tensor> maps;
    for (std::size_t row = 0; row < shown.size(); ++row) {
        const auto c = std::find(labels.begin(), labels.end(), shown[row].label) - labels.begin();
        maps.push_back(all[static_cast<std::int64_t>(row)][c]);
    }
    return maps;
}

std::vector<float> shown_scores(const std::vector<ShownImage>& shown, const std::vector<float>& scores,
                                const std::vector<std::int64_t>& test, std::size_t classes) {
    std::vector<float> result;
    for (const auto& item : shown) {
        const auto place = std::lower_bound(test.begin(), test.end(), item.image) - test.begin();
        result.push_back(scores[static_cast<std::size_t>(place) * classes + static_cast<std::size_t>(item.label)]);
    }
    return result;
}

Drawing heatmap_sheet(const PreparedDataset& dataset, const std::vector<ShownImage>& images,
                      const std::vector<ShownMethod>& methods, double tolerance, const std::string& title) {
    Drawing figure({images.size(), 1 + methods.size(), picture, picture},
                   {title, "below each map: pointing game, energy in the boxes, IoU at the best threshold; below the "
                           "image: the centre prior's"});
    const auto size = dataset.image_size();
    const auto centre = centre_prior(size);
    figure.column_name(0, "image");
    draw_heat_scale(figure, "no heat", "hottest");
    for (std::size_t row = 0; row < images.size(); ++row) {
        const auto& [image, label, boxes] = images[row];
        const cv::Mat pixels = dataset.image(image);
        const std::string prior = boxes.empty() ? "no box" : words(localise(centre, size, boxes, tolerance));
        const cv::Mat plain = tile_of(pixels, picture);
        figure.draw(
            row, 0, with_boxes(plain, boxes, size),
            fmt::format("{}, {}", dataset.classes()[static_cast<std::size_t>(label)], short_id(dataset.id(image))),
            prior);
        for (std::size_t m = 0; m < methods.size(); ++m) {
            figure.column_name(1 + m, methods[m].name);
            const auto& map = methods[m].maps[row];
            std::string figures = boxes.empty() ? "" : words(localise(over_image(map, size), size, boxes, tolerance));
            if (map.max().item<float>() <= 0) figures = "no heat: " + figures;
            figure.draw(row, 1 + m, with_boxes(heat_over(pixels, map, picture), boxes, size), figures,
                        fmt::format("score {:.2f}", methods[m].scores[row]));
        }
    }
    return figure;
}

void attention_sheet(const PreparedDataset& dataset, const std::vector<std::int64_t>& images,
                     const std::vector<ShownAttention>& methods, const std::filesystem::path& png) {
    std::size_t columns = 1;
    for (const auto& method : methods) columns += method.levels.size();
    Drawing figure(
        {images.size(), columns, picture, picture},
        {"spatial attention of the context bottlenecks, each from its minimum (clear) to its maximum (yellow)"});
    figure.column_name(0, "image");
    draw_heat_scale(figure, "minimum", "maximum");
    for (std::size_t row = 0; row < images.size(); ++row) {
        const cv::Mat pixels = dataset.image(images[row]);
        figure.draw(row, 0, tile_of(pixels, picture), short_id(dataset.id(images[row])), "");
        std::size_t column = 1;
        for (const auto& method : methods)
            for (std::size_t level = 0; level < method.levels.size(); ++level) {
                const auto map = method.levels[level][static_cast<std::int64_t>(row)][0];
                figure.column_name(column, fmt::format("{}, level {}", method.name, level + 1));
                figure.draw(row, column++, heat_over(pixels, map, picture, true),
                            fmt::format("{:.3f} to {:.3f}", map.min().item<double>(), map.max().item<double>()),
                            fmt::format("{} x {}", map.size(0), map.size(1)));
            }
    }
    figure.save(png);
}

} // namespace mlvicx
