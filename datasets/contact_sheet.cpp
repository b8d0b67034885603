#include "core/error.h"
#include "core/files.h"
#include "datasets/inspect.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace mlvicx {

namespace {

// Pixels of the sheet.
constexpr int picture = 256, gap = 14, line = 17, lines = 4, title = 58;
constexpr int cell_width = picture + gap, cell_height = picture + lines * line + gap;
constexpr auto font = cv::FONT_HERSHEY_SIMPLEX;
const cv::Scalar paper(24, 24, 24), ink(235, 235, 235), faint(160, 160, 160);

void write(cv::Mat& sheet, const std::string& text, cv::Point at, double scale, const cv::Scalar& colour) {
    cv::putText(sheet, text, at, font, scale, colour, 1, cv::LINE_AA);
}

int width_of(const std::string& text, double scale) {
    int baseline = 0;
    return cv::getTextSize(text, font, scale, 1, &baseline).width;
}

/// Cuts the text where it is wider than a cell.
std::string fitted(std::string text, double scale, int width) {
    if (width_of(text, scale) <= width) return text;
    while (!text.empty() && width_of(text + "...", scale) > width) text.pop_back();
    return text + "...";
}

/// One colour a class, spread over the colour circle so that neighbours differ.
cv::Scalar colour_of(std::size_t label) {
    const double turn = 6.0 * std::fmod(0.61803398875 * static_cast<double>(label), 1.0);
    const auto part = [&](double shift) {
        const double at = std::fmod(turn + shift, 6.0);
        return 105 + 150 * std::clamp(std::min(at, 4.0 - at), 0.0, 1.0);
    };
    return {part(0), part(2), part(4)};
}

/// Films that show every class and split: class after class, each time in another split.
std::vector<std::int64_t> chosen_films(const PreparedDataset& dataset, int count) {
    const std::size_t groups = dataset.classes().size() + 1; // the last: no finding present
    std::vector<std::array<std::vector<std::int64_t>, 3>> waiting(groups);
    for (std::int64_t film = dataset.size(); film-- > 0;) { // so that the first film is taken first
        const auto labels = dataset.labels(film);
        const auto split = static_cast<std::size_t>(dataset.split(film));
        for (std::size_t c = 0; c + 1 < groups; ++c)
            if (labels[c] == 1) waiting[c][split].push_back(film);
        if (std::find(labels.begin(), labels.end(), 1) == labels.end()) waiting.back()[split].push_back(film);
    }
    std::set<std::int64_t> chosen;
    const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(count, dataset.size()));
    for (std::size_t turn = 0; chosen.size() < wanted; ++turn) {
        const std::size_t group = turn % groups, round = turn / groups;
        auto& films = waiting[group][(group + round) % 3];
        while (!films.empty()) {
            const bool is_new = chosen.insert(films.back()).second;
            films.pop_back();
            if (is_new) break;
        }
    }
    std::vector<std::int64_t> result(chosen.begin(), chosen.end());
    std::stable_sort(result.begin(), result.end(),
                     [&](std::int64_t a, std::int64_t b) { return dataset.split(a) < dataset.split(b); });
    return result;
}

/// `plane` as large as a picture; `interpolation` where it is enlarged.
cv::Mat resized(const cv::Mat1b& plane, int interpolation) {
    cv::Mat result;
    cv::resize(plane, result, {picture, picture}, 0, 0, plane.rows > picture ? cv::INTER_AREA : interpolation);
    return result;
}

/// A mask has its class's colour, or where it is of no class (organs) one of its own behind those.
cv::Scalar mask_colour(const PreparedDataset& dataset, std::size_t mask) {
    const auto& classes = dataset.classes();
    const auto named = std::find(classes.begin(), classes.end(), dataset.mask_names()[mask]);
    const auto label = static_cast<std::size_t>(named - classes.begin());
    return colour_of(named == classes.end() ? label + mask : label);
}

