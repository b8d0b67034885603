#include "datasets/decode/bytes.h"
#include "datasets/decode/image_file.h"
#include "datasets/decode/inflate.h"
#include "datasets/decode/mask_file.h"
#include "datasets/prepared_pixels.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

namespace {

constexpr std::uint64_t most_pixels = 1 << 16; ///< larger images only take longer

/// A PNG with the checksums that its chunks should have: no fuzzer finds them.
std::string with_checksums(std::string_view bytes) {
    constexpr std::size_t signature = 8, frame = 12;
    std::string png(bytes);
    const std::span<const std::uint8_t> view(reinterpret_cast<const std::uint8_t*>(png.data()), png.size());
    if (!has_text(view, 0, "\x89PNG\r\n\x1a\n")) return png;
    for (std::size_t at = signature; png.size() - at >= frame;) {
        const std::size_t length = number_at(view, at, 4, true);
        if (length > png.size() - at - frame) break;
        const std::uint32_t crc = crc32_of(view.subspan(at + 4, 4 + length));
        for (std::size_t i = 0; i < 4; ++i) png[at + 8 + length + i] = static_cast<char>(crc >> (24 - 8 * i));
        at += frame + length;
    }
    return png;
}

} // namespace

void image(const Input& input) {
    const std::string bytes = with_checksums(input.text());
    const std::span<const std::uint8_t> view(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (const ImageHead head = check_image(view, "image"); std::uint64_t{head.width} * head.height > most_pixels)
        return;
    const auto file = Input::file("image.png", bytes);
    input.read_in({[&] {
                       Notes notes;
                       read_mask(file, notes);
                   },
                   [&] { decode_image(file, Window::full); }, [&] { prepared_pixels(file, 32, Window::automatic); }});
}

} // namespace mlvicx::fuzz
