// From an original image to its prepared pixels: images per second for each format, on one thread and on all cores.
// `prepare` should reach 0.8 x cores x the rate of one thread.
#include "core/parallel.h"
#include "datasets/decode/decode.h"
#include "datasets/phantom/image.h"
#include "experiments/performance/harness.h"

#include <opencv2/core/utility.hpp>
#include <opencv2/imgcodecs.hpp>

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

namespace {

using namespace mlvicx;
namespace fs = std::filesystem;

constexpr int side = 1024, prepared_side = 224;
constexpr std::uint32_t image_count = 16;

enum class Format { png, jpeg_dicom, jpeg2000_dicom };

cv::Mat drawn(std::uint32_t i) {
    return phantom::draw_image({1, i + 1, 0}, side).pixels;
}

/// Synthetic images as files of every format, in the temporary folder; removed with the object.
class Images {
public:
    Images() {
        fs::create_directories(folder_);
        for (std::uint32_t i = 0; i < image_count; ++i) {
            const cv::Mat image = drawn(i);
            cv::imwrite(name(Format::png, i).string(), image);
            if (!dicom_supported()) continue;
            const std::string uid = "1.2.3." + std::to_string(i + 1);
            write_dicom(name(Format::jpeg_dicom, i), image, uid, "p", DicomCoding::jpeg);
            write_dicom(name(Format::jpeg2000_dicom, i), image, uid, "p", DicomCoding::jpeg2000);
        }
    }
    ~Images() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Images(const Images&) = delete;
    Images& operator=(const Images&) = delete;
    fs::path name(Format format, std::uint32_t i) const {
        static const char* const endings[] = {".png", ".jpeg.dcm", ".jpeg2000.dcm"};
        return folder_ / (std::to_string(i) + endings[static_cast<int>(format)]);
    }

private:
    fs::path folder_ = fs::temp_directory_path() / ("benchmark-images-" + std::to_string(::getpid()));
};

const Images& images() {
    static const Images made;
    return made;
}

/// Argument: threads, 0 for all cores. Rate: images per second.
void decode_and_resize(benchmark::State& state, Format format) {
    cv::setNumThreads(1);
    for (auto _ : state)
        parallel_for(4 * image_count, static_cast<unsigned>(state.range(0)), [&](std::size_t i) {
            const cv::Mat image = decode_image(images().name(format, static_cast<std::uint32_t>(i % image_count)));
            benchmark::DoNotOptimize(resize_image(image, prepared_side).data);
        });
    state.SetItemsProcessed(state.iterations() * 4 * image_count);
}

/// Each image's prepared pixels.
template <typename ImageEntry> Values prepared(const ImageEntry& image) {
    Values values;
    for (std::uint32_t i = 0; i < image_count; ++i) {
        const cv::Mat pixels = resize_image(image(i), prepared_side);
        values.emplace_back(pixels.begin<std::uint8_t>(), pixels.end<std::uint8_t>());
    }
    return values;
}

void add(const std::string& name, Format format, double tolerance) {
    if (format != Format::png && !dicom_supported()) return; // this build lacks GDCM to write the images
    verified_benchmark(
        {.name = "decode_and_resize/" + name,
         .candidate =
             [=](const Sizes&) { return prepared([&](auto i) { return decode_image(images().name(format, i)); }); },
         .reference = [](const Sizes&) { return prepared(drawn); },
         .tolerance = tolerance,
         .timed = [=](benchmark::State& state) { decode_and_resize(state, format); },
         .sizes = {{1}, {0}}},
        in_real_milliseconds);
}

} // namespace

int main(int argc, char** argv) {
    add("png", Format::png, 0);
    add("jpeg_dicom", Format::jpeg_dicom, 0.05); // it is slightly lossy
    add("jpeg2000_dicom", Format::jpeg2000_dicom, 0);
    return run_registered(argc, argv);
}
