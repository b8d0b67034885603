// Reading and writing of safetensors files: opening checks every field of the header, reading touches every byte.
#include "core/safetensors.h"
#include "experiments/performance/harness.h"
#include "methods/weights.h"

#include <torch/torch.h>

#include <unistd.h>

#include <filesystem>
#include <map>

namespace {

using namespace mlvicx;

/// A file in the temporary folder, removed with the object.
struct TemporaryFile {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("benchmark-" + std::to_string(::getpid()) + ".safetensors");
    ~TemporaryFile() { std::filesystem::remove(path); }
};

/// `count` tensors of `bytes` bytes in total.
NamedTensors tensors_of(std::int64_t count, std::int64_t bytes) {
    NamedTensors tensors;
    for (std::int64_t i = 0; i < count; ++i)
        tensors.emplace_back("layer." + std::to_string(i) + ".weight", torch::rand({bytes / count / 4}));
    return tensors;
}

constexpr std::int64_t megabyte = 1 << 20;

/// Argument: tensors in the file.
void open_file(benchmark::State& state) {
    const TemporaryFile file;
    save_tensors(file.path, tensors_of(state.range(0), megabyte), {});
    for (auto _ : state) benchmark::DoNotOptimize(Safetensors(file.path).tensors().size());
}
/// Argument: megabytes. Reads from the page cache, where a second epoch finds the data.
void read_file(benchmark::State& state) {
    const TemporaryFile file;
    save_tensors(file.path, tensors_of(100, state.range(0) * megabyte), {});
    for (auto _ : state) {
        const Safetensors opened(file.path);
        for (const auto& [name, view] : opened.tensors()) benchmark::DoNotOptimize(to_tensor(opened, name).clone());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0) * megabyte);
}
/// Argument: megabytes. Includes flushing to the disk.
void write_file(benchmark::State& state) {
    const TemporaryFile file;
    const auto tensors = tensors_of(100, state.range(0) * megabyte);
    for (auto _ : state) save_tensors(file.path, tensors, {});
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0) * megabyte);
}

/// Names and shapes of the tensors, from the header and as they were saved.
Values opened_sizes(const Sizes& sizes) {
    const TemporaryFile file;
    save_tensors(file.path, tensors_of(sizes[0], megabyte), {});
    const Safetensors opened(file.path);
    Values values;
    for (const auto& [name, view] : opened.tensors()) {
        values.emplace_back(name.begin(), name.end());
        values.emplace_back(view.shape.begin(), view.shape.end());
    }
    return values;
}
Values saved_sizes(const Sizes& sizes) {
    std::map<std::string, std::vector<std::int64_t>> sorted;
    for (const auto& [name, tensor] : tensors_of(sizes[0], megabyte)) sorted[name] = tensor.sizes().vec();
    Values values;
    for (const auto& [name, shape] : sorted) {
        values.emplace_back(name.begin(), name.end());
        values.emplace_back(shape.begin(), shape.end());
    }
    return values;
}

/// Sums of the bytes, plain and weighted by position, for what was saved and for what is read back.
std::vector<double> checksums(const torch::Tensor& tensor) {
    const auto bytes = tensor.contiguous().view(torch::kUInt8).to(torch::kInt64);
    return {static_cast<double>(bytes.sum().item<std::int64_t>()),
            static_cast<double>((bytes * torch::arange(1, bytes.numel() + 1)).sum().item<std::int64_t>())};
}
NamedTensors seeded(const Sizes& sizes) {
    torch::manual_seed(1);
    return tensors_of(100, sizes[0] * megabyte);
}
Values read_back(const Sizes& sizes) {
    const TemporaryFile file;
    save_tensors(file.path, seeded(sizes), {});
    const Safetensors opened(file.path);
    Values values;
    for (const auto& [name, tensor] : seeded(sizes)) values.push_back(checksums(to_tensor(opened, name).clone()));
    return values;
}
Values saved(const Sizes& sizes) {
    Values values;
    for (const auto& [name, tensor] : seeded(sizes)) values.push_back(checksums(tensor));
    return values;
}

} // namespace

int main(int argc, char** argv) {
    verified_benchmark({.name = "open_file",
                        .candidate = opened_sizes,
                        .reference = saved_sizes,
                        .tolerance = 0,
                        .timed = open_file,
                        .sizes = {{10}, {122}, {2000}}},
                       in_microseconds);
    verified_benchmark({.name = "read_file",
                        .candidate = read_back,
                        .reference = saved,
                        .tolerance = 0,
                        .timed = read_file,
                        .sizes = {{45}, {200}}},
                       in_milliseconds);
    verified_benchmark({.name = "write_file",
                        .candidate = read_back,
                        .reference = saved,
                        .tolerance = 0,
                        .timed = write_file,
                        .sizes = {{45}}},
                       in_real_milliseconds);
    return run_registered(argc, argv);
}
