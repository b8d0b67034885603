#include "tests/support/datasets_support.h"

#include "datasets/figure.h"

#include <opencv2/imgproc.hpp>

using namespace mlvicx;

namespace {

/// The smallest rectangle around all pixels that are not background.
cv::Rect drawn(const fs::path& png) {
    cv::Mat other;
    cv::inRange(cv::imread(png.string(), cv::IMREAD_COLOR), colours::paper, colours::paper, other);
    return cv::boundingRect(255 - other);
}

} // namespace

TEST_CASE("figure: text stays within its width, and cut text ends in three dots", "[unit]") {
    const auto inked = [](const std::string& text, int width) {
        cv::Mat image(30, 400, CV_8UC3, cv::Scalar());
        write(image, text, {0, 20}, width);
        return image;
    };
    const auto same = [](const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b, cv::NORM_INF) == 0; };
    const std::string text = "a patient's rather long name";
    const int whole = text_width(text, TextStyle().scale);
    CHECK(same(inked(text, whole), inked(text, 400)));
    CHECK_FALSE(same(inked(text, whole - 1), inked(text, 400)));
    const cv::Mat cut = inked(text, 100);
    CHECK(cv::norm(cut.colRange(102, 400), cv::NORM_INF) == 0); // a line's soft rim is a pixel wide
    std::size_t letters = text.size();
    while (!same(inked(text.substr(0, letters) + "...", 400), cut) && letters > 0) --letters;
    CHECK(letters > 5);
}

TEST_CASE("figure: an image is named without its folders", "[unit]") {
    CHECK(short_id("images_001/a/00000001_000.png") == "00000001_000.png");
    CHECK(short_id("00000001_000.png") == "00000001_000.png");
}

TEST_CASE("figure: pictures are in their cells, small ones with their pixels repeated", "[unit]") {
    const TempFolder folder;
    const FigureLayout layout{.rows = 2, .columns = 3, .width = 40, .height = 40};
    Drawing figure(layout);
    cv::Mat picture(2, 2, CV_8U, cv::Scalar(200));
    picture.at<std::uint8_t>(0, 0) = 100;
    figure.draw(1, 2, picture, "", "");
    figure.save(folder / "figure.png");
    const cv::Mat read = cv::imread((folder / "figure.png").string(), cv::IMREAD_COLOR);
    CHECK(read.size() == cv::Size(10 + 3 * (40 + 10), 62 + 2 * (40 + 44)));
    const cv::Rect place(10 + 2 * 50, 62 + 84, 40, 40);
    CHECK(drawn(folder / "figure.png") == place);
    for (int y = 0; y < 40; ++y)
        for (int x = 0; x < 40; ++x) REQUIRE(read(place).at<cv::Vec3b>(y, x)[1] == (x < 20 && y < 20 ? 100 : 200));
    CHECK(contains(user_error_of([&] { figure.save(folder / "figure.png/inside.png"); }), "figure.png"));
}

TEST_CASE("figure: headings wider than the figure go on in the next line, and push the pictures down", "[unit]") {
    const std::string text = "below each map: pointing game, energy in the boxes";
    const int whole = text_width(text, TextStyle().scale);
    CHECK(text_lines(text, TextStyle().scale, whole) == std::vector<std::string>{text});
    const auto lines = text_lines(text, TextStyle().scale, whole / 2);
    CHECK(lines.size() > 1);
    std::string joined;
    for (const auto& line : lines) {
        CHECK(text_width(line, TextStyle().scale) <= whole / 2);
        joined += (joined.empty() ? "" : " ") + line;
    }
    CHECK(joined == text);
    const FigureLayout layout{.width = whole};
    CHECK(Drawing(layout, {text, text}).corner(0, 0) == Drawing(layout).corner(0, 0));
    CHECK(Drawing(layout, {text, text + " " + text}).corner(0, 0) == Drawing(layout).corner(0, 0) + cv::Point(0, 16));
}

