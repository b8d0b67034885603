#include "datasets/prepared.h"

#include "core/error.h"
#include "datasets/prepared_attributes.h"
#include "datasets/prepared_tables.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <unordered_set>

namespace mlvicx {

namespace {

template <typename T> std::span<const T> elements(const TensorView& tensor) {
    return {reinterpret_cast<const T*>(tensor.data.data()), static_cast<std::size_t>(tensor.elements())};
}

[[noreturn]] void broken(const Safetensors& file, const std::string& what) {
    user_error("{}: damaged prepared dataset: {}", file.file().string(), what);
}

json::value metadata_json(const Safetensors& file, const char* key) {
    boost::system::error_code error;
    json::value value = json::parse(file.meta(key), error);
    if (error) broken(file, fmt::format("metadata \"{}\" is not JSON: {}", key, error.message()));
    return value;
}

std::vector<std::string> metadata_names(const Safetensors& file, const char* key) {
    const json::value value = metadata_json(file, key);
    std::vector<std::string> names;
    if (!value.is_array()) broken(file, fmt::format("metadata \"{}\" is not a list", key));
    for (const auto& name : value.get_array()) {
        if (!name.is_string()) broken(file, fmt::format("metadata \"{}\" has an entry that is not a name", key));
        names.emplace_back(name.get_string());
    }
    return names;
}

/// Ids, one per line, none empty, no duplicates.
std::vector<std::string> lines_of(const Safetensors& file, const char* name) {
    const auto bytes = elements<char>(file.at(name, DType::u8, {-1}));
    std::vector<std::string> lines;
    std::unordered_set<std::string_view> seen;
    for (std::size_t begin = 0; begin < bytes.size();) {
        const auto end = std::find(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.end(), '\n');
        const std::string_view line(bytes.data() + begin, static_cast<std::size_t>(end - bytes.begin()) - begin);
        if (end == bytes.end() || line.empty() || !seen.insert(line).second)
            broken(file,
                   fmt::format("tensor \"{}\": line {} is empty, repeated or unterminated", name, lines.size() + 1));
        lines.emplace_back(line);
        begin += line.size() + 1;
    }
    return lines;
}

/// The optional entry "file_names".
std::vector<std::string> read_file_names(const Safetensors& file) {
    const auto entry = file.metadata().find("file_names");
    std::vector<std::string> names;
    if (entry == file.metadata().end()) return names;
    std::istringstream lines(entry->second);
    for (std::string name; std::getline(lines, name);) names.push_back(name);
    return names;
}

} // namespace

PreparedDataset::PreparedDataset(const std::filesystem::path& path) : tensors_(path) {
    const auto format = tensors_.metadata().find("format");
    if (format == tensors_.metadata().end() || format->second != prepared_format)
        user_error("{}: is not a prepared dataset (format \"{}\", expected \"{}\"); mlvicx-bench prepare makes one",
                   path.string(), format == tensors_.metadata().end() ? "" : format->second, prepared_format);
    dataset_ = tensors_.meta("dataset");
    classes_ = metadata_names(tensors_, "classes");
    mask_names_ = metadata_names(tensors_, "mask_names");
    const json::value provenance = metadata_json(tensors_, "provenance");
    if (!provenance.is_object()) broken(tensors_, "metadata \"provenance\" is not an object");
    provenance_ = provenance.get_object();
    fingerprint_ = tensors_.meta("fingerprint");
    if (fingerprint_.size() != 64 || fingerprint_.find_first_not_of("0123456789abcdef") != std::string::npos)
        broken(tensors_, "metadata \"fingerprint\" is not 64 hexadecimal digits");

    if (const auto shape = tensors_.at("images").shape; shape.size() == 4)
        broken(tensors_, fmt::format("tensor \"images\" is [{}], with several channels, expected grey images [N, S, S]",
                                     fmt::join(shape, ", ")));
    const TensorView& images = tensors_.at("images", DType::u8, {-1, -1, -1});
    count_ = images.shape[0], image_size_ = images.shape[1];
    if (count_ == 0 || image_size_ == 0 || images.shape[2] != image_size_)
        broken(tensors_, "tensor \"images\" does not hold square images, at least one");
    const auto classes = static_cast<std::int64_t>(classes_.size());
    images_ = elements<std::uint8_t>(images);
    labels_ = elements<std::int8_t>(tensors_.at("labels", DType::i8, {count_, classes}));
    splits_ = elements<std::uint8_t>(tensors_.at("split", DType::u8, {count_}));
    patients_ = elements<std::int32_t>(tensors_.at("patient", DType::i32, {count_}));
    ids_ = lines_of(tensors_, "ids");
    patient_ids_ = lines_of(tensors_, "patient_ids");
    file_names_ = read_file_names(tensors_);
    check();
    read_masks();
    boxes_ = read_boxes();
    attributes_ = read_attributes(tensors_, ids_.size());
}

void PreparedDataset::read_masks() {
    const auto masks = static_cast<std::int64_t>(mask_names_.size());
    for (const char* name : {"masks", "masked"})
        if (masks == 0 && tensors_.contains(name))
            broken(tensors_, fmt::format("tensor \"{}\" has no mask names", name));
    if (masks == 0) return;
    if (!tensors_.contains("masked")) {
        masks_ = elements<std::uint8_t>(tensors_.at("masks", DType::u8, {count_, masks, image_size_, image_size_}));
        return;
    }
    masked_ = elements<std::uint8_t>(tensors_.at("masked", DType::u8, {count_, masks}));
    std::int64_t rows = 0;
    for (std::size_t k = 0; k < masked_.size(); ++k) {
        if (masked_[k] > 1)
            broken(tensors_,
                   fmt::format("image {}: masked {}, expected 0 or 1", ids_[k / mask_names_.size()], masked_[k]));
        if (k % mask_names_.size() == 0) mask_starts_.push_back(rows);
        rows += masked_[k];
    }
    masks_ = elements<std::uint8_t>(tensors_.at("masks", DType::u8, {rows, image_size_, image_size_}));
    no_mask_.resize(static_cast<std::size_t>(image_size_ * image_size_));
}

void PreparedDataset::check() const {
    if (static_cast<std::int64_t>(ids_.size()) != count_)
        broken(tensors_, fmt::format("{} image ids for {} images", ids_.size(), count_));
    if (!file_names_.empty() && file_names_.size() != ids_.size())
        broken(tensors_, fmt::format("{} file names for {} images", file_names_.size(), count_));
    constexpr std::uint8_t none = 255;
    const bool shared = provenance_.contains("shared_patients"); // the lists of the split were accepted like this
    std::vector<std::uint8_t> split_of(patient_ids_.size(), none);
    for (std::size_t i = 0; i < ids_.size(); ++i) {
        const auto patient = static_cast<std::size_t>(patients_[i]);
        if (splits_[i] > 2) broken(tensors_, fmt::format("image {}: split {}, expected 0 to 2", ids_[i], splits_[i]));
        if (patients_[i] < 0 || patient >= patient_ids_.size())
            broken(tensors_, fmt::format("image {}: patient {} of {}", ids_[i], patients_[i], patient_ids_.size()));
        if (!shared && split_of[patient] != none && split_of[patient] != splits_[i])
            broken(tensors_, fmt::format("patient {} has images in two splits", patient_ids_[patient]));
        split_of[patient] = splits_[i];
    }
    if (const auto idle = std::find(split_of.begin(), split_of.end(), none); idle != split_of.end())
        broken(tensors_,
               fmt::format("patient {} has no image", patient_ids_[static_cast<std::size_t>(idle - split_of.begin())]));
    for (std::size_t i = 0; i < labels_.size(); ++i)
        if (labels_[i] < -1 || labels_[i] > 1)
            broken(tensors_, fmt::format("image {}: label {}, expected 1, 0 or -1", ids_[i / classes_.size()],
                                         static_cast<int>(labels_[i])));
}

std::vector<Box> PreparedDataset::read_boxes() const {
    const auto values = elements<float>(tensors_.at("boxes", DType::f32, {-1, 6}));
    const auto side = static_cast<float>(image_size_);
    constexpr float slack = 1e-3f; // pixels, for rounding
    std::vector<Box> boxes;
    for (std::size_t k = 0; k < values.size(); k += 6) {
        const auto box = values.subspan(k, 6);
        const auto position = [](float value, std::size_t count) {
            return value >= 0 && value < static_cast<float>(count) && value == std::floor(value);
        };
        const bool inside = box[2] >= 0 && box[3] >= 0 && box[4] >= 0 && box[5] >= 0 &&
                            box[2] + box[4] <= side + slack && box[3] + box[5] <= side + slack; // false for NaN
        if (!position(box[0], ids_.size()) || !position(box[1], classes_.size()) || !inside)
            broken(tensors_, fmt::format("box {} names no existing image or class, or exceeds the image", k / 6));
        boxes.push_back(
            {static_cast<std::size_t>(box[0]), static_cast<std::size_t>(box[1]), box[2], box[3], box[4], box[5]});
    }
    std::stable_sort(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) { return a.image < b.image; });
    return boxes;
}

