#include "core/error.h"
#include "core/files.h"
#include "datasets/audit.h"
#include "datasets/decode.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <tuple>

namespace mlvicx {

namespace {

// Pixels of the sheet.
constexpr int picture = 224, gap = 14, line = 16, lines = 3, columns = 3;
constexpr int cell_width = 2 * picture + 2 + gap, cell_height = picture + lines * line + gap;
const cv::Scalar paper(24, 24, 24), ink(235, 235, 235), warning(90, 140, 255);

struct Shown {
    const PreparedDataset *first, *second;
    const SharedFilm* pair;
    bool leak;
};

std::vector<Shown> chosen_pairs(const Audit& audit, std::size_t most) {
    std::vector<Shown> all;
    for (const auto& pair : audit.pairs) {
        const auto *first = audit.datasets[pair.first].prepared, *second = audit.datasets[pair.second].prepared;
        for (const auto& films : pair.shared.films)
            all.push_back({first, second, &films, across_splits(*first, *second, films)});
    }
    std::stable_sort(all.begin(), all.end(), [](const Shown& a, const Shown& b) {
        return std::make_tuple(!a.leak, a.pair->correlation) < std::make_tuple(!b.leak, b.pair->correlation);
    });
    all.resize(std::min(all.size(), most));
    return all;
}

void write(cv::Mat& sheet, std::string text, cv::Point at, int width, const cv::Scalar& colour) {
    constexpr double scale = 0.38;
    int baseline = 0;
    const auto wide = [&] {
        return cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, scale, 1, &baseline).width > width;
    };
    while (wide() && !text.empty()) text.pop_back();
    cv::putText(sheet, text, at, cv::FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv::LINE_AA);
}

void draw_film(cv::Mat& sheet, const PreparedDataset& dataset, std::int64_t film, cv::Point corner, bool leak) {
    cv::Mat tile;
    cv::cvtColor(resize_film(dataset.image(film), picture), tile, cv::COLOR_GRAY2BGR);
    tile.copyTo(sheet(cv::Rect(corner.x, corner.y, picture, picture)));
    write(sheet, dataset.id(film), {corner.x, corner.y + picture + line - 4}, picture, ink);
    write(sheet,
          fmt::format("{}, {}, patient {}", dataset.dataset(), name_of(dataset.split(film)), dataset.patient(film)),
          {corner.x, corner.y + picture + 2 * line - 4}, picture, leak ? warning : ink);
}

} // namespace

void audit_sheet(const Audit& audit, const std::filesystem::path& png, std::size_t most) {
    const auto pairs = chosen_pairs(audit, most);
    if (pairs.empty()) user_error("{}: there are no pairs to draw", png.string());
    const int rows = (static_cast<int>(pairs.size()) + columns - 1) / columns;
    cv::Mat sheet(gap + rows * cell_height, gap + columns * cell_width, CV_8UC3, paper);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const Shown& shown = pairs[i];
        const cv::Point corner(gap + static_cast<int>(i) % columns * cell_width,
                               gap + static_cast<int>(i) / columns * cell_height);
        draw_film(sheet, *shown.first, shown.pair->first, corner, shown.leak);
        draw_film(sheet, *shown.second, shown.pair->second, corner + cv::Point(picture + 2, 0), shown.leak);
        write(sheet,
              fmt::format("{}{}correlation {:.3f}", shown.pair->identical ? "identical, " : "",
                          shown.pair->inverted ? "inverted, " : "", shown.pair->correlation),
              corner + cv::Point(0, picture + 3 * line - 4), 2 * picture, ink);
    }
    std::vector<std::uint8_t> bytes;
    if (!cv::imencode(".png", sheet, bytes)) throw InternalError("the sheet of pairs cannot be encoded");
    write_text(png, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

} // namespace mlvicx
