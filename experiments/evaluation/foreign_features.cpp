#include "experiments/evaluation/foreign_features.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/utf8.h"
#include "datasets/image_names.h"
#include "datasets/text/text_file.h"
#include "methods/weights.h"

#include <fmt/ranges.h>
#include <torch/torch.h>

#include <limits>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr const char *features_key = "features", *ids_key = "ids", *model_key = "model";

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(trimmed(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string ids_in(const Safetensors& file) {
    const auto where = file.file().string();
    const auto metadata = file.metadata().find(ids_key);
    const bool as_metadata = metadata != file.metadata().end();
    if (as_metadata && file.contains(ids_key))
        user_error("{}: has the images' names twice, as a tensor and as metadata \"{}\", expected one of them", where,
                   ids_key);
    if (as_metadata) return metadata->second;
    if (!file.contains(ids_key))
        user_error("{}: has neither a tensor nor metadata \"{}\", expected the images' names, one per line", where,
                   ids_key);
    const auto bytes = file.at(ids_key, DType::u8, {-1}).data;
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// "12 of 1000 images", "1 of 1000 images".
std::string count_of(const std::vector<std::string>& some, std::int64_t all) {
    return fmt::format("{} of {} images", some.size(), all);
}

} // namespace

FeatureFile::FeatureFile(const fs::path& path) : file_(path) {
    const std::string where = path.string();
    if (!file_.contains(features_key)) {
        std::vector<std::string> names;
        for (const auto& [name, tensor] : file_.tensors()) names.push_back(name);
        user_error("{}: has no tensor \"{}\", expected one row of features per image; it has {}", where, features_key,
                   names.empty() ? "none" : first_of(names));
    }
    features_ = file_.at(features_key);
    if (features_.type != DType::f32 && features_.type != DType::f16 && features_.type != DType::bf16)
        user_error("{}: \"{}\" is of type {}, expected F32, F16 or BF16", where, features_key, name_of(features_.type));
    if (features_.shape.size() != 2 || features_.elements() == 0)
        user_error("{}: \"{}\" has the shape [{}], expected [images, features]", where, features_key,
                   fmt::join(features_.shape, ", "));
    if (const auto model = file_.metadata().find(model_key); model != file_.metadata().end()) model_ = model->second;
    names_ = lines_of(ids_in(file_));
    if (std::ssize(names_) != images())
        user_error("{}: \"{}\" has {} lines for {} rows of \"{}\", expected a name for each row", where, ids_key,
                   names_.size(), images(), features_key);
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (names_[i].empty() || invalid_utf8(names_[i]))
            user_error("{}: line {} of \"{}\" is {}, expected the name of an image", where, i + 1, ids_key,
                       names_[i].empty() ? "empty" : "not UTF-8: " + printable_utf8(names_[i]));
}

Precision FeatureFile::precision() const {
    return features_.type == DType::f32 ? Precision::fp32 : Precision::bf16;
}

std::string FeatureFile::digest() const {
    const std::map<std::string, TensorView> tensors{{features_key, features_}};
    return sha256(fmt::format("{}\n{}", mlvicx::digest_of(tensors), fmt::join(names_, "\n")));
}

FeatureFile::Rows FeatureFile::rows_of(const PreparedDataset& dataset) const {
    const std::string where = file_.file().string(), of = dataset.file().string();
    constexpr auto none = std::numeric_limits<std::size_t>::max();
    const ImageNames images(dataset.ids(), dataset.file_names());
    std::vector<std::size_t> row_of(dataset.ids().size(), none);
    std::vector<std::string> twice, missing, wrong;
    Rows rows;
    for (std::size_t row = 0; row < names_.size(); ++row) {
        const auto image = images.find(names_[row], where);
        if (!image) {
            ++rows.extra;
        } else if (row_of[*image] != none) {
            twice.push_back(fmt::format("{} and {}", names_[row_of[*image]], names_[row]));
        } else {
            row_of[*image] = row;
        }
    }
    for (std::size_t i = 0; i < row_of.size(); ++i)
        if (row_of[i] == none) missing.push_back(dataset.ids()[i]);
    if (!twice.empty())
        user_error("{}: {} of {} rows are of images that already have one: {}; expected one row per image", where,
                   twice.size(), names_.size(), first_of(twice));
    if (!missing.empty())
        user_error("{}: {} of {} have no row: {}; expected one for each, under its name with or without folders and "
                   "suffix (the file's names are like {})",
                   where, count_of(missing, dataset.size()), of, first_of(missing), names_.front());

    const std::vector<std::int64_t> order(row_of.begin(), row_of.end());
    rows.features.precision = precision();
    rows.features.rows =
        to_tensor(file_, features_key).index_select(0, torch::tensor(order, torch::kInt64)).to(torch::kFloat32);
    const auto finite = rows.features.rows.isfinite().all(1);
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        if (!finite.data_ptr<bool>()[i]) wrong.push_back(dataset.id(i));
    if (!wrong.empty())
        user_error("{}: the features of {} of {} are not all finite: {}; expected finite numbers", where,
                   count_of(wrong, dataset.size()), of, first_of(wrong));
    return rows;
}

} // namespace mlvicx
