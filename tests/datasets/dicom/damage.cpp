// Damaged copies of real files: no crash, no hang, and an error wherever the format's own checks can see the damage.
#include "tests/support/datasets_support.h"

#include "core/random.h"
#include "datasets/decode/decode.h"
#include "datasets/text/csv.h"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <set>

using namespace mlvicx;

namespace {

constexpr int copies = 200;    ///< per kind of file
constexpr double longest = 10; ///< seconds for one image, under sanitizers on a busy machine too

const char* real_data() {
    return std::getenv("MLVICX_REAL_DATA");
}

Random random_of(int copy) {
    return Random(4, Purpose::bootstrap, 0, static_cast<std::uint32_t>(copy));
}

std::vector<std::string> contents(const fs::path& folder, const std::string& extension, std::size_t most) {
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == extension) files.insert(entry.path());
    std::vector<std::string> result;
    for (const auto& file : files)
        if (result.size() < most) result.push_back(read_text(file));
    return result;
}

std::string flipped(std::string bytes, Random& random, std::size_t from, std::size_t to) {
    const std::uint32_t flips = 1 + random.below(8);
    for (std::uint32_t k = 0; k < flips; ++k) {
        auto& byte = bytes[from + random.below(static_cast<std::uint32_t>(to - from))];
        byte = static_cast<char>(byte ^ 1 << random.below(8));
    }
    return bytes;
}

std::string cut(const std::string& bytes, Random& random) {
    return bytes.substr(0, random.below(static_cast<std::uint32_t>(bytes.size())));
}

/// Whether decoding refuses the file, naming it; otherwise it must give an image. Anything else fails the test.
std::optional<cv::Mat> survived(const fs::path& file, const std::string& bytes) {
    put(file, bytes);
    const auto start = std::chrono::steady_clock::now();
    std::optional<cv::Mat> image;
    try {
        image = decode_image(file);
        CHECK((image->type() == CV_8UC1 && !image->empty()));
    } catch (const UserError& error) {
        CHECK(contains(error.what(), file.filename().string()));
    }
    CHECK(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < longest);
    return image;
}

bool equal(const cv::Mat& a, const cv::Mat& b) {
    return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

/// The offset of a DICOM file's pixel data; 0 for a deflated one.
std::size_t pixels_of(const std::string& bytes) {
    for (const std::string& tag : {std::string("\xe0\x7f\x10\x00", 4), std::string("\x7f\xe0\x00\x10", 4)})
        if (const auto at = bytes.find(tag); at != std::string::npos) return at;
    return 0;
}

std::string text_of(const std::vector<std::uint8_t>& bytes) {
    return {bytes.begin(), bytes.end()};
}

constexpr std::size_t png_head = 8 + 25; ///< signature and image header

} // namespace

TEST_CASE("damage: 200 damaged copies of real DICOM images", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const TempFolder folder;
    const fs::path file = folder / "image.dcm";
    const auto images = contents(fs::path(real_data()) / "dicom", ".dcm", 100);
    REQUIRE(images.size() == 19);
    std::vector<cv::Mat> whole;
    for (const auto& bytes : images) whole.push_back(survived(file, bytes).value());
    int refused = 0, flips = 0;
    for (int copy = 0; copy < copies; ++copy) {
        Random random = random_of(copy);
        const auto k = static_cast<std::size_t>(copy) % images.size();
        const std::string& bytes = images[k];
        INFO("copy " << copy);
        if (copy % 4 == 0) {
            CHECK_FALSE(survived(file, cut(bytes, random)));
        } else if (copy % 4 == 1) { // another image's header before these pixels
            const auto other = random.below(static_cast<std::uint32_t>(images.size()));
            const auto begin = pixels_of(images[other]), pixels = pixels_of(bytes);
            if (begin == 0 || pixels == 0) continue;
            const auto image = survived(file, images[other].substr(0, begin) + bytes.substr(pixels));
            // Related codings (baseline and extended JPEG) and the header of the MONOCHROME1 twin describe the same
            // pixels.
            CHECK((!image || equal(*image, whole[k]) || equal(255 - *image, whole[k])));
        } else { // in the header, or anywhere
            const std::size_t end = copy % 4 == 2 ? std::max<std::size_t>(pixels_of(bytes), 400) : bytes.size();
            refused += !survived(file, flipped(bytes, random, copy % 4 == 2 ? 128 : 0, end));
            ++flips;
        }
    }
    CHECK(refused > 0); // a flipped bit in uncoded pixels goes unnoticed, one in a length does not
    CHECK(refused < flips);
}

