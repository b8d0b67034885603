#pragma once

#include "methods/device/world.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace mlvicx {

/// Options of the commands that pre-train: how many processes share each batch.
struct RankOptions {
    std::string ranks;   ///< "4": starts as many here; "env": torchrun or srun has started this one; empty: one process
    std::string devices; ///< "0,1": starts one for each of these GPUs
};
/// Adds --ranks; what --devices means is the command's.
std::shared_ptr<RankOptions> add_rank_options(CLI::App& command);

/// What this process has to do.
struct RankPart {
    bool parent = false;          ///< it started the ranks, and they have ended: nothing is left
    std::unique_ptr<World> world; ///< it is one of several ranks
    std::string device;           ///< "cuda" if GPUs were listed, else empty
};

/// Starts the ranks and waits for them, or joins them; ranks other than the first are silent but for errors. Call it
/// before LibTorch has started threads. Throws UserError (InternalError) if a rank fails, after the others have been
/// ended, and Interrupted.
RankPart take_part(const RankOptions& options);

} // namespace mlvicx
