#pragma once

#include "core/safetensors.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mlvicx {

/// Changes a file's tensors (layout and bytes) and metadata.
using TensorChange = std::function<void(std::vector<TensorInfo>&, std::map<std::string, std::vector<std::byte>>&,
                                        std::map<std::string, std::string>&)>;

/// Writes a copy of a safetensors file after `change`.
inline void copy_changed(const std::filesystem::path& from, const std::filesystem::path& to,
                         const TensorChange& change) {
    const Safetensors good(from);
    std::vector<TensorInfo> infos;
    std::map<std::string, std::vector<std::byte>> data;
    auto metadata = good.metadata();
    for (const auto& [name, tensor] : good.tensors()) {
        infos.push_back(tensor);
        data[name].assign(tensor.data.begin(), tensor.data.end());
    }
    change(infos, data, metadata);
    SafetensorsWriter writer(to, infos);
    for (const auto& info : infos) writer.write(info.name, 0, data.at(info.name));
    writer.commit(metadata);
}

} // namespace mlvicx
