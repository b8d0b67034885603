#include "experiments/doctor.h"

#include "experiments/bench/device_rates.h"
#include "methods/device/bf16.h"
#include "methods/device/device.h"
#include "methods/device/gpu.h"

#include <torch/torch.h>

#include <dlfcn.h>

#include <filesystem>
#include <fstream>

namespace mlvicx {

namespace {

/// The file whose sgemm_ a call from LibTorch reaches, as the dynamic linker resolves it, with all links followed. On
/// Debian the system's settings choose it at start. Empty if no library exports one.
std::string blas_file() {
    Dl_info info{};
    void* const function = ::dlsym(RTLD_DEFAULT, "sgemm_");
    if (function == nullptr || ::dladdr(function, &info) == 0) return "";
    std::error_code error;
    const auto file = std::filesystem::canonical(info.dli_fname, error);
    return error ? info.dli_fname : file.string();
}

/// Gigabytes from a line of /proc/meminfo, which counts units of 1024 bytes; 0 if the line is missing.
double meminfo_gb(const std::string& key) {
    std::ifstream lines("/proc/meminfo");
    for (std::string name; lines >> name; lines.ignore(1000, '\n'))
        if (double value = 0; name == key + ":" && lines >> value) return value * 1024e-9;
    return 0;
}

std::vector<std::string> describe_gpus() {
    std::vector<std::string> lines;
    const auto names = device_names();
    for (std::size_t i = 1; i < names.size(); ++i) {
        const int gpu = static_cast<int>(i) - 1;
        const GpuFacts facts = gpu_facts(gpu);
        lines.push_back(fmt::format("{}  {}, compute capability {}.{}, {:.1f} GB free", names[i], facts.name,
                                    facts.capability / 10, facts.capability % 10,
                                    static_cast<double>(gpu_free_bytes(gpu)) * 1e-9));
    }
    return lines;
}

} // namespace

const char* name_of(Blas::Kind kind) {
    switch (kind) {
    case Blas::Kind::openblas:
        return "OpenBLAS";
    case Blas::Kind::mkl:
        return "MKL";
    case Blas::Kind::other:
        return "another optimised library";
    case Blas::Kind::reference:
        return "the reference BLAS (slow)";
    case Blas::Kind::unknown:
        break;
    }
    return "unknown";
}

Blas blas_from(const std::string& file, bool mkl_inside) {
    if (mkl_inside) return {Blas::Kind::mkl, ""};
    const auto holds = [&](const char* part) { return file.find(part) != std::string::npos; };
    Blas::Kind kind = Blas::Kind::unknown;
    if (holds("openblas"))
        kind = Blas::Kind::openblas;
    else if (holds("mkl"))
        kind = Blas::Kind::mkl;
    else if (holds("/libblas.so") || holds("/librefblas"))
        kind = holds("/blis") || holds("/atlas") ? Blas::Kind::other : Blas::Kind::reference;
    else if (!file.empty())
        kind = Blas::Kind::other;
    return {kind, file};
}

Machine examine_machine() {
    use_all_threads();
    Machine machine;
    machine.threads = at::get_num_threads();
    machine.cores = usable_cores();
    machine.gflops = 1e-9 * matrix_rate(torch::kCPU, Precision::fp32);
    machine.blas = blas_from(blas_file(), at::hasMKL());
    using Name = char*();
    if (auto* const name = reinterpret_cast<Name*>(::dlsym(RTLD_DEFAULT, "openblas_get_corename"));
        name != nullptr && machine.blas.kind == Blas::Kind::openblas)
        machine.blas.kernels = name();
    machine.avx2 = processor_has("avx2");
    machine.avx512 = processor_has("avx512f");
    machine.bf16 = has_fast_bf16(torch::kCPU);
    machine.bf16_fault = bf16_fault();
    machine.memory_gb = meminfo_gb("MemTotal");
    machine.free_memory_gb = meminfo_gb("MemAvailable");
    machine.gpus = describe_gpus();
    return machine;
}

std::vector<std::string> advice(const Machine& machine) {
    std::vector<std::string> lines;
    if (machine.blas.kind == Blas::Kind::reference)
        lines.push_back(fmt::format("the reference BLAS is active ({}), which is up to a hundred times slower: install "
                                    "libopenblas0-pthread, or choose it with update-alternatives --config "
                                    "libblas.so.3-x86_64-linux-gnu",
                                    machine.blas.where));
    if (machine.threads < machine.cores)
        lines.push_back(fmt::format("only {} of {} cores are used: unset OMP_NUM_THREADS, or raise it", machine.threads,
                                    machine.cores));
    if (machine.free_memory_gb > 0 && machine.free_memory_gb < 3)
        lines.push_back(fmt::format("{:.1f} GB of memory are free: pre-training at 224 pixels and batch 32 takes "
                                    "about 3 GB; lower the batch or the size",
                                    machine.free_memory_gb));
    return lines;
}

std::string verdict(const Machine& machine) {
    const auto count = advice(machine).size();
    if (count > 0)
        return fmt::format("{} to change, see above", count == 1 ? "one thing" : fmt::format("{} things", count));
    if (!machine.gpus.empty())
        return fmt::format("ready: {} (--device cuda)",
                           machine.gpus.size() == 1 ? "a GPU" : fmt::format("{} GPUs", machine.gpus.size()));
    return fmt::format("ready: the CPU with {} thread{}, {} by default", machine.threads,
                       machine.threads == 1 ? "" : "s", machine.bf16 ? "bf16" : "fp32");
}

} // namespace mlvicx
