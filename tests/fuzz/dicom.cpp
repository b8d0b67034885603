#include "datasets/dicom/dicom.h"
#include "datasets/decode/mask_file.h"
#include "datasets/dicom/pixels.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

void dicom(const Input& input) {
    constexpr std::int64_t most_pixels = 1 << 16; // larger images only take longer
    const DicomFile header(input.bytes(), "image");
    const DicomLayout layout = dicom_layout(header);
    if (std::int64_t{layout.rows} * layout.columns > most_pixels) return;
    AttributeTexts attributes;
    const auto decoded = [&](Window window) {
        std::string rule;
        decode_dicom(input.bytes(), "image", window, rule, attributes);
    };
    input.read_in({[&] {
                       Notes notes;
                       read_mask(input.file("image.dcm"), notes);
                   },
                   [&] { decoded(Window::full); }, [&] { decoded(Window::automatic); },
                   [&] { decoded(Window::file); }});
    for (std::size_t kind = 0; kind < attribute_count; ++kind) attribute_table()[kind].read(attributes[kind]);
}

} // namespace mlvicx::fuzz