cv::Mat1b PreparedDataset::plane(std::span<const std::uint8_t> planes, std::size_t number) const {
    const auto side = static_cast<std::size_t>(image_size_);
    auto* first = const_cast<std::uint8_t*>(planes.data() + number * side * side);
    return {static_cast<int>(side), static_cast<int>(side), first};
}

cv::Mat1b PreparedDataset::image(std::int64_t i) const {
    return plane(images_, static_cast<std::size_t>(i));
}

cv::Mat1b PreparedDataset::mask(std::int64_t i, std::size_t m) const {
    const std::int64_t row = mask_row(i, m);
    return row < 0 ? plane(no_mask_, 0) : plane(masks_, static_cast<std::size_t>(row));
}

std::vector<std::uint8_t> PreparedDataset::masks(std::int64_t i) const {
    std::vector<std::uint8_t> all;
    for (std::size_t m = 0; m < mask_names_.size(); ++m) {
        const cv::Mat1b one = mask(i, m);
        all.insert(all.end(), one.begin(), one.end());
    }
    return all;
}

std::int64_t PreparedDataset::mask_row(std::int64_t i, std::size_t m) const {
    const auto first = static_cast<std::size_t>(i) * mask_names_.size();
    if (masked_.empty()) return static_cast<std::int64_t>(first + m);
    if (masked_[first + m] == 0) return -1;
    const auto before = masked_.subspan(first, m);
    return mask_starts_[static_cast<std::size_t>(i)] + std::count(before.begin(), before.end(), std::uint8_t{1});
}

std::span<const Box> PreparedDataset::boxes(std::int64_t i) const {
    const auto image = static_cast<std::size_t>(i);
    const auto first =
        std::partition_point(boxes_.begin(), boxes_.end(), [&](const Box& box) { return box.image < image; });
    const auto last = std::partition_point(first, boxes_.end(), [&](const Box& box) { return box.image == image; });
    return {first, last};
}

std::vector<std::int64_t> PreparedDataset::images_of(Split split) const {
    std::vector<std::int64_t> images;
    for (std::int64_t i = 0; i < count_; ++i)
        if (this->split(i) == split) images.push_back(i);
    return images;
}

} // namespace mlvicx