TEST_CASE("figure: words are wrapped, and dots stand for those without room", "[unit]") {
    const TempFolder folder;
    const std::vector<StyledWord> words(9, {"left_lung 97.1", {.colour = {0, 255, 255}}});
    const int wide = text_width(words.front().first, TextStyle().scale);
    const auto below = [&](std::size_t count, int width, int lines) {
        Drawing figure({.width = 400, .height = 10});
        figure.write_words({words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count)},
                           figure.text_place(0, 0, 0), width, lines);
        figure.save(folder / "figure.png");
        return drawn(folder / "figure.png");
    };
    const int one = below(1, 400, 2).height;
    CHECK(below(2, 2 * wide + 10, 2).height == one);
    CHECK(below(2, 2 * wide + 9, 2).height == one + 15);
    const cv::Rect three = below(3, 2 * wide + 40, 1), many = below(9, 2 * wide + 40, 2);
    CHECK((three.height == one && three.width > 2 * wide + 10 && three.width <= 2 * wide + 40));
    CHECK((many.height == one + 15 && many.width <= 2 * wide + 40));
    CHECK(below(1, wide / 2, 2).width <= wide / 2 + 1); // a word wider than all of it is cut
}

TEST_CASE("figure: tints let the picture show through, inside of the mask only", "[unit]") {
    cv::Mat mask(20, 20, CV_8U, cv::Scalar(0));
    mask.colRange(0, 10).setTo(255);
    cv::Mat tile(20, 20, CV_8UC3, cv::Scalar::all(100));
    draw_tint(tile, mask, {0, 200, 0});
    CHECK(tile.at<cv::Vec3b>(5, 15) == cv::Vec3b(100, 100, 100));
    const auto inner = tile.at<cv::Vec3b>(5, 5);
    CHECK((inner[1] > 110 && inner[1] < 150 && inner[0] < 100 && inner[0] > 50));
}

TEST_CASE("figure: boxes and outlines", "[unit]") {
    CHECK(scaled({1, 2, 3, 4.2}, 2.5) == cv::Rect(2, 5, 8, 10)); // halves are rounded to the nearest even number

    cv::Mat mask(60, 60, CV_8U, cv::Scalar(0));
    mask(cv::Rect(10, 10, 40, 40)).setTo(255);
    mask(cv::Rect(25, 25, 10, 10)).setTo(0);
    CHECK(cv::norm(inside(mask, 60), mask, cv::NORM_INF) == 0);
    cv::Mat tile = tile_of(cv::Mat(60, 60, CV_8U, cv::Scalar(0)), 60);
    draw_outlines(tile, mask, {0, 255, 0});
    CHECK(tile.at<cv::Vec3b>(10, 30)[1] > 200); // outside
    CHECK(tile.at<cv::Vec3b>(24, 30)[1] > 200); // the outline of the hole
    CHECK(tile.at<cv::Vec3b>(17, 30)[1] == 0);
}

TEST_CASE("figure: it is encoded as PNG if that is small enough, else as JPEG, smaller if need be", "[unit]") {
    Drawing figure({.rows = 1, .columns = 1, .width = 300, .height = 300});
    const auto decoded = [](const std::string& file) {
        return cv::imdecode(std::vector<unsigned char>(file.begin(), file.end()), cv::IMREAD_COLOR);
    };
    const std::string plain = figure.encoded(100'000);
    CHECK(plain.starts_with("\x89PNG"));
    cv::Mat noise(300, 300, CV_8UC1);
    cv::randu(noise, 0, 256);
    figure.paste(noise, figure.corner(0, 0));
    for (const std::size_t largest : {std::size_t{60'000}, std::size_t{20'000}, std::size_t{4'000}}) {
        const std::string file = figure.encoded(largest);
        CHECK(file.size() <= largest);
        CHECK(file.starts_with("\xff\xd8"));
        CHECK_FALSE(decoded(file).empty());
        CHECK((decoded(file).cols == figure.width()) == (largest == 60'000));
    }
}
