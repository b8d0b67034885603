#include "datasets/prepared_attributes.h"

#include "core/error.h"
#include "core/hash.h"

#include <algorithm>
#include <set>

namespace mlvicx {

namespace {

constexpr const char* key = "attributes"; ///< of the tensor and of the metadata entry
constexpr std::size_t width = longest_attribute + 1;

[[noreturn]] void broken(const Safetensors& file, const std::string& what) {
    user_error("{}: damaged prepared dataset: {}", file.file().string(), what);
}

struct Entry {
    std::vector<std::string> names;
    std::string digest;
};

Entry read_entry(const Safetensors& file) {
    boost::system::error_code error;
    const json::value value = json::parse(file.meta(key), error);
    const auto* object = value.if_object();
    const auto* names = object ? object->if_contains("names") : nullptr;
    const auto* digest = object ? object->if_contains("digest") : nullptr;
    if (error || !names || !names->is_array() || !digest || !digest->is_string())
        broken(file, "metadata \"attributes\" does not hold names and a digest");
    Entry entry{{}, std::string(digest->get_string())};
    for (const auto& name : names->get_array())
        entry.names.push_back(name.is_string() ? std::string(name.get_string()) : std::string());
    const std::set<std::string> distinct(entry.names.begin(), entry.names.end());
    if (distinct.contains("") || distinct.size() != entry.names.size())
        broken(file, "metadata \"attributes\" has an empty or repeated name");
    return entry;
}

std::string digest_of(std::span<const std::byte> bytes, const std::vector<std::string>& names) {
    return Sha256().add(json::serialize(json::value_from(names))).add(bytes).hex();
}

} // namespace

TensorInfo attributes_info(std::size_t images) {
    return {key,
            DType::u8,
            {static_cast<std::int64_t>(attribute_count), static_cast<std::int64_t>(images),
             static_cast<std::int64_t>(width)}};
}

std::vector<std::uint8_t> attribute_bytes(const DatasetIndex& index) {
    const std::size_t images = index.images.size();
    std::vector<std::uint8_t> bytes(attribute_count * images * width, 0);
    for (std::size_t kind = 0; kind < attribute_count; ++kind)
        for (std::size_t i = 0; i < images; ++i) {
            const std::string& text = index.images[i].attributes[kind];
            ensure(text.size() <= longest_attribute, "an attribute's value fits into its place");
            std::copy(text.begin(), text.end(),
                      bytes.begin() + static_cast<std::ptrdiff_t>((kind * images + i) * width));
        }
    return bytes;
}

std::string attribute_metadata(const std::vector<std::uint8_t>& bytes) {
    std::vector<std::string> names;
    for (const auto& kind : attribute_table()) names.emplace_back(kind.name);
    return json::serialize(json::object{{"names", json::value_from(names)},
                                        {"digest", digest_of(std::as_bytes(std::span(bytes)), names)}});
}

std::vector<ImageAttribute> read_attributes(const Safetensors& file, std::size_t images) {
    if (!file.contains(key)) return {};
    const Entry entry = read_entry(file);
    const auto& tensor =
        file.at(key, DType::u8, {static_cast<std::int64_t>(entry.names.size()), static_cast<std::int64_t>(images), -1});
    if (digest_of(tensor.data, entry.names) != entry.digest)
        broken(file, "tensor \"attributes\" does not have the digest that the metadata names");
    const auto size = static_cast<std::size_t>(tensor.shape[2]);
    const auto* text = reinterpret_cast<const char*>(tensor.data.data());
    std::vector<ImageAttribute> attributes;
    for (const auto& name : entry.names) {
        ImageAttribute attribute{name, {}};
        for (std::size_t i = 0; i < images; ++i, text += size) {
            const std::string_view all(text, size);
            attribute.values.emplace_back(all.substr(0, all.find('\0')));
        }
        const bool known = std::any_of(attribute.values.begin(), attribute.values.end(),
                                       [](const std::string& value) { return !value.empty(); });
        if (known) attributes.push_back(std::move(attribute));
    }
    return attributes;
}

} // namespace mlvicx
