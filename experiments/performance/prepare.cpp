// From an original film to its prepared pixels: films a second for each format, on one thread and on all cores.
// `prepare` should reach 0.8 times the cores times the rate of one thread.
#include "core/parallel.h"
#include "datasets/decode.h"
#include "datasets/phantom_film.h"

#include <benchmark/benchmark.h>
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
constexpr std::uint32_t film_count = 16;

enum class Format { png, jpeg_dicom, jpeg2000_dicom };

/// Synthetic films as files of every format, in the folder for temporary files; they go with the object.
class Films {
public:
    Films() {
        fs::create_directories(folder_);
        for (std::uint32_t i = 0; i < film_count; ++i) {
            const cv::Mat film = phantom::draw_film({1, i + 1, 0}, side).pixels;
            cv::imwrite(name(Format::png, i).string(), film);
            if (!dicom_supported()) continue;
            const std::string uid = "1.2.3." + std::to_string(i + 1);
            write_dicom(name(Format::jpeg_dicom, i), film, uid, "p", DicomCoding::jpeg);
            write_dicom(name(Format::jpeg2000_dicom, i), film, uid, "p", DicomCoding::jpeg2000);
        }
    }
    ~Films() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    Films(const Films&) = delete;
    Films& operator=(const Films&) = delete;
    fs::path name(Format format, std::uint32_t i) const {
        static const char* const endings[] = {".png", ".jpeg.dcm", ".jpeg2000.dcm"};
        return folder_ / (std::to_string(i) + endings[static_cast<int>(format)]);
    }

private:
    fs::path folder_ = fs::temp_directory_path() / ("benchmark-films-" + std::to_string(::getpid()));
};

/// Argument: threads, 0 for all cores. Rate: films a second.
void decode_and_resize(benchmark::State& state, Format format) {
    static const Films films;
    cv::setNumThreads(1);
    if (format != Format::png && !dicom_supported()) {
        state.SkipWithError("this build has no GDCM to write the films with");
        return;
    }
    for (auto _ : state)
        parallel_for(4 * film_count, static_cast<unsigned>(state.range(0)), [&](std::size_t i) {
            const cv::Mat film = decode_film(films.name(format, static_cast<std::uint32_t>(i % film_count)));
            benchmark::DoNotOptimize(resize_film(film, prepared_side).data);
        });
    state.SetItemsProcessed(state.iterations() * 4 * film_count);
}
BENCHMARK_CAPTURE(decode_and_resize, png, Format::png)->Arg(1)->Arg(0)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode_and_resize, jpeg_dicom, Format::jpeg_dicom)
    ->Arg(1)
    ->Arg(0)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode_and_resize, jpeg2000_dicom, Format::jpeg2000_dicom)
    ->Arg(1)
    ->Arg(0)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
