#include "datasets/fingerprint.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "datasets/prepared.h"

#include <algorithm>

namespace mlvicx {

std::string film_digest(std::span<const std::uint8_t> pixels, std::span<const std::uint8_t> masks) {
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
                           const std::vector<std::string>& films) {
    json::object content = {{"names", json::value_from(names)}};
    for (const auto& [name, bytes] : tensors) content[name] = Sha256().add(bytes).hex();
    Sha256 all;
    for (const auto& film : films) all.add(film);
    content["films"] = all.hex();
    return sha256(canonical(content));
}

void verify_fingerprint(const std::filesystem::path& file, unsigned threads) {
    const PreparedDataset dataset(file);
    const Safetensors content(file);
    const auto size = static_cast<std::size_t>(dataset.image_size() * dataset.image_size());
    const std::size_t masks = size * dataset.mask_names().size();
    std::vector<std::string> films(static_cast<std::size_t>(dataset.size()));
    Progress progress("verifying", dataset.size(), "images");
    parallel_for(films.size(), threads, [&](std::size_t i) {
        films[i] = film_digest(dataset.images().subspan(i * size, size), dataset.masks().subspan(i * masks, masks));
        progress.advance();
    });
    std::map<std::string, std::span<const std::byte>> tensors;
    for (const auto& [name, tensor] : content.tensors())
        if (name != "images" && name != "masks") tensors[name] = tensor.data;
    const std::map<std::string, std::string> names = {{"dataset", content.meta("dataset")},
                                                      {"classes", content.meta("classes")},
                                                      {"mask_names", content.meta("mask_names")}};
    const std::string found = fingerprint_of(names, tensors, films);
    if (found != dataset.fingerprint())
        user_error("{}: its content has the fingerprint {}, its header says {}: the file was changed or is damaged",
                   file.string(), found, dataset.fingerprint());
}

} // namespace mlvicx
