#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mlvicx {

/// "auto" (a GPU if LibTorch has one, else the CPU), "cpu", "cuda" or "cuda:INDEX". Throws UserError for other text or
/// a device that does not exist here (listing those that do). A GPU's convolutions are then searched for as
/// MLVICX_CUDNN_SEARCH asks (docs/machines.md).
torch::Device device_from(const std::string& text);

/// The devices that exist here: "cpu", then "cuda:0", ...
std::vector<std::string> device_names();

/// bf16 instructions (AMX, AMD's AVX512-BF16, ARM's) that are faster than float32's and sum in float32
/// (methods/device/bf16.h), or a GPU of compute capability 8.0 or higher.
bool has_fast_bf16(const torch::Device& device);

enum class Precision { fp32, bf16 };
/// "auto" (bf16 where it is fast), "bf16" or "fp32" (on a GPU TF32, LibTorch's default). Throws UserError for other
/// text, and for "bf16" on a CPU that does not sum it in float32 (bf16_fault), with the reason.
Precision precision_from(const std::string& text, const torch::Device& device);
const char* name_of(Precision precision);

/// Uses every core for LibTorch's operators (Debian's LibTorch 1.13 starts with one thread), or OMP_NUM_THREADS.
void use_all_threads();

/// Whether the processor has this feature, by Linux's name: "avx2", "amx_bf16"; false if unknown.
bool processor_has(const std::string& feature);

/// Physical cores that this process may use, given its affinity, a container's quota and SLURM_CPUS_PER_TASK.
int usable_cores();

/// A name for records: "AMD EPYC (2 threads)", "NVIDIA H200", "NVIDIA H200, deterministic" (deterministic_algorithms).
std::string describe_device(const torch::Device& device);

/// Free bytes of a GPU's memory; 0 if unknown, and for the CPU.
std::int64_t free_memory(const torch::Device& device);

/// Copies a small tensor from the host to `device` without waiting for the work queued on a GPU.
torch::Tensor sent_to(const torch::Tensor& small, const torch::Device& device);

/// bf16 autocast for a scope if `precision` asks for it, otherwise nothing. Compute losses outside of it or in float32
/// explicitly. Weights are cast once in the outermost scope, so an optimiser's step must not run inside it.
class Autocast {
public:
    Autocast(const torch::Device& device, Precision precision);
    ~Autocast();
    Autocast(const Autocast&) = delete;
    Autocast& operator=(const Autocast&) = delete;

private:
    torch::DeviceType type_;
    bool active_, was_enabled_ = false;
};

/// Turns autocast off for a scope, on the CPU and on GPUs: operators then work in the precision of their inputs.
class NoAutocast {
public:
    NoAutocast();
    ~NoAutocast();
    NoAutocast(const NoAutocast&) = delete;
    NoAutocast& operator=(const NoAutocast&) = delete;

private:
    bool cpu_, cuda_;
};

} // namespace mlvicx
