#include "methods/device/launched_rank.h"

#include "tests/support/rank_children.h"

#include <map>

using namespace mlvicx;

namespace {

using Given = std::map<std::string, std::string>;

WorldOptions launched(const Given& variables) {
    return launched_rank([&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

const Given by_torchrun = {
    {"RANK", "5"}, {"WORLD_SIZE", "8"}, {"LOCAL_RANK", "1"}, {"MASTER_ADDR", "gpu1"}, {"MASTER_PORT", "29500"}};
const Given by_srun = {{"SLURM_PROCID", "5"},
                       {"SLURM_NTASKS", "8"},
                       {"SLURM_LOCALID", "1"},
                       {"SLURM_JOB_NODELIST", "gpu[003-010,12],login1"},
                       {"SLURM_JOB_ID", "1234567"}};

} // namespace

TEST_CASE("launched rank: torchrun's variables", "[unit]") {
    const auto place = launched(by_torchrun);
    CHECK(place.rank == 5);
    CHECK(place.size == 8);
    CHECK(place.local_rank == 1);
    CHECK(place.host == "gpu1");
    CHECK(place.port == 29500);
    CHECK(contains(place.machine, fmt::format("process {}", ::getpid())));
}

TEST_CASE("launched rank: Slurm's variables", "[unit]") {
    auto variables = by_srun;
    auto place = launched(variables);
    CHECK(place.rank == 5);
    CHECK(place.size == 8);
    CHECK(place.local_rank == 1);
    CHECK(place.host == "gpu003");
    CHECK(place.port == 24567);
    variables["MASTER_ADDR"] = "10.0.0.1";
    variables["MASTER_PORT"] = "4000";
    place = launched(variables);
    CHECK(place.host == "10.0.0.1");
    CHECK(place.port == 4000);
    variables.merge(Given(by_torchrun)); // torchrun within a job of Slurm
    CHECK(launched(variables).rank == 5);
}

TEST_CASE("launched rank: the first of Slurm's hosts", "[unit]") {
    CHECK(first_host("gpu1") == "gpu1");
    CHECK(first_host("gpu1,gpu2") == "gpu1");
    CHECK(first_host("gpu[1-4]") == "gpu1");
    CHECK(first_host("gpu[003-010,12],login1") == "gpu003");
    CHECK(first_host("gpu[07,9]-ib,other") == "gpu07-ib");
    CHECK(first_host("rack[2-3]n[01-16]") == "rack2n01");
    CHECK(first_host("gpu[1-4") == "");
}

TEST_CASE("launched rank: a variable that is missing or senseless is named", "[unit]") {
    const auto refusal = [](Given variables, const std::string& name, const std::string& value) {
        value.empty() ? static_cast<void>(variables.erase(name)) : static_cast<void>(variables[name] = value);
        return message_of([&] { launched(variables); });
    };
    CHECK(contains(refusal({}, "RANK", ""), "neither RANK nor SLURM_PROCID is set"));
    CHECK(contains(refusal(by_torchrun, "WORLD_SIZE", ""), "WORLD_SIZE is not set"));
    CHECK(contains(refusal(by_torchrun, "RANK", "8"), "rank 8 of 8 processes"));
    CHECK(contains(refusal(by_torchrun, "RANK", "-1"), "RANK is '-1'"));
    CHECK(contains(refusal(by_torchrun, "MASTER_PORT", "http"), "MASTER_PORT is 'http'"));
    CHECK(contains(refusal(by_torchrun, "MASTER_PORT", "70000"), "MASTER_PORT is '70000'"));
    CHECK(contains(refusal(by_torchrun, "MASTER_ADDR", ""), "MASTER_ADDR is not set"));
    CHECK(contains(refusal(by_torchrun, "TORCHELASTIC_USE_AGENT_STORE", "True"), "torchrun keeps MASTER_PORT"));
    CHECK(refusal(by_torchrun, "TORCHELASTIC_USE_AGENT_STORE", "False").empty());
    CHECK(contains(refusal(by_srun, "SLURM_JOB_NODELIST", "gpu[1"), "SLURM_JOB_NODELIST is 'gpu[1'"));
    CHECK(contains(refusal(by_srun, "SLURM_LOCALID", "x"), "SLURM_LOCALID is 'x'"));
}