TEST_CASE("damage: 200 damaged copies of real PNG images are refused, all of them", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const TempFolder folder;
    const auto images = contents(fs::path(real_data()) / "nih_native", ".png", 12);
    REQUIRE(images.size() == 12);
    for (int copy = 0; copy < copies; ++copy) {
        Random random = random_of(copy);
        const std::string& bytes = images[static_cast<std::size_t>(copy) % images.size()];
        INFO("copy " << copy);
        if (copy % 4 == 0) {
            CHECK_FALSE(survived(folder / "image.png", cut(bytes, random)));
        } else if (copy % 4 == 1) { // the header of an image of another size
            const std::string other = text_of(encoded(test_image(1000 + copy, 1024), ".png"));
            CHECK_FALSE(survived(folder / "image.png", other.substr(0, png_head) + bytes.substr(png_head)));
        } else {
            const std::size_t end = copy % 4 == 2 ? 100 : bytes.size();
            CHECK_FALSE(survived(folder / "image.png", flipped(bytes, random, 0, end)));
        }
    }
}

TEST_CASE("damage: 200 damaged copies of real images as JPEG; most damage in coded pixels is detected", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const TempFolder folder;
    const fs::path file = folder / "image.jpg";
    std::vector<std::string> images;
    for (const auto& bytes : contents(fs::path(real_data()) / "nih_native", ".png", 8)) {
        const cv::Mat image = survived(file, bytes).value();
        const int number = static_cast<int>(images.size());
        std::vector<std::uint8_t> coded;
        cv::imencode(".jpg", image(cv::Rect(0, 0, 600 + 50 * number, 700)), coded,
                     {cv::IMWRITE_JPEG_QUALITY, 90, cv::IMWRITE_JPEG_PROGRESSIVE, number % 2});
        images.push_back(text_of(coded));
    }
    int refused = 0, flips = 0;
    for (int copy = 0; copy < copies; ++copy) {
        Random random = random_of(copy);
        const auto k = static_cast<std::size_t>(copy) % images.size();
        const std::string& bytes = images[k];
        INFO("copy " << copy);
        if (copy % 4 == 0) {
            CHECK_FALSE(survived(file, cut(bytes, random)));
        } else if (copy % 4 == 1) { // the header up to the pixels of an image of another size and process
            const std::string& other = images[(k + 1) % images.size()];
            const auto scan = [](const std::string& jpeg) { return jpeg.find("\xff\xda"); };
            CHECK_FALSE(survived(file, other.substr(0, scan(other)) + bytes.substr(scan(bytes))));
        } else {
            const std::size_t end = copy % 4 == 2 ? 400 : bytes.size();
            const bool seen = !survived(file, flipped(bytes, random, 0, end));
            if (copy % 4 == 3) refused += seen, ++flips;
        }
    }
    std::printf("JPEG: flipped bits anywhere were seen in %d of %d copies\n", refused, flips);
    CHECK(2 * refused > flips);
}

TEST_CASE("damage: 200 damaged copies of real tables", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const TempFolder folder;
    const fs::path data = fs::path(real_data()) / "metadata";
    struct Table {
        std::string text;
        std::size_t columns;
    };
    std::vector<Table> tables;
    for (const auto* name : {"nih/Data_Entry_2017_v2020.csv", "nih/BBox_List_2017.csv", "rsna/stage_2_train_labels.csv",
                             "siim/siim-pneumothorax-train-rle.csv", "vinbig/train.csv"}) {
        std::string text = read_text(data / name);
        text.resize(text.rfind('\n', 100'000) + 1);
        put(folder / "table.csv", text);
        tables.push_back({text, Csv(folder / "table.csv").columns().size()});
    }
    int whole = 0;
    for (int copy = 0; copy < copies; ++copy) {
        Random random = random_of(copy);
        const auto k = static_cast<std::size_t>(copy) % tables.size();
        const Table &table = tables[k], &other = tables[(k + 1) % tables.size()];
        INFO("copy " << copy);
        const auto refused = [&](const std::string& text) {
            put(folder / "table.csv", text);
            try {
                const Csv read(folder / "table.csv");
                read.require_whole();
                std::size_t bytes = 0;
                for (std::size_t row = 0; row < read.rows(); ++row)
                    for (std::size_t c = 0; c < read.columns().size(); ++c) bytes += read.cell(row, c).size();
                CHECK(bytes <= text.size());
                return false;
            } catch (const UserError& error) {
                CHECK(contains(error.what(), "table.csv"));
                return true;
            }
        };
        if (copy % 3 == 0) {
            const std::string part = cut(table.text, random);
            // A cut between two rows, or within a row's last cell, is undetectable; only the datasets' published counts
            // reveal it.
            const auto cells = [](const std::string& line) { return std::count(line.begin(), line.end(), ','); };
            const std::string last = part.substr(part.rfind('\n') + 1), header = part.substr(0, part.find('\n'));
            CHECK((refused(part) || last.empty() || cells(last) >= cells(header)));
        } else if (copy % 3 == 1) { // the header of another table
            const auto rows = table.text.substr(table.text.find('\n'));
            if (table.columns != other.columns) CHECK(refused(other.text.substr(0, other.text.find('\n')) + rows));
        } else {
            whole += !refused(flipped(table.text, random, 0, table.text.size()));
        }
    }
    CHECK(whole > 0); // a changed letter makes another word: undetectable
}
