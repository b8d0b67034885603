#include "datasets/lettering/lettering.h"

#include "tests/support/datasets_support.h"

#include "core/utf8.h"
#include "datasets/lettering/lettering_kinds.h"

#include <opencv2/imgproc.hpp>

#include <thread>

using namespace mlvicx;

namespace {

const std::string umlauts = "Größe, Übergröße", chinese = "肺炎 胸腔积液", arabic = "التهاب رئوي", hindi = "निमोनिया";

cv::Mat drawn(const std::string& text, int width = 400, const TextStyle& style = {}) {
    cv::Mat image(40, 440, CV_8UC3, cv::Scalar());
    write(image, text, {8, 25}, width, style);
    return image;
}

bool same(const cv::Mat& a, const cv::Mat& b) {
    return cv::norm(a, b, cv::NORM_INF) == 0;
}

cv::Rect ink(const cv::Mat& image) {
    cv::Mat grey;
    cv::extractChannel(image, grey, 1);
    return cv::boundingRect(grey > 64);
}

/// Whether `cut` shows this beginning of a text and three dots.
bool is_cut_to(const std::string& beginning, const cv::Mat& cut) {
    return same(drawn(beginning + "..."), cut) || same(drawn(beginning + "...\u200F"), cut);
}

bool by_pango() {
    return !contains(lettering_text(), "?");
}

} // namespace

TEST_CASE("lettering: a label in any script is drawn as letters, if a font has them", "[unit]") {
    if (!by_pango()) SKIP_TEST("text is drawn by OpenCV");
    CHECK(missing_letters("Pneumonia 97.1") == 0);
    for (const auto& text : {umlauts, chinese, arabic, hindi}) {
        INFO(text);
        CHECK(text_width(text, 0.4) > 10);
        const cv::Mat image = drawn(text);
        CHECK(ink(image).area() > 100);
        if (missing_letters(text) > 0) continue;
        for (const char* instead : {"????", "????????", "?????????"}) CHECK_FALSE(same(image, drawn(instead)));
    }
    if (missing_letters(umlauts) == 0) CHECK_FALSE(same(drawn("Größe"), drawn("Grose")));
}

TEST_CASE("lettering: capitals are 9 pixels high, and grow with the scale", "[unit]") {
    CHECK(std::abs(ink(drawn("H")).height - 9) <= 1);
    CHECK(std::abs(ink(drawn("H", 400, {.scale = 0.8})).height - 18) <= 1);
    CHECK(ink(drawn("H")).br().y <= 26); // they stand on the baseline
    const int once = text_width("Pneumonia", 0.4), twice = text_width("Pneumonia", 0.8);
    CHECK(std::abs(twice - 2 * once) <= 3);
}

TEST_CASE("lettering: text has the colour of its style, and its rim is dark", "[unit]") {
    cv::Mat image(40, 440, CV_8UC3, cv::Scalar::all(255)), rimmed = image.clone();
    write(image, "HHH", {8, 25}, 400, {.scale = 1, .colour = {0, 0, 255}});
    write(rimmed, "HHH", {8, 25}, 400, {.scale = 1, .colour = {0, 0, 255}, .rim = true});
    const auto count = [](const cv::Mat& of, const cv::Scalar& low, const cv::Scalar& high) {
        cv::Mat found;
        cv::inRange(of, low, high, found);
        return cv::countNonZero(found);
    };
    for (const auto& of : {image, rimmed}) CHECK(count(of, {0, 0, 250}, {5, 5, 255}) > 20);
    CHECK(count(image, {0, 0, 0}, {60, 60, 60}) == 0);
    CHECK(count(rimmed, {0, 0, 0}, {60, 60, 60}) > 20);
}

TEST_CASE("lettering: a sentence keeps its direction whatever name it begins with", "[unit]") {
    if (!by_pango() || missing_letters(arabic) > 0) SKIP_TEST("no font has Arabic letters");
    // "NAME: AAAA" has its capitals at the right, and only the name is read from right to left.
    const cv::Mat image = drawn(arabic + ": AAAA"), name = drawn(arabic);
    const int end = 8 + text_width(arabic, 0.4) - 1;
    CHECK(same(image.colRange(0, end), name.colRange(0, end)));
    // The dots stand where the name is cut: at its left, so that its first letters, at the right, move.
    const cv::Mat cut = drawn(arabic, text_width(arabic, 0.4) - 1);
    CHECK_FALSE(same(cut.colRange(0, 14), name.colRange(0, 14)));
    CHECK(missing_letters("...\u200F") == 0);
}