/// Masks as a tint under their outlines, so that the film stays visible and overlaps can be told apart.
void draw_masks(cv::Mat& tile, const PreparedDataset& dataset, std::int64_t film) {
    constexpr double tint = 0.22;
    for (std::size_t m = 0; m < dataset.mask_names().size(); ++m) {
        const cv::Mat mask = resized(dataset.mask(film, m), cv::INTER_LINEAR) > 127;
        const cv::Scalar colour = mask_colour(dataset, m);
        cv::Mat tinted;
        cv::addWeighted(tile, 1 - tint, cv::Mat(tile.size(), tile.type(), colour), tint, 0, tinted);
        tinted.copyTo(tile, mask);
        std::vector<std::vector<cv::Point>> outlines;
        cv::findContours(mask, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
        cv::drawContours(tile, outlines, -1, colour, 1, cv::LINE_AA);
    }
}

void draw_boxes(cv::Mat& tile, const PreparedDataset& dataset, std::int64_t film) {
    const auto& classes = dataset.classes();
    const double scale = static_cast<double>(picture) / static_cast<double>(dataset.image_size());
    std::vector<cv::Rect> names;                           // drawn so far
    std::vector<std::pair<std::size_t, cv::Rect>> earlier; // boxes with their labels
    for (const Box& box : dataset.boxes(film)) {
        const std::size_t label = box.label;
        const cv::Rect area(cvRound(box.x * scale), cvRound(box.y * scale), cvRound(box.width * scale),
                            cvRound(box.height * scale));
        cv::rectangle(tile, area, colour_of(label), 1, cv::LINE_AA);
        const bool named = std::any_of(earlier.begin(), earlier.end(), [&](const auto& other) {
            return other.first == label && (other.second & area).area() > 0;
        });
        earlier.emplace_back(label, area);
        if (named) continue; // several readers drew the same finding
        constexpr double size = 0.36;
        const int width = width_of(classes[label], size), height = 12;
        cv::Rect name(std::clamp(area.x, 0, std::max(picture - width, 0)), std::max(area.y - height - 1, 0), width,
                      height);
        const auto taken = [&](const cv::Rect& other) { return (other & name).area() > 0; };
        while (std::any_of(names.begin(), names.end(), taken) && name.y + 2 * height < picture) name.y += height;
        names.push_back(name);
        const cv::Point at(name.x, name.y + height - 3);
        cv::putText(tile, classes[label], at, font, size, paper, 3, cv::LINE_AA); // a dark rim: legible on any film
        write(tile, classes[label], at, size, colour_of(label));
    }
}

/// Findings in their colours, wrapped over the lines that are left.
void write_findings(cv::Mat& sheet, const PreparedDataset& dataset, std::int64_t film, cv::Point at) {
    constexpr double scale = 0.4;
    const auto labels = dataset.labels(film);
    std::vector<std::pair<std::string, cv::Scalar>> words;
    for (std::size_t c = 0; c < labels.size(); ++c)
        if (labels[c] == 1) words.emplace_back(dataset.classes()[c], colour_of(c));
    const auto unknown = std::count(labels.begin(), labels.end(), -1);
    if (words.empty() && unknown == 0) words.emplace_back("No finding", faint);
    if (unknown > 0) words.emplace_back(fmt::format("{} unknown", unknown), faint);
    int x = 0, row = 0;
    for (const auto& [word, colour] : words) {
        const int width = width_of(word, scale);
        if (x > 0 && x + width > picture) x = 0, ++row;
        if (row == lines - 2) { // no room is left
            write(sheet, "...", {at.x + picture - 14, at.y + (row - 1) * line}, scale, ink);
            break;
        }
        write(sheet, fitted(word, scale, picture), {at.x + x, at.y + row * line}, scale, colour);
        x += width + 10;
    }
}

} // namespace

void contact_sheet(const PreparedDataset& dataset, int count, const std::filesystem::path& png) {
    if (count < 1) user_error("a contact sheet of {} films, expected at least 1", count);
    const auto films = chosen_films(dataset, std::min(count, 1000));
    const int columns =
        std::clamp(static_cast<int>(std::ceil(std::sqrt(1.4 * static_cast<double>(films.size())))), 3, 25);
    const int rows = (static_cast<int>(films.size()) + columns - 1) / columns;
    cv::Mat sheet(title + rows * cell_height, gap + columns * cell_width, CV_8UC3, paper);
    write(sheet,
          fitted(fmt::format("{}: {} of {} films, {} patients, {} x {} pixels", dataset.dataset(), films.size(),
                             dataset.size(), dataset.patient_ids().size(), dataset.image_size(), dataset.image_size()),
                 0.6, sheet.cols - 2 * gap),
          {gap, 30}, 0.6, ink);
    for (int m = 0, x = gap; m < static_cast<int>(dataset.mask_names().size()); ++m) { // what the colours mean
        const std::string& name = dataset.mask_names()[static_cast<std::size_t>(m)];
        write(sheet, name, {x, title - 6}, 0.42, mask_colour(dataset, static_cast<std::size_t>(m)));
        x += width_of(name, 0.42) + gap;
    }
    for (std::size_t i = 0; i < films.size(); ++i) {
        const std::int64_t film = films[i];
        const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns;
        const cv::Point corner(gap + column * cell_width, title + row * cell_height);
        cv::Mat tile;
        cv::cvtColor(resized(dataset.image(film), cv::INTER_CUBIC), tile, cv::COLOR_GRAY2BGR);
        draw_masks(tile, dataset, film);
        draw_boxes(tile, dataset, film);
        tile.copyTo(sheet(cv::Rect(corner.x, corner.y, picture, picture)));
        const int x = corner.x, y = corner.y + picture + line - 3;
        write(sheet, fitted(dataset.id(film), 0.42, picture), {x, y}, 0.42, ink);
        write(sheet,
              fitted(fmt::format("{}, patient {}", name_of(dataset.split(film)), dataset.patient(film)), 0.38, picture),
              {x, y + line}, 0.38, faint);
        write_findings(sheet, dataset, film, {x, y + 2 * line});
    }
    std::vector<std::uint8_t> bytes;
    if (!cv::imencode(".png", sheet, bytes)) throw InternalError("the contact sheet cannot be encoded");
    write_text(png, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

} // namespace mlvicx
