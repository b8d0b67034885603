// Reading and writing of safetensors files: opening checks every field of the header, reading touches every byte.
#include "core/safetensors.h"
#include "methods/weights.h"

#include <benchmark/benchmark.h>
#include <torch/torch.h>

#include <unistd.h>

#include <filesystem>

namespace {

using namespace mlvicx;

/// A file in the folder for temporary files that goes with the object.
struct TemporaryFile {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("benchmark-" + std::to_string(::getpid()) + ".safetensors");
    ~TemporaryFile() { std::filesystem::remove(path); }
};

/// `count` tensors of `bytes` bytes in all.
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
BENCHMARK(open_file)->Arg(10)->Arg(122)->Arg(2000)->Unit(benchmark::kMicrosecond);

/// Argument: megabytes. From the page cache, which is where a second epoch finds them.
void read_file(benchmark::State& state) {
    const TemporaryFile file;
    save_tensors(file.path, tensors_of(100, state.range(0) * megabyte), {});
    for (auto _ : state) {
        const Safetensors opened(file.path);
        for (const auto& [name, view] : opened.tensors()) benchmark::DoNotOptimize(to_tensor(opened, name).clone());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0) * megabyte);
}
BENCHMARK(read_file)->Arg(45)->Arg(200)->Unit(benchmark::kMillisecond);

/// Argument: megabytes. Includes flushing to the disk.
void write_file(benchmark::State& state) {
    const TemporaryFile file;
    const auto tensors = tensors_of(100, state.range(0) * megabyte);
    for (auto _ : state) save_tensors(file.path, tensors, {});
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0) * megabyte);
}
BENCHMARK(write_file)->Arg(45)->UseRealTime()->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