TEST_CASE("lettering: text is cut between characters", "[unit]") {
    for (const auto& text : {umlauts + umlauts, chinese + chinese, arabic + arabic, hindi + hindi}) {
        INFO(text);
        const int whole = text_width(text, 0.4);
        CHECK(same(drawn(text, whole), drawn(text)));
        for (const int width : {whole - 1, whole / 2, 30}) {
            const cv::Mat cut = drawn(text, width);
            CHECK(ink(cut).br().x <= 8 + width + 1);
            std::size_t bytes = text.size();
            while (bytes > 0 && (utf8_prefix(text, bytes).size() != bytes || !is_cut_to(text.substr(0, bytes), cut)))
                --bytes;
            CHECK(bytes > 0); // it is the picture of a well-formed beginning
        }
    }
    CHECK(same(drawn("letters", 1), drawn("..."))); // no room at all
}

TEST_CASE("lettering: every kind cuts between well-formed characters", "[unit]") {
    std::vector<Lettering> kinds = {opencv_lettering("not built in", "libpango1.0-dev")};
    for (const auto& text : {umlauts, chinese, arabic, hindi, std::string("🫁 e\u0301")}) {
        const auto ends = kinds.front().ends(text);
        REQUIRE(ends.back() == text.size());
        for (const auto end : ends) CHECK_FALSE(invalid_utf8(text.substr(0, end)));
    }
    CHECK(kinds.front().ends("aé肺").size() == 3);
    CHECK(kinds.front().ends("").empty());
}

TEST_CASE("lettering: OpenCV writes one question mark for each character that it lacks", "[unit]") {
    const Lettering opencv = opencv_lettering("not built in", "libpango1.0-dev");
    const auto image_of = [&](const std::string& text) {
        cv::Mat image(40, 440, CV_8UC3, cv::Scalar());
        opencv.draw(image, text, {8, 25}, {});
        return image;
    };
    CHECK(same(image_of("Größe"), image_of("Gr??e")));
    CHECK(same(image_of("肺炎"), image_of("??")));
    CHECK(opencv.width("Größe", 0.4) == opencv.width("Gr??e", 0.4));
    CHECK(opencv.missing("Größe 肺") == 3);
    CHECK(opencv.missing("plain") == 0);
    CHECK(contains(opencv.description, "not built in: figures have ? for letters outside ASCII (libpango1.0-dev)"));
}

TEST_CASE("lettering: bytes that are not UTF-8 and control characters are shown, not obeyed", "[unit]") {
    CHECK(same(drawn("gr\xFC\xDF"
                     "e"),
               drawn("gr\\xFC\\xDFe")));
    CHECK(same(drawn("two\nlines\tand \x7F"), drawn("two lines and  ")));
    CHECK(same(drawn(std::string("nul\0byte", 8)), drawn("nul byte")));
    CHECK(same(drawn("\xE8\x82"), drawn("\\xE8\\x82"))); // half of a character
    CHECK(same(drawn(""), cv::Mat(40, 440, CV_8UC3, cv::Scalar())));
    CHECK(text_width("", 0.4) == 0);
    CHECK(text_width("<b>&amp;", 0.4) > text_width("&", 0.4)); // no markup
}

TEST_CASE("lettering: text that reaches beyond the image is cut off there", "[unit]") {
    cv::Mat small(10, 10, CV_8UC3, cv::Scalar());
    for (const cv::Point at : {cv::Point(-20, 5), cv::Point(5, -3), cv::Point(8, 12), cv::Point(500, 500)})
        write(small, "letters", at, 400, {.scale = 1, .rim = true});
    CHECK(small.size() == cv::Size(10, 10));
}

TEST_CASE("lettering: threads may draw at the same time", "[unit]") {
    const std::string text = umlauts + " " + arabic;
    const cv::Mat expected = drawn(text);
    std::vector<int> equal(4);
    std::vector<std::thread> threads;
    for (auto& count : equal)
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) {
                drawn(std::to_string(i));
                count += same(drawn(text), expected);
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(equal == std::vector<int>(4, 50));
}
