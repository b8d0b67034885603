#include "methods/device/launched_rank.h"

#include "core/error.h"
#include "core/process.h"
#include "methods/device/device.h"

#include <fmt/format.h>

#include <unistd.h>

#include <charconv>
#include <string_view>

namespace mlvicx {

namespace {

/// "True" if torchrun's own store, which only its release of LibTorch understands, listens on MASTER_PORT.
constexpr auto* keeps_port = "TORCHELASTIC_USE_AGENT_STORE";

std::string text_of(const Variable& variable, const char* name, const char* why) {
    const char* value = variable(name);
    if (value == nullptr || *value == '\0') user_error("{} is not set: expected {}", name, why);
    return value;
}

int number_of(const Variable& variable, const char* name, int low, const char* why) {
    const auto text = text_of(variable, name, why);
    int number = 0;
    const char* end = text.data() + text.size();
    if (std::from_chars(text.data(), end, number).ptr != end || number < low)
        user_error("{} is '{}', expected {}", name, text, why);
    return number;
}

bool is_set(const Variable& variable, const char* name) {
    const char* value = variable(name);
    return value != nullptr && *value != '\0';
}

} // namespace

torch::Device rank_device(const World* world, const torch::Device& chosen) {
    if (world == nullptr || !chosen.is_cuda()) return chosen;
    const bool only = device_names().size() == 2; // with the CPU
    return device_from(fmt::format("cuda:{}", only ? 0 : world->local_rank()));
}

std::string first_host(const std::string& nodes) {
    std::string host;
    for (std::size_t i = 0; i < nodes.size() && nodes[i] != ','; ++i) {
        if (nodes[i] != '[') {
            host += nodes[i];
            continue;
        }
        const auto stop = nodes.find_first_of(",-]", i), close = nodes.find(']', i);
        if (close == std::string::npos) return "";
        host += nodes.substr(i + 1, stop - i - 1); // the first number, with its zeros
        i = close;
    }
    return host;
}

WorldOptions launched_rank(const Variable& variable) {
    const bool by_variables = is_set(variable, "RANK");
    if (!by_variables && !is_set(variable, "SLURM_PROCID"))
        user_error(
            "--ranks env joins the processes that torchrun or srun started, but neither RANK nor SLURM_PROCID is "
            "set; --ranks N starts them here");
    if (by_variables && is_set(variable, keeps_port) && std::string(variable(keeps_port)) == "True")
        user_error("torchrun keeps MASTER_PORT for itself; start it with TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1");
    WorldOptions options;
    const auto number = [&](const char* plain, const char* slurm, int low, const char* why) {
        return number_of(variable, by_variables ? plain : slurm, low, why);
    };
    options.rank = number("RANK", "SLURM_PROCID", 0, "this process's number, from 0");
    options.size = number("WORLD_SIZE", "SLURM_NTASKS", 1, "the number of processes");
    options.local_rank = number("LOCAL_RANK", "SLURM_LOCALID", 0, "this process's number on its machine, from 0");
    if (options.rank >= options.size)
        user_error("rank {} of {} processes: expected ranks from 0 to {}", options.rank, options.size,
                   options.size - 1);
    constexpr auto* of_host = "the name or address of rank 0's machine";
    if (by_variables || is_set(variable, "MASTER_ADDR")) {
        options.host = text_of(variable, "MASTER_ADDR", of_host);
    } else {
        const auto nodes = text_of(variable, "SLURM_JOB_NODELIST", "the job's machines");
        options.host = first_host(nodes);
        if (options.host.empty()) user_error("SLURM_JOB_NODELIST is '{}', expected a list of machines", nodes);
    }
    constexpr auto* of_port = "the port on which rank 0 listens";
    if (by_variables || is_set(variable, "MASTER_PORT"))
        options.port = number_of(variable, "MASTER_PORT", 1, of_port);
    else
        options.port = 20'000 + number_of(variable, "SLURM_JOB_ID", 0, "the job's number") % 10'000;
    if (options.port > 65'535) user_error("MASTER_PORT is '{}', expected {}", options.port, of_port);
    options.machine = fmt::format("{}, process {}", host_name(), ::getpid());
    return options;
}

} // namespace mlvicx
