#include "datasets/prepared_tables.h"

#include "core/error.h"
#include "core/utf8.h"
#include "datasets/prepared_attributes.h"
#include "datasets/text/image_list.h"

#include <algorithm>
#include <unordered_map>

namespace mlvicx {

namespace {

std::vector<float> scaled_boxes(const DatasetIndex& index, const std::vector<cv::Size>& sizes, int side) {
    std::vector<float> rows(index.boxes.size() * 6, 0.0f);
    for (std::size_t k = 0; k < index.boxes.size() && !sizes.empty(); ++k) {
        const Box& box = index.boxes[k];
        const ImageEntry& image = index.images[box.image];
        const cv::Size decoded = sizes[box.image];
        const Frame frame = image.frame.width > 0 ? image.frame : Frame{1.0 * decoded.width, 1.0 * decoded.height};
        if (box.x >= frame.width || box.y >= frame.height)
            user_error("{}: a box of image {} begins at ({}, {}), outside its {} x {} pixels: is this a smaller copy "
                       "of the image that the boxes were drawn on?",
                       image.file.string(), image.id, box.x, box.y, frame.width, frame.height);
        const auto clip = [](double value, double limit) { return std::clamp(value, 0.0, limit); };
        const double left = clip(box.x, frame.width), right = clip(box.x + box.width, frame.width);
        const double top = clip(box.y, frame.height), bottom = clip(box.y + box.height, frame.height);
        const double row[6] = {static_cast<double>(box.image),      static_cast<double>(box.label),
                               left * side / frame.width,           top * side / frame.height,
                               (right - left) * side / frame.width, (bottom - top) * side / frame.height};
        std::transform(row, row + 6, rows.begin() + static_cast<std::ptrdiff_t>(k * 6),
                       [](double value) { return static_cast<float>(value); });
    }
    return rows;
}

} // namespace

std::map<std::string, std::span<const std::byte>> PreparedTables::bytes() const {
    return {{"split", std::as_bytes(std::span(split))},   {"patient", std::as_bytes(std::span(patient))},
            {"labels", std::as_bytes(std::span(labels))}, {"boxes", std::as_bytes(std::span(boxes))},
            {"ids", std::as_bytes(std::span(ids))},       {"patient_ids", std::as_bytes(std::span(patient_ids))}};
}

PreparedTables tables_of(const DatasetIndex& index, const std::vector<cv::Size>& sizes, int side) {
    PreparedTables tables;
    std::unordered_map<std::string_view, std::int32_t> patients; // numbered in order of appearance
    for (const ImageEntry& image : index.images) {
        ensure(image.labels.size() == index.classes.size(), "an image has one label per class");
        ensure(image.masks.size() == index.mask_names.size(), "an image has one entry per mask name");
        const auto [patient, is_new] = patients.emplace(image.patient, static_cast<std::int32_t>(patients.size()));
        if (is_new) tables.patient_ids += image.patient + '\n';
        tables.patient.push_back(patient->second);
        tables.split.push_back(static_cast<std::uint8_t>(image.split));
        tables.labels.insert(tables.labels.end(), image.labels.begin(), image.labels.end());
        tables.ids += image.id + '\n';
    }
    tables.boxes = scaled_boxes(index, sizes, side);
    return tables;
}

std::vector<TensorInfo> tensors_of(const DatasetIndex& index, int side) {
    const auto images = static_cast<std::int64_t>(index.images.size());
    const auto classes = static_cast<std::int64_t>(index.classes.size());
    const auto masks = static_cast<std::int64_t>(index.mask_names.size());
    const PreparedTables tables = tables_of(index, {}, side);
    const auto length = [](const auto& items) { return static_cast<std::int64_t>(items.size()); };
    std::vector<TensorInfo> tensors = {{"images", DType::u8, {images, side, side}},
                                       {"labels", DType::i8, {images, classes}},
                                       {"split", DType::u8, {images}},
                                       {"patient", DType::i32, {images}},
                                       {"boxes", DType::f32, {length(index.boxes), 6}},
                                       {"ids", DType::u8, {length(tables.ids)}},
                                       {"patient_ids", DType::u8, {length(tables.patient_ids)}}};
    tensors.push_back(attributes_info(index.images.size()));
    if (masks > 0) {
        tensors.push_back({"masked", DType::u8, {images, masks}});
        tensors.push_back({"masks", DType::u8, {images * masks, side, side}});
    }
    return tensors;
}

std::string file_names_of(const DatasetIndex& index) {
    std::string names;
    bool differ = false;
    for (const ImageEntry& image : index.images) {
        std::string name = image_stem(image.file.string());
        std::replace(name.begin(), name.end(), '\n', ' ');
        differ = differ || name != image_stem(image.id);
        names += printable_utf8(name) + '\n';
    }
    return differ ? names : std::string();
}

std::map<std::string, std::string> names_of(const DatasetIndex& index) {
    return {{"dataset", index.dataset},
            {"classes", json::serialize(json::value_from(index.classes))},
            {"mask_names", json::serialize(json::value_from(index.mask_names))}};
}

} // namespace mlvicx
