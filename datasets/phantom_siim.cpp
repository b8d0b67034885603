#include "datasets/phantom_layouts.h"

#include "core/files.h"
#include "datasets/rle.h"

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

namespace mlvicx::phantom {

namespace fs = std::filesystem;

namespace {

constexpr int frame = 1024;             ///< pixels over which the codes run
constexpr double share_in_parts = 0.25; ///< of the films with a mask: 624 of 2,669 in the original

Lines write_film(const FilmKey& key, const PhantomFilm& film, const fs::path& root) {
    const std::string name = uid_of(key);
    const fs::path folder = root / "dicom-images-train" / (name + ".1") / (name + ".2"); // study and series
    fs::create_directories(folder);
    write_original(folder / (name + ".dcm"), key, film.pixels, DicomCoding::jpeg);

    Lines lines;
    const auto add = [&](const cv::Mat1b& mask) {
        if (const std::string code = code_of(mask); !code.empty()) lines.labels += fmt::format("{},{}\n", name, code);
    };
    if (const cv::Mat1b& drawn = film.masks[static_cast<std::size_t>(Finding::pneumothorax)]; !drawn.empty()) {
        cv::Mat1b mask;
        cv::resize(drawn, mask, {frame, frame}, 0, 0, cv::INTER_NEAREST);
        if (of_film(key, Stream::readers).chance(share_in_parts)) { // two masks that overlap a little
            const cv::Rect around = cv::boundingRect(mask);
            const int middle = around.y + around.height / 2, overlap = around.height / 10;
            cv::Mat1b upper = mask.clone(), lower = mask.clone();
            upper.rowRange(middle + overlap, frame).setTo(0);
            lower.rowRange(0, middle - overlap).setTo(0);
            add(upper);
            add(lower);
        } else {
            add(mask);
        }
    }
    if (lines.labels.empty()) lines.labels = name + ", -1\n";
    return lines;
}

void write_tables(const std::vector<FilmKey>&, const std::vector<Lines>& lines, const fs::path& root) {
    write_text(root / "train-rle.csv", table_of("ImageId, EncodedPixels\n", lines, &Lines::labels));
}

} // namespace

Layout siim_layout() {
    return {{"dicom-images-train"}, write_film, write_tables};
}

} // namespace mlvicx::phantom
