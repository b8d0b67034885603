#include "core/safetensors.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

void safetensors(const Input& input) {
    const Safetensors file(input.file("encoder.safetensors"));
    std::size_t bytes = 0;
    for (const auto& [name, tensor] : file.tensors()) {
        ensure(tensor.bytes() == tensor.data.size(), "a tensor has another size than its shape");
        bytes += tensor.data.size();
        each([&] { file.at(name, DType::f32, {-1}); });
    }
    ensure(bytes <= input.text().size(), "more tensors than the file has bytes");
    digest_of(file.tensors());
    file.renamed([](const std::string& name) { return "encoder." + name; });
    file.meta("format");
}

} // namespace mlvicx::fuzz
