#include "datasets/dicom/window.h"

#include "core/error.h"
#include "datasets/dicom/encoding.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace mlvicx {

namespace {

constexpr DicomTag window_center = 0x00281050, window_width = 0x00281051, voi_function = 0x00281056,
                   voi_tables = 0x00283010, table_descriptor = 0x00283002, table_data = 0x00283006;

/// A table's values in 0..1, from the value `first` on (PS3.3, C.11.2.1.1).
struct Table {
    double first;
    std::vector<double> light;

    double operator()(double value) const {
        const double place = std::clamp(std::floor(value - first + 0.5), 0.0, static_cast<double>(light.size() - 1));
        return light[static_cast<std::size_t>(place)];
    }
};

Table table_of(const DicomElements& item, const GreyScale& scale) {
    const std::string& name = item.name();
    const std::vector<std::uint16_t> descriptor = item.numbers(table_descriptor);
    if (descriptor.size() != 3 || descriptor[2] < 8 || descriptor[2] > 16)
        user_error(
            "{}: damaged DICOM: the descriptor {} of its VOI LUT has {} numbers, expected three, the last 8 to 16",
            name, dicom_tag_text(table_descriptor), descriptor.size());
    const std::size_t entries = descriptor[0] == 0 ? 65536 : descriptor[0];
    const std::string vr = item.value(table_descriptor)->vr;
    const bool sign = vr == "SS" || (vr != "US" && range_of(scale).first < 0);
    Table table{static_cast<double>(sign ? static_cast<std::int16_t>(descriptor[1]) : descriptor[1]), {}};
    const double most = (1 << descriptor[2]) - 1;
    const std::vector<std::uint16_t> words = item.numbers(table_data);
    const bool packed = descriptor[2] == 8 && words.size() < entries && 2 * words.size() >= entries; // two per word
    if (words.size() < entries && !packed)
        user_error("{}: damaged DICOM: its VOI LUT has {} entries, but its descriptor says {}", name, words.size(),
                   entries);
    for (std::size_t k = 0; k < entries; ++k) {
        const int entry = packed ? words[k / 2] >> 8 * (k % 2) & 0xff : words[k];
        table.light.push_back(std::min(entry / most, 1.0));
    }
    return table;
}

/// A window, PS3.3, C.11.2.1.2 and C.11.2.1.3; 0..1.
struct FileWindow {
    double center, width;
    enum Function { linear, linear_exact, sigmoid } function;

    double operator()(double x) const {
        if (function == sigmoid) return 1 / (1 + std::exp(-4 * (x - center) / width));
        if (function == linear_exact) return std::clamp((x - center) / width + 0.5, 0.0, 1.0);
        if (x <= center - 0.5 - (width - 1) / 2) return 0;
        if (x > center - 0.5 + (width - 1) / 2) return 1;
        return (x - (center - 0.5)) / (width - 1) + 0.5;
    }
};

FileWindow::Function function_of(const DicomFile& file) {
    const std::string name = file.code(voi_function);
    if (name.empty() || name == "LINEAR") return FileWindow::linear;
    if (name == "LINEAR_EXACT") return FileWindow::linear_exact;
    if (name == "SIGMOID") return FileWindow::sigmoid;
    user_error("{}: its VOI LUT function is \"{}\", expected LINEAR, LINEAR_EXACT or SIGMOID", file.name(),
               file.text(voi_function).substr(0, 16));
}

} // namespace

void find_window(const DicomFile& file, GreyScale& scale) {
    if (const auto item = file.first_item(voi_tables)) {
        scale.window = table_of(*item, scale);
        scale.window_rule = "VOI LUT of the file";
        return;
    }
    const auto center = file.decimal(window_center), width = file.decimal(window_width);
    if (!center || !width) return;
    const FileWindow window{*center, *width, function_of(file)};
    if (window.function == FileWindow::linear && window.width < 1)
        user_error("{}: its window is {} wide, but its function LINEAR requires at least 1", file.name(), window.width);
    if (window.width <= 0) user_error("{}: its window is {} wide, expected more than 0", file.name(), window.width);
    scale.window = window;
    scale.window_rule = "window of the file";
}

} // namespace mlvicx
