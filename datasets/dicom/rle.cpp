#include "datasets/dicom/rle.h"

#include "core/error.h"

#include <algorithm>
#include <vector>

namespace mlvicx {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t header = 64; ///< the number of segments and 15 offsets, four bytes each

std::size_t little_endian(Bytes bytes, std::size_t at) {
    return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | static_cast<std::size_t>(bytes[at + 3]) << 24;
}

/// PackBits; a segment may end with a byte that pads it to an even length.
bool unpack(Bytes segment, std::vector<std::uint8_t>& out) {
    std::size_t in = 0, done = 0;
    while (done < out.size() && in < segment.size()) {
        const std::size_t code = segment[in++];
        if (code == 128) continue;
        const bool repeat = code > 128;
        const std::size_t count = repeat ? 257 - code : code + 1, taken = repeat ? 1 : count;
        if (count > out.size() - done || taken > segment.size() - in) return false;
        const auto from = segment.begin() + static_cast<std::ptrdiff_t>(in);
        const auto to = out.begin() + static_cast<std::ptrdiff_t>(done);
        repeat ? std::fill_n(to, count, *from) : std::copy_n(from, count, to);
        in += taken, done += count;
    }
    return done == out.size() && segment.size() - in <= 1;
}

} // namespace

cv::Mat decode_rle(Bytes bytes, const DicomLayout& layout, const std::string& name) {
    const auto damaged = [&](const char* what) { user_error("{}: damaged run-length coded DICOM: {}", name, what); };
    const auto segments = static_cast<std::size_t>(layout.bytes);
    if (bytes.size() < header || little_endian(bytes, 0) != segments) damaged("wrong number of segments");
    cv::Mat values = cv::Mat::zeros(layout.rows, layout.columns, layout.bytes == 1 ? CV_8U : CV_16U);
    std::vector<std::uint8_t> plane(values.total());
    for (std::size_t k = 0; k < segments; ++k) { // the highest byte comes first
        const std::size_t begin = little_endian(bytes, 4 + 4 * k);
        const std::size_t end = k + 1 < segments ? little_endian(bytes, 8 + 4 * k) : bytes.size();
        if (begin < header || begin > end || end > bytes.size()) damaged("a segment out of bounds");
        if (!unpack(bytes.subspan(begin, end - begin), plane)) damaged("its runs do not yield the image's pixels");
        if (segments == 1) {
            std::copy(plane.begin(), plane.end(), values.data);
            continue;
        }
        auto* value = values.ptr<std::uint16_t>();
        for (const std::uint8_t byte : plane) {
            *value = static_cast<std::uint16_t>(*value << 8 | byte);
            ++value;
        }
    }
    return values;
}

} // namespace mlvicx
