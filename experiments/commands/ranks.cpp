#include "experiments/commands/ranks.h"

#include "core/error.h"
#include "core/interrupt.h"
#include "core/progress.h"
#include "core/rank_processes.h"
#include "experiments/commands/arguments.h"
#include "methods/device/device.h"
#include "methods/device/launched_rank.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>

namespace mlvicx {

namespace {

/// Set for the ranks that this program starts.
constexpr auto* joins = "MLVICX_RANKS";

std::vector<std::string> words_of(const std::string& list) {
    std::vector<std::string> words;
    for (std::size_t begin = 0; begin <= list.size();) {
        const auto end = std::min(list.find(',', begin), list.size());
        words.push_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return words;
}

int whole(const std::string& text, int low, const char* option, const std::string& given, const char* expected) {
    int number = 0;
    const char* end = text.data() + text.size();
    if (text.empty() || std::from_chars(text.data(), end, number).ptr != end || number < low)
        user_error("{} is '{}', expected {}", option, given, expected);
    return number;
}

/// What the ranks see of the GPUs: the chosen ones, among those that this process sees.
std::string visible_gpus(const std::string& devices) {
    constexpr auto* expected = "the numbers of different GPUs, such as 0,1,2,3";
    const char* before = std::getenv("CUDA_VISIBLE_DEVICES");
    const auto known = before != nullptr && *before != '\0' ? words_of(before) : std::vector<std::string>{};
    std::vector<std::string> chosen;
    for (const auto& word : words_of(devices)) {
        const auto index = static_cast<std::size_t>(whole(word, 0, "--devices", devices, expected));
        if (!known.empty() && index >= known.size())
            user_error("--devices is '{}', but CUDA_VISIBLE_DEVICES has {} GPUs", devices, known.size());
        const auto gpu = known.empty() ? std::to_string(index) : known[index];
        if (std::find(chosen.begin(), chosen.end(), gpu) != chosen.end())
            user_error("--devices is '{}', expected {}", devices, expected);
        chosen.push_back(gpu);
    }
    return fmt::format("{}", fmt::join(chosen, ","));
}

void start_ranks(const RankOptions& options) {
    const auto gpus = options.devices.empty() ? "" : visible_gpus(options.devices);
    const int listed = options.devices.empty() ? 0 : static_cast<int>(words_of(gpus).size());
    const int count = options.ranks.empty()
                          ? listed
                          : whole(options.ranks, 1, "--ranks", options.ranks, "a number of processes, or env");
    if (listed > 0 && count != listed)
        user_error("--ranks is {}, but --devices has {}: expected a device for each rank", count, options.devices);
    if (const auto fault = world_fault(); count > 1 && !fault.empty())
        user_error("{} ranks cannot train together: {}", count, fault);
    const auto port = std::to_string(free_port()), size = std::to_string(count);
    const auto threads = std::to_string(std::max(1, usable_cores() / count));
    std::vector<Variables> variables;
    for (int rank = 0; rank < count; ++rank) {
        const auto number = std::to_string(rank);
        auto& own = variables.emplace_back();
        own = {{"RANK", number},      {"LOCAL_RANK", number}, {"WORLD_SIZE", size}, {"MASTER_ADDR", "127.0.0.1"},
               {"MASTER_PORT", port}, {joins, "env"}};
        if (std::getenv("OMP_NUM_THREADS") == nullptr) own.emplace_back("OMP_NUM_THREADS", threads);
        if (!gpus.empty()) own.emplace_back("CUDA_VISIBLE_DEVICES", gpus);
    }
    const auto end = run_ranks(variables);
    if (end.rank == 0 && end.status > 0 && end.status < 128) std::exit(end.status); // it has said why
    if (end.status == 128 + SIGINT) throw Interrupted();
    if (end.status == 1) throw InternalError(end.text);
    if (end.status != 0) throw UserError(end.text);
}

} // namespace

std::shared_ptr<RankOptions> add_rank_options(CLI::App& command) {
    auto options = std::make_shared<RankOptions>();
    command
        .add_option("--ranks", options->ranks,
                    "Pre-train on N processes that share each batch, one per GPU if there are GPUs; env: torchrun or "
                    "srun has started this one of them")
        ->type_name("N");
    return options;
}

RankPart take_part(const RankOptions& options) {
    const char* started = std::getenv(joins);
    const bool joined = options.ranks == "env" || (started != nullptr && std::string(started) == "env");
    RankPart part;
    if (!joined && options.ranks.empty() && options.devices.empty()) return part;
    if (!joined) {
        start_ranks(options);
        part.parent = true;
        return part;
    }
    if (!options.devices.empty()) part.device = "cuda";
    const auto place = launched_rank([](const char* name) { return std::getenv(name); });
    if (place.size == 1) return part;
    if (place.rank != 0) set_quiet(true);
    part.world = join_world(place);
    return part;
}

} // namespace mlvicx
