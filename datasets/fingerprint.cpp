#include "datasets/fingerprint.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "core/stored_names.h"
#include "datasets/prepared.h"

#include <algorithm>

namespace mlvicx {

namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 29;

} // namespace

std::string image_digest(std::span<const std::uint8_t> pixels, std::span<const std::uint8_t> masks) {
    Sha256 hash;
    hash.add(std::as_bytes(pixels));
    for (; !masks.empty(); masks = masks.subspan(pixels.size())) {
        const auto mask = masks.first(pixels.size());
        const bool any = std::any_of(mask.begin(), mask.end(), [](std::uint8_t value) { return value != 0; });
        hash.add(any ? "mask" : "none");
        if (any) hash.add(std::as_bytes(mask));
    }
    return hash.hex();
}

std::string fingerprint_of(const std::map<std::string, std::string>& names,
                           const std::map<std::string, std::span<const std::byte>>& tensors,
                           const std::vector<std::string>& images) {
    json::object content = {{"names", json::value_from(names)}};
    for (const auto& [name, bytes] : tensors) content[name] = Sha256().add(bytes).hex();
    Sha256 all;
    for (const auto& image : images) all.add(image);
    content[stored::images] = all.hex();
    return sha256(canonical(content));
}

void verify_fingerprint(const std::filesystem::path& file, unsigned threads) {
    const PreparedDataset dataset(file);
    const Safetensors content(file);
    const auto size = static_cast<std::size_t>(dataset.image_size() * dataset.image_size());
    const std::size_t masks = size * dataset.mask_names().size();
    std::vector<std::string> images(static_cast<std::size_t>(dataset.size()));
    Progress progress("verifying", dataset.size(), "images");
    // Pages of a mapped file count as this process's memory once read, until they are unmapped: so work in blocks.
    const std::size_t block = std::max<std::size_t>(1, block_bytes / (size + masks));
    for (std::size_t first = 0; first < images.size(); first += block) {
        const PreparedDataset part(file);
        parallel_for(std::min(block, images.size() - first), threads, [&](std::size_t k) {
            const std::size_t i = first + k;
            images[i] = image_digest(part.images().subspan(i * size, size), part.masks(static_cast<std::int64_t>(i)));
            progress.advance();
        });
    }
    std::map<std::string, std::span<const std::byte>> tensors;
    for (const auto& [name, tensor] : content.tensors())
        if (name != "images" && name != "masks" && name != "masked" && name != "attributes")
            tensors[name] = tensor.data;
    const std::map<std::string, std::string> names = {{"dataset", content.meta("dataset")},
                                                      {"classes", content.meta("classes")},
                                                      {"mask_names", content.meta("mask_names")}};
    const std::string found = fingerprint_of(names, tensors, images);
    if (found != dataset.fingerprint())
        user_error("{}: its content has the fingerprint {}, but its header says {}: the file was changed or is damaged",
                   file.string(), found, dataset.fingerprint());
}

} // namespace mlvicx
