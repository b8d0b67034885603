#include "methods/device/device.h"
#include "core/error.h"
#include "methods/device/bf16.h"
#include "methods/device/torch_version.h"

#include "tests/support/catch.h"

#include <torch/torch.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

using namespace mlvicx;

namespace {

std::string refusal(const std::string& device) {
    try {
        device_from(device);
    } catch (const UserError& error) {
        return error.what();
    }
    return "";
}

torch::ScalarType type_of_product(const torch::Device& device) {
    const auto x = torch::ones({8, 8}, device);
    return x.mm(x).scalar_type();
}

} // namespace

TEST_CASE("device: only devices that exist are accepted", "[unit]") {
    CHECK(device_from("cpu").is_cpu());
    CHECK(device_names().front() == "cpu");
    for (const auto& name : device_names()) CHECK(device_from(name).str() == name);
    // A device that no machine has: the message lists those that exist.
    CHECK(refusal("cuda:97").find("does not exist here: expected cpu") != std::string::npos);
    for (const char* text : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CPU", "cuda:12345"})
        CHECK(refusal(text).find("expected auto, cpu, cuda or cuda:INDEX") != std::string::npos);
    if (device_names().size() == 1) CHECK_THROWS_AS(device_from("cuda"), UserError);
    CHECK(device_from("auto").is_cuda() == (device_names().size() > 1));
}

TEST_CASE("device: precision follows the text, and the hardware if it is auto", "[unit]") {
    const torch::Device cpu(torch::kCPU);
    CHECK(precision_from("fp32", cpu) == Precision::fp32);
    CHECK((precision_from("auto", cpu) == Precision::bf16) == has_fast_bf16(cpu));
    CHECK_THROWS_AS(precision_from("fp16", cpu), UserError);
    CHECK(std::string(name_of(Precision::bf16)) == "bf16");
    CHECK(std::string(name_of(Precision::fp32)) == "fp32");
}

TEST_CASE("device: an Intel processor without AMX trains in float32, which is faster there, unless bf16 is asked for",
          "[unit]") {
    std::ifstream file("/proc/cpuinfo");
    const std::string about{std::istreambuf_iterator<char>(file), {}};
    if (about.find("GenuineIntel") == std::string::npos) SKIP_TEST("no Intel processor");
    const bool amx = about.find(" amx_bf16") != std::string::npos;
    CHECK(precision_from("auto", torch::kCPU) == (amx && bf16_fault().empty() ? Precision::bf16 : Precision::fp32));
    if (bf16_fault().empty()) CHECK(precision_from("bf16", torch::kCPU) == Precision::bf16);
}

TEST_CASE("device: autocast lasts for its scope, and NoAutocast interrupts it", "[unit]") {
    const torch::Device cpu(torch::kCPU);
    CHECK(type_of_product(cpu) == torch::kFloat32);
    {
        const Autocast autocast(cpu, Precision::bf16);
        CHECK(type_of_product(cpu) == torch::kBFloat16);
        {
            const NoAutocast off;
            CHECK(type_of_product(cpu) == torch::kFloat32);
            const Autocast inner(cpu, Precision::bf16);
            CHECK(type_of_product(cpu) == torch::kBFloat16);
        }
        CHECK(type_of_product(cpu) == torch::kBFloat16);
        const Autocast nothing(cpu, Precision::fp32);
        CHECK(type_of_product(cpu) == torch::kBFloat16);
    }
    CHECK(type_of_product(cpu) == torch::kFloat32);
    CHECK_FALSE(autocast_enabled(torch::kCUDA));
}

TEST_CASE("device: a new autocast scope sees changed weights", "[unit]") {
    const torch::Device cpu(torch::kCPU);
    auto weight = torch::ones({4, 4}).requires_grad_(true);
    const auto product = [&] {
        const Autocast autocast(cpu, Precision::bf16);
        return torch::ones({4, 4}).mm(weight).to(torch::kFloat32).sum().item<double>();
    };
    CHECK(product() == 64);
    {
        const torch::NoGradGuard no_gradient;
        weight.mul_(2);
    }
    CHECK(product() == 128);
}

TEST_CASE("device: threads follow the cores, or OMP_NUM_THREADS if set", "[unit]") {
    const int before = at::get_num_threads();
    const char* set = std::getenv("OMP_NUM_THREADS");
    const std::string kept = set != nullptr ? set : "";
    ::setenv("OMP_NUM_THREADS", "1", 1);
    use_all_threads();
    CHECK(at::get_num_threads() == 1);
    ::unsetenv("OMP_NUM_THREADS");
    use_all_threads();
    CHECK(at::get_num_threads() == usable_cores());
    ::setenv("SLURM_CPUS_PER_TASK", "1", 1);
    CHECK(usable_cores() == 1);
    ::unsetenv("SLURM_CPUS_PER_TASK");
    if (set != nullptr) ::setenv("OMP_NUM_THREADS", kept.c_str(), 1);
    at::set_num_threads(before);
}

TEST_CASE("device: a GPU is described by the driver", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    const auto device = device_from("cuda");
    CHECK(describe_device(device).find("NVIDIA") != std::string::npos);
    const auto before = free_memory(device);
    CHECK(before > 0);
    const auto block = torch::empty({1 << 30}, torch::device(device).dtype(torch::kUInt8));
    CHECK(free_memory(device) <= before - (1 << 29));
    const Autocast autocast(device, Precision::bf16);
    CHECK(type_of_product(device) == torch::kBFloat16);
}
