#include "datasets/importers/nih_mapping.h"

#include "core/error.h"
#include "core/utf8.h"
#include "datasets/importers/nih.h"
#include "datasets/importers/sources.h"
#include "datasets/text/text_file.h"

#include <algorithm>
#include <cctype>
#include <unordered_set>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// "00000123_004", from NNNNNNNN_NNN with or without an extension; empty if the name has another form.
std::string nih_image(std::string_view name) {
    name = name.substr(0, name.find('.'));
    const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
    const bool right = name.size() == 12 && name[8] == '_' && std::all_of(name.begin(), name.begin() + 8, is_digit) &&
                       std::all_of(name.begin() + 9, name.end(), is_digit);
    return right ? std::string(name) : std::string();
}

/// The NIH image by image id.
std::unordered_map<std::string, std::string> read_mapping(const fs::path& file) {
    const json::value content = read_json(file);
    if (!content.is_array())
        user_error("{}: is not a list, expected a list of objects with subset_img_id and img_id", file.string());
    std::unordered_map<std::string, std::string> nih_names;
    std::size_t number = 0;
    for (const auto& entry : content.get_array()) {
        const std::string where = fmt::format("{}, entry {}", file.string(), number++);
        const auto text = [&](const char* key) {
            const json::value* value = entry.is_object() ? entry.get_object().if_contains(key) : nullptr;
            if (!value || !value->is_string()) user_error("{}: has no string \"{}\"", where, key);
            return std::string(value->get_string());
        };
        const std::string image = text("subset_img_id"), nih_name = nih_image(text("img_id"));
        if (nih_name.empty())
            user_error("{}: img_id is \"{}\", expected the name of an NIH image like 00000001_000.png", where,
                       text("img_id"));
        if (!nih_names.emplace(image, nih_name).second) user_error("{}: duplicate image {}", where, image);
    }
    return nih_names;
}

std::unordered_set<std::string> images_in(const fs::path& file) {
    std::unordered_set<std::string> nih_names;
    for (const auto& name : read_names(file)) {
        if (nih_image(name).empty())
            user_error("{}: contains \"{}\", expected names of NIH images", printable_utf8(file.string()), name);
        nih_names.insert(nih_image(name));
    }
    return nih_names;
}

} // namespace

void apply_nih_mapping(DatasetIndex& index, const fs::path& mapping, const fs::path& nih_test) {
    const auto nih_names = read_mapping(mapping);
    record_source(index, mapping);
    const fs::path beside = mapping.has_parent_path() ? mapping.parent_path() : fs::path(".");
    const auto attributes = nih_attributes(index, nih_test.empty() ? beside : nih_test);
    std::size_t lacking = 0;
    for (ImageEntry& image : index.images) {
        const auto found = nih_names.find(image.id);
        if (found == nih_names.end()) {
            ++lacking;
            continue;
        }
        // The same name as in NIH's own table, so that a patient has one name across datasets.
        image.patient = std::to_string(std::stoi(found->second.substr(0, 8)));
        if (const auto known = attributes.find(found->second); known != attributes.end())
            image.attributes = known->second;
    }
    if (100 * lacking > index.images.size())
        user_error("{}: lacks {} of {} images, expected almost all of them: it belongs to other images",
                   mapping.string(), lacking, index.images.size());
    index.provenance["mapping"] = {{"images_without", lacking}};
    if (nih_test.empty()) return;
    const fs::path list = nih_test / "test_list.txt";
    const auto wanted = images_in(list);
    record_source(index, list);
    const std::size_t before = index.images.size();
    remove_images(index, [&](const ImageEntry& image) {
        const auto found = nih_names.find(image.id);
        return found == nih_names.end() || !wanted.contains(found->second);
    });
    if (index.images.empty()) user_error("{}: lists none of the {} images", list.string(), before);
    index.provenance["nih_test"] = {{"images", index.images.size()}, {"of", before}};
}

} // namespace mlvicx
