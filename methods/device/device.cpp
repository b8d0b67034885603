#include "methods/device/device.h"

#include "core/error.h"
#include "methods/device/bf16.h"
#include "methods/device/deterministic.h"
#include "methods/device/gpu.h"
#include "methods/device/torch_version.h"

#include <ATen/Parallel.h>
#include <fmt/ranges.h>
#include <torch/cuda.h>

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

namespace mlvicx {

namespace {

/// The text after "KEY : " in the first such line of /proc/cpuinfo; empty if there is none.
std::string processor_field(const std::string& key) {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const auto colon = line.find(':');
        if (colon == std::string::npos || line.compare(0, key.size(), key) != 0) continue;
        if (line.find_first_not_of(" \t", key.size()) != colon) continue;
        const auto value = line.find_first_not_of(" \t", colon + 1);
        return value == std::string::npos ? "" : line.substr(value);
    }
    return "";
}

/// A positive integer in an environment variable or text; 0 otherwise.
int positive(const char* text) {
    const int value = text != nullptr ? std::atoi(text) : 0;
    return std::max(value, 0);
}

/// Cores that a container's quota allows (cgroup 2); 0 without a quota.
int container_quota() {
    std::ifstream file("/sys/fs/cgroup/cpu.max");
    double quota = 0, period = 0; // without a quota the file has "max", which fails to parse
    if (!(file >> quota >> period) || quota <= 0 || period <= 0) return 0;
    return std::max(1, static_cast<int>(quota / period + 0.5));
}

/// Lets cuDNN choose convolutions among MLVICX_CUDNN_SEARCH algorithms by trying each, if the environment has it: once
/// for every shape in every process, as LibTorch cannot keep what it found. Off by default: SimCLR gains nothing, and
/// without a limit MLVICX's shapes took minutes (record of 28 November 2026). Throws UserError for other text.
torch::Device gpu_to_use(torch::DeviceIndex index) {
    const char* text = std::getenv("MLVICX_CUDNN_SEARCH");
    if (text != nullptr) {
        unsigned algorithms = 0;
        const char* end = text + std::strlen(text);
        if (std::from_chars(text, end, algorithms).ptr != end || end == text)
            user_error("MLVICX_CUDNN_SEARCH is '{}', expected a number of algorithms, 0 for no search", text);
        if (algorithms > 0 && !deterministic_algorithms()) {
            at::globalContext().setBenchmarkCuDNN(true);
            at::globalContext().setBenchmarkLimitCuDNN(static_cast<int>(algorithms));
        }
    }
    return {torch::kCUDA, index};
}

} // namespace

std::vector<std::string> device_names() {
    std::vector<std::string> names{"cpu"};
    const int gpus = torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
    for (int i = 0; i < gpus; ++i) names.push_back(fmt::format("cuda:{}", i));
    return names;
}

torch::Device device_from(const std::string& text) {
    if (text == "cpu") return torch::Device(torch::kCPU);
    if (text == "auto") return device_names().size() > 1 ? gpu_to_use(0) : torch::Device(torch::kCPU);
    const std::string name = text == "cuda" ? "cuda:0" : text;
    unsigned index = 0;
    const char* end = name.data() + name.size();
    const bool is_cuda = name.size() > 5 && name.size() < 9 && name.compare(0, 5, "cuda:") == 0;
    if (!is_cuda || std::from_chars(name.data() + 5, end, index).ptr != end)
        user_error("unknown device '{}': expected auto, cpu, cuda or cuda:INDEX", text);
    const auto names = device_names();
    if (index + 1 >= names.size())
        user_error("device '{}' does not exist here: expected {}", text, fmt::join(names, ", "));
    return gpu_to_use(static_cast<torch::DeviceIndex>(index));
}

bool has_fast_bf16(const torch::Device& device) {
    if (device.is_cuda()) return gpu_facts(device.index()).capability >= 80;
    // Intel's AVX-512 multiplies bf16 no faster than float32, whose 3x3 convolutions need a quarter of the products: a
    // Xeon without AMX trained SimCLR at 64 pixels at 87 images/s in bf16 and 185 in float32.
    const bool listed = processor_has("amx_bf16") || processor_has("bf16") ||
                        (processor_has("avx512_bf16") && processor_field("vendor_id") == "AuthenticAMD");
    return listed && bf16_fault().empty();
}

bool processor_has(const std::string& feature) {
    const std::string flags = processor_field("flags");
    std::istringstream listed(flags.empty() ? processor_field("Features") : flags); // the latter on ARM
    for (std::string flag; listed >> flag;)
        if (flag == feature) return true;
    return false;
}

Precision precision_from(const std::string& text, const torch::Device& device) {
    if (text == "auto") return has_fast_bf16(device) ? Precision::bf16 : Precision::fp32;
    if (text == "bf16") {
        if (device.is_cpu() && !bf16_fault().empty())
            user_error("precision 'bf16' is not available on this CPU: {}; expected auto or fp32", bf16_fault());
        return Precision::bf16;
    }
    if (text != "fp32") user_error("unknown precision '{}': expected auto, bf16 or fp32", text);
    return Precision::fp32;
}

const char* name_of(Precision precision) {
    return precision == Precision::bf16 ? "bf16" : "fp32";
}

int usable_cores() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
    std::set<std::string> cores; // hardware threads of one core list the same siblings
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        std::ifstream file(fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
        std::string siblings;
        cores.insert(std::getline(file, siblings) ? siblings : fmt::format("cpu {}", cpu));
    }
    int count = std::max(1, static_cast<int>(cores.size()));
    for (const int limit : {container_quota(), positive(std::getenv("SLURM_CPUS_PER_TASK"))})
        if (limit > 0) count = std::min(count, limit);
    return count;
}

void use_all_threads() {
    const int asked = positive(std::getenv("OMP_NUM_THREADS"));
    at::set_num_threads(asked > 0 ? asked : usable_cores());
}

std::string describe_device(const torch::Device& device) {
    if (device.is_cuda()) return gpu_facts(device.index()).name + (deterministic_algorithms() ? ", deterministic" : "");
    const std::string model = processor_field("model name");
    const int threads = at::get_num_threads();
    return fmt::format("{} ({} thread{})", model.empty() ? "CPU" : model, threads, threads == 1 ? "" : "s");
}

std::int64_t free_memory(const torch::Device& device) {
    return device.is_cuda() ? gpu_free_bytes(device.index()) : 0;
}

torch::Tensor sent_to(const torch::Tensor& small, const torch::Device& device) {
    // The driver copies small data at once, so the host's memory may be freed.
    return small.to(device, /*non_blocking=*/device.is_cuda());
}

Autocast::Autocast(const torch::Device& device, Precision precision)
    : type_(device.type()), active_(precision == Precision::bf16) {
    if (!active_) return;
    was_enabled_ = autocast_enabled(type_);
    set_autocast_type(type_, torch::kBFloat16);
    set_autocast(type_, true);
}

Autocast::~Autocast() {
    if (!active_) return;
    set_autocast(type_, was_enabled_);
    if (!was_enabled_) at::autocast::clear_cache(); // cached casts of weights, which the next step changes
}

NoAutocast::NoAutocast() : cpu_(autocast_enabled(torch::kCPU)), cuda_(autocast_enabled(torch::kCUDA)) {
    set_autocast(torch::kCPU, false);
    set_autocast(torch::kCUDA, false);
}

NoAutocast::~NoAutocast() {
    set_autocast(torch::kCPU, cpu_);
    set_autocast(torch::kCUDA, cuda_);
}

} // namespace mlvicx
