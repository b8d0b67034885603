#include "core/error.h"
#include "core/hash.h"
#include "core/safetensors.h"
#include "core/verify_once.h"

namespace mlvicx {

std::string digest_of(const std::map<std::string, TensorView>& tensors) {
    json::object content;
    for (const auto& [name, tensor] : tensors)
        content[name] = {{"dtype", name_of(tensor.type)},
                         {"shape", json::value_from(tensor.shape)},
                         {"sha256", Sha256().add(tensor.data).hex()}};
    return sha256(canonical(content));
}

void verify_digest(const Safetensors& file) {
    const auto entry = file.metadata().find(digest_key);
    if (entry == file.metadata().end()) return;
    verify_once(file.file(), [&] {
        const std::string found = digest_of(file.tensors());
        if (found != entry->second)
            user_error("{}: its tensors have the digest {}, but its header says {}: the file was changed or is damaged",
                       file.file().string(), found, entry->second);
    });
}

} // namespace mlvicx
