#include "results/store/image_sets.h"

#include "core/hash.h"

#include <span>

namespace mlvicx {

std::string content_hash(const ScoredImages& images, const std::string& classes) {
    Sha256 hash;
    const auto add = [&hash](const std::string& text) { hash.add(text).add(std::string_view("\0", 1)); };
    add(classes);
    for (const auto& id : images.ids) add(id);
    for (const auto& patient : images.patients) add(patient);
    return hash.add(std::as_bytes(std::span(images.labels))).hex();
}

} // namespace mlvicx
