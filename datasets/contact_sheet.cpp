#include "core/error.h"
#include "datasets/class_colours.h"
#include "datasets/figure.h"
#include "datasets/inspect.h"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace mlvicx {

namespace {

constexpr int picture = 256, gap = 14, title = 58, line = 17; // pixels
constexpr int finding_lines = 2;

/// Images that cover every class and split: class after class, each time in another split.
std::vector<std::int64_t> chosen_images(const PreparedDataset& dataset, int count) {
    const std::size_t groups = dataset.classes().size() + 1; // the last: no finding present
    std::vector<std::array<std::vector<std::int64_t>, 3>> waiting(groups);
    for (std::int64_t image = dataset.size(); image-- > 0;) { // so that the first image is taken first
        const auto labels = dataset.labels(image);
        const auto split = static_cast<std::size_t>(dataset.split(image));
        for (std::size_t c = 0; c + 1 < groups; ++c)
            if (labels[c] == 1) waiting[c][split].push_back(image);
        if (std::find(labels.begin(), labels.end(), 1) == labels.end()) waiting.back()[split].push_back(image);
    }
    std::set<std::int64_t> chosen;
    const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(count, dataset.size()));
    for (std::size_t turn = 0; chosen.size() < wanted; ++turn) {
        const std::size_t group = turn % groups, round = turn / groups;
        auto& images = waiting[group][(group + round) % 3];
        while (!images.empty()) {
            const bool is_new = chosen.insert(images.back()).second;
            images.pop_back();
            if (is_new) break;
        }
    }
    std::vector<std::int64_t> result(chosen.begin(), chosen.end());
    std::stable_sort(result.begin(), result.end(),
                     [&](std::int64_t a, std::int64_t b) { return dataset.split(a) < dataset.split(b); });
    return result;
}

cv::Scalar colour_of_mask(const PreparedDataset& dataset, std::size_t mask) {
    return mask_colour(dataset.classes(), dataset.mask_names(), mask);
}

void draw_masks(cv::Mat& tile, const PreparedDataset& dataset, std::int64_t image) {
    for (std::size_t m = 0; m < dataset.mask_names().size(); ++m) {
        const cv::Mat mask = inside(dataset.mask(image, m), picture);
        draw_tint(tile, mask, colour_of_mask(dataset, m));
        draw_outlines(tile, mask, colour_of_mask(dataset, m));
    }
}

void draw_boxes(cv::Mat& tile, const PreparedDataset& dataset, std::int64_t image) {
    const auto& classes = dataset.classes();
    const double scale = picture / static_cast<double>(dataset.image_size());
    std::vector<cv::Rect> names;                           // drawn so far
    std::vector<std::pair<std::size_t, cv::Rect>> earlier; // boxes with their labels
    for (const Box& box : dataset.boxes(image)) {
        const std::size_t label = box.label;
        const cv::Rect area = scaled({box.x, box.y, box.width, box.height}, scale);
        cv::rectangle(tile, area, class_colour(label), 1, cv::LINE_AA);
        const bool named = std::any_of(earlier.begin(), earlier.end(), [&](const auto& other) {
            return other.first == label && (other.second & area).area() > 0;
        });
        earlier.emplace_back(label, area);
        if (named) continue; // several readers drew the same finding
        constexpr double size = 0.36;
        const int width = text_width(classes[label], size), height = 12;
        cv::Rect name(std::clamp(area.x, 0, std::max(picture - width, 0)), std::max(area.y - height - 1, 0), width,
                      height);
        const auto taken = [&](const cv::Rect& other) { return (other & name).area() > 0; };
        while (std::any_of(names.begin(), names.end(), taken) && name.y + 2 * height < picture) name.y += height;
        names.push_back(name);
        write(tile, classes[label], {name.x, name.y + height - 3}, width, {size, class_colour(label), true});
    }
}

/// Writes the findings in their colours over the remaining lines.
void write_findings(Drawing& figure, const PreparedDataset& dataset, std::int64_t image, cv::Point at) {
    const TextStyle faint{.colour = colours::faint};
    const auto labels = dataset.labels(image);
    std::vector<StyledWord> words;
    for (std::size_t c = 0; c < labels.size(); ++c)
        if (labels[c] == 1) words.emplace_back(dataset.classes()[c], TextStyle{.colour = class_colour(c)});
    const auto unknown = std::count(labels.begin(), labels.end(), -1);
    if (words.empty() && unknown == 0) words.emplace_back("No finding", faint);
    if (unknown > 0) words.emplace_back(fmt::format("{} unknown", unknown), faint);
    figure.write_words(words, at, picture, finding_lines);
}

/// The legend of the mask colours.
void write_legend(Drawing& figure, const PreparedDataset& dataset) {
    std::vector<StyledWord> words;
    for (std::size_t m = 0; m < dataset.mask_names().size(); ++m)
        words.emplace_back(dataset.mask_names()[m], TextStyle{0.42, colour_of_mask(dataset, m)});
    figure.write_words(words, {gap, title - 6}, figure.width() - 2 * gap, 1);
}

} // namespace

void contact_sheet(const PreparedDataset& dataset, int count, const std::filesystem::path& png) {
    if (count < 1) user_error("a contact sheet with {} images was requested, expected at least 1", count);
    const auto images = chosen_images(dataset, std::min(count, 1000));
    const auto columns =
        static_cast<std::size_t>(std::clamp(std::ceil(std::sqrt(1.4 * static_cast<double>(images.size()))), 3.0, 25.0));
    Drawing figure({.rows = (images.size() + columns - 1) / columns,
                    .columns = columns,
                    .width = picture,
                    .height = picture,
                    .above = title,
                    .below = (2 + finding_lines) * line + gap,
                    .gap = gap,
                    .baseline = line - 3,
                    .line = line});
    figure.write(fmt::format("{}: {} of {} images, {} patients, {} x {} pixels", dataset.dataset(), images.size(),
                             dataset.size(), dataset.patient_ids().size(), dataset.image_size(), dataset.image_size()),
                 {gap, 30}, figure.width() - 2 * gap, {.scale = 0.6});
    write_legend(figure, dataset);
    for (std::size_t i = 0; i < images.size(); ++i) {
        const std::int64_t image = images[i];
        const std::size_t column = i % columns, row = i / columns;
        cv::Mat tile = tile_of(dataset.image(image), picture);
        draw_masks(tile, dataset, image);
        draw_boxes(tile, dataset, image);
        figure.paste(tile, figure.corner(row, column));
        figure.write(short_id(dataset.id(image)), figure.text_place(row, column, 0), picture, {.scale = 0.42});
        figure.write(fmt::format("{}, patient {}", name_of(dataset.split(image)), dataset.patient(image)),
                     figure.text_place(row, column, 1), picture, {0.38, colours::faint});
        write_findings(figure, dataset, image, figure.text_place(row, column, 2));
    }
    figure.save(png);
}

} // namespace mlvicx
