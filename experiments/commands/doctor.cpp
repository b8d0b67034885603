#include "experiments/doctor.h"

#include "core/version.h"
#include "datasets/lettering/lettering.h"
#include "experiments/commands/commands.h"
#include "methods/device/device.h"
#include "methods/device/graph_recorder.h"
#include "methods/device/kernel_program.h"
#include "methods/device/world.h"
#include "mlvicx_build.h"

#include <torch/torch.h>

#include <boost/version.hpp>
#include <opencv2/core/utility.hpp>
#include <sqlite3.h>
#ifdef MLVICX_HAS_GDCM
#include <gdcmVersion.h>
#endif

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

namespace mlvicx {

namespace {

/// The file that LibTorch's code was loaded from in this process, whatever the build meant to use.
std::string libtorch_file() {
    Dl_info info{};
    using Function = std::string (*)();
    const Function function = at::show_config;
    return ::dladdr(reinterpret_cast<const void*>(function), &info) != 0 ? info.dli_fname : "unknown";
}

std::string processor_text(const Machine& machine) {
    std::string text = describe_device(torch::kCPU);
    for (const auto& [has, name] :
         {std::pair(machine.avx2, "AVX2"), {machine.avx512, "AVX-512"}, {machine.bf16, "fast bf16"}})
        text += fmt::format(", {}{}", has ? "" : "no ", name);
    return text;
}

/// Whether our kernels run on the GPUs, or would if there were one; one line for each reason why not.
std::vector<std::string> kernel_lines(const Machine& machine) {
    const auto& nvrtc = Nvrtc::in_use();
    if (!nvrtc.fault().empty()) return {"none: " + nvrtc.fault()};
    if (!KernelProgram::switched_on())
        return {"off, as no GPU has tested them (MLVICX_GPU_KERNELS=on; compiler: " + nvrtc.name() + ")"};
    std::vector<std::string> faults;
    for (std::size_t gpu = 0; gpu < machine.gpus.size(); ++gpu)
        for (auto* program : KernelProgram::all())
            if (const auto fault = program->fault(static_cast<int>(gpu)); !fault.empty())
                faults.push_back(fmt::format("cuda:{}: none for {}: {}", gpu, program->title(), fault));
    if (!faults.empty()) return faults;
    return {(machine.gpus.empty() ? "could be compiled by " : "compiled by ") + nvrtc.name()};
}

std::string gdcm_text() {
#ifdef MLVICX_HAS_GDCM
    return gdcm::Version::GetVersion();
#else
    return "not built in: DICOM files cannot be read (libgdcm-dev, then build again)";
#endif
}

std::string folder_text(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') return fmt::format("{} is not set", variable);
    std::error_code error;
    return fmt::format("{} = {}{}", variable, value,
                       std::filesystem::is_directory(value, error) ? "" : " (no such folder)");
}

void doctor() {
    const auto row = [](const char* name, const std::string& text) { fmt::print("{:<12}  {}\n", name, text); };
    const Machine machine = examine_machine();
    row("mlvicx-bench", fmt::format("{}, commit {}, {} build", MLVICX_VERSION, MLVICX_GIT_COMMIT, MLVICX_BUILD_TYPE));
    row("LibTorch", fmt::format("{} ({})", TORCH_VERSION, MLVICX_TORCH_ORIGIN));
    row("", libtorch_file());
    row("BLAS", fmt::format("{}{}{}", name_of(machine.blas.kind),
                            machine.blas.kernels.empty() ? "" : " with kernels for " + machine.blas.kernels,
                            machine.blas.where.empty() ? ", inside LibTorch" : ": " + machine.blas.where));
    row("", fmt::format("matrix product, fp32: {:.0f} GFLOP/s", machine.gflops));
    row("threads",
        fmt::format("{} on {} usable core{}", machine.threads, machine.cores, machine.cores == 1 ? "" : "s"));
    row("processor", processor_text(machine));
    if (!machine.bf16_fault.empty()) row("", "bf16 is not offered: " + machine.bf16_fault);
    row("memory", fmt::format("{:.1f} GB, {:.1f} GB free", machine.memory_gb, machine.free_memory_gb));
    if (machine.gpus.empty()) row("GPU", "none that this LibTorch can use");
    for (const auto& gpu : machine.gpus) row("GPU", gpu);
    for (const auto& line : kernel_lines(machine)) row("GPU kernels", line);
    row("CUDA graphs", graphs_fault().empty() ? "on" : graphs_fault());
    row("processes", world_text());
    row("OpenCV", cv::getVersionString());
    row("SQLite", ::sqlite3_libversion());
    row("GDCM", gdcm_text());
    row("Pango", lettering_text());
    row("Boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100));
    for (const char* variable : {"NIH_ROOT", "NIH_METADATA"}) row("data", folder_text(variable));
    for (const auto& line : advice(machine)) row("advice", line);
    row("verdict", verdict(machine));
}

} // namespace

void add_doctor(CLI::App& app) {
    app.add_subcommand("doctor", "Describe this machine and this build, and what to change for speed")
        ->callback(doctor);
}

} // namespace mlvicx
