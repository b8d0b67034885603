#include "datasets/phantom/layouts.h"

#include "core/files.h"
#include "datasets/importers/vinbig/vinbig.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlvicx::phantom {

namespace fs = std::filesystem;

namespace {

/// VinBig's names, in the order of Finding: indices into vinbig_classes().
constexpr std::array<std::size_t, finding_count> labels = {1, 3, 4, 6, 10, 8, 8, 12};

constexpr double false_alarm = 0.04; ///< of a reader on an image

std::string row(const std::string& image, std::size_t label, std::uint32_t reader, const cv::Rect& box) {
    return fmt::format("{},{},{},R{},{}.0,{}.0,{}.0,{}.0\n", image, vinbig_classes()[label], label, reader, box.x,
                       box.y, box.br().x, box.br().y);
}

/// The box as another reader draws it.
cv::Rect redrawn(const cv::Rect& box, Random& random, const cv::Mat& image) {
    const auto shift = [&](int side) { return cvRound(random.uniform(-0.08, 0.08) * side); };
    const cv::Point first(box.x + shift(box.width), box.y + shift(box.height));
    const cv::Point end(box.br().x + shift(box.width), box.br().y + shift(box.height));
    const cv::Rect area = cv::Rect(first, end) & cv::Rect({}, image.size());
    return area.empty() ? box : area;
}

Lines write_image(const ImageKey& key, const PhantomImage& image, const fs::path& root) {
    const std::string name = hex_name(key, "vinbig");
    const bool even = key.patient % 2 == 0; // the original has both
    write_original(root / "train" / (name + ".dicom"), key, image,
                   even ? DicomCoding::uncompressed : DicomCoding::jpeg2000);
    Lines lines;
    lines.more = fmt::format("{},{},{}\n", name, image.pixels.rows, image.pixels.cols);
    Random random = of_image(key, Stream::readers);
    const std::uint32_t first = random.below(17); // three of 17 radiologists
    for (const std::uint32_t step : {0u, 5u, 11u}) {
        const std::uint32_t reader = 1 + (first + step) % 17;
        std::string seen;
        for (std::size_t f = 0; f < finding_count; ++f) {
            // Whether a reader sees a faint finding is random; all see an obvious one.
            const bool sees = random.chance(0.3 + 1.4 * image.severities.value[f]);
            if (image.masks[f].empty() || !sees) continue;
            for (const cv::Rect& box : boxes_around(image.masks[f]))
                seen += row(name, labels[f], reader, redrawn(box, random, image.pixels));
        }
        if (random.chance(false_alarm)) {
            const int side = image.pixels.rows, part = side / 6;
            const cv::Rect box(side / 5 + static_cast<int>(random.below(static_cast<std::uint32_t>(side / 2))),
                               side / 4 + static_cast<int>(random.below(static_cast<std::uint32_t>(side / 3))), part,
                               part);
            seen += row(name, random.below(static_cast<std::uint32_t>(vinbig_classes().size())), reader, box);
        }
        lines.labels += seen.empty() ? fmt::format("{},No finding,14,R{},,,,\n", name, reader) : seen;
    }
    return lines;
}

void write_tables(const std::vector<ImageKey>&, const std::vector<Lines>& lines, const fs::path& root) {
    write_text(root / "train.csv",
               table_of("image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n", lines, &Lines::labels));
    if (!dicom_supported()) // the images are then copies
        write_text(root / "train_meta.csv", table_of("image_id,dim0,dim1\n", lines, &Lines::more));
}

} // namespace

Layout vinbig_layout() {
    return {{"train"}, write_image, write_tables};
}

} // namespace mlvicx::phantom
