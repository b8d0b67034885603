#include "tests/support/datasets_support.h"

#include "datasets/decode/mask.h"
#include "datasets/importers/rle.h"

#include <opencv2/imgproc.hpp>

using namespace mlvicx;

namespace {

cv::Mat1b drawn(const std::vector<Run>& runs, int side) {
    Mask mask;
    mask.runs = runs;
    return draw_mask(mask, {1.0 * side, 1.0 * side});
}

std::string message(const std::string& code) {
    return user_error_of([&] { runs_from(code, 4, "t.csv, row 9"); });
}

} // namespace

TEST_CASE("rle: starts count from the end of the previous run, down the columns", "[unit]") {
    // Columns of four: rows 1 and 2 of the first; then, three pixels later, row 2 of the second to row 0 of the third.
    const cv::Mat1b mask = drawn(runs_from("1 2 3 3", 4, ""), 4);
    const cv::Mat1b expected = (cv::Mat1b(4, 4) << 0, 0, 255, 0, 255, 0, 0, 0, 255, 255, 0, 0, 0, 255, 0, 0);
    CHECK(cv::norm(mask, expected, cv::NORM_INF) == 0);
    CHECK(runs_from("", 4, "").empty());
    CHECK(runs_from(" 0 16 ", 4, "").size() == 1);
    CHECK(cv::countNonZero(drawn(runs_from("0 16", 4, ""), 4)) == 16);
    CHECK(cv::countNonZero(drawn(runs_from("15 1", 4, ""), 4)) == 1);
}

TEST_CASE("rle: a mask written as a code is read back the same", "[unit]") {
    for (int number = 0; number < 5; ++number) {
        const cv::Mat1b mask = test_image(64, 64, number) > 140;
        CHECK(cv::norm(drawn(runs_from(code_of(mask), 64, ""), 64), mask, cv::NORM_INF) == 0);
    }
    CHECK(code_of(cv::Mat1b::zeros(8, 8)).empty());
}

TEST_CASE("rle: invalid codes are refused with file and row", "[unit]") {
    CHECK(contains(message("1 2 3"), "t.csv, row 9: the run-length code has 3 numbers, expected pairs"));
    CHECK(contains(message("1 2 -3 1"), "contains \"-3\""));
    CHECK(contains(message("-1"), "contains \"-1\""));
    CHECK(contains(message("1 2.5"), "contains \"2.5\""));
    CHECK(contains(message("1 x"), "contains \"x\""));
    CHECK(contains(message("3 0"), "run 1 has no pixels"));
    CHECK(contains(message("10 7"), "run 1 (start 10 after pixel 0, length 7) exceeds the image of 4 x 4"));
    CHECK(contains(message("1 2 12 2"), "run 2 (start 12 after pixel 3, length 2) exceeds"));
    CHECK(contains(message("18446744073709551615 2"), "exceeds the image"));
    CHECK(contains(message("1 18446744073709551615"), "exceeds the image"));
    CHECK(contains(message("99999999999999999999999 2"), "expected non-negative integers"));
}

TEST_CASE("mask: parts are united, whether files, runs or areas", "[unit]") {
    const TempFolder folder;
    cv::Mat1b left = cv::Mat1b::zeros(8, 8), right = left.clone();
    left(cv::Rect(0, 0, 3, 8)).setTo(1);
    right(cv::Rect(2, 0, 3, 8)).setTo(255);
    write_image(folder / "left.png", left);
    write_image(folder / "right.png", right);
    CHECK(cv::countNonZero(draw_mask({{folder / "left.png", folder / "right.png"}, {}, {}}, {})) == 5 * 8);
    CHECK(cv::countNonZero(draw_mask({{}, {{0, 4}, {2, 4}}, {}}, {8, 8})) == 6);
    CHECK(cv::countNonZero(draw_mask({{}, {}, {{1, 1, 2, 2}, {2, 2, 2, 2}}}, {8, 8})) == 7);
    CHECK(cv::countNonZero(draw_mask({{}, {}, {{6, 6, 9, 9}}}, {8, 8})) == 4); // clipped to the image
    write_image(folder / "other.png", cv::Mat1b(9, 9, std::uint8_t{1}));
    const auto text = user_error_of([&] { draw_mask({{folder / "left.png", folder / "other.png"}, {}, {}}, {}); });
    CHECK(contains(text, "other.png: the mask has 9 x 9 pixels, expected 8 x 8"));
}
