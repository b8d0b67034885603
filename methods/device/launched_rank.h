#pragma once

#include "methods/device/world.h"

#include <functional>
#include <string>

namespace mlvicx {

/// The value of an environment variable; null if it is not set.
using Variable = std::function<const char*(const char* name)>;

/// This process's place among those that torchrun (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT) or Slurm's
/// srun (SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID, SLURM_JOB_NODELIST, SLURM_JOB_ID) started; RANK comes before
/// SLURM_PROCID, and MASTER_ADDR and MASTER_PORT before what Slurm says. Without MASTER_PORT, Slurm's port follows from
/// the job's number. Throws UserError that names the variable that is missing or has no sense.
WorldOptions launched_rank(const Variable& variable);

/// The device of a rank: `chosen`, and if that is a GPU, the one with the rank's number on its machine, or the only one
/// that it sees (srun may show each task its own). Throws UserError if it does not exist. Without a world: `chosen`.
torch::Device rank_device(const World* world, const torch::Device& chosen);

/// The first host of Slurm's list of nodes: "gpu[003-010,12],login1" -> "gpu003".
std::string first_host(const std::string& nodes);

} // namespace mlvicx
