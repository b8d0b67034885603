#pragma once

#include "core/own_program.h"

#include <string>
#include <vector>

namespace mlvicx {

/// How a common work of several processes ended.
struct RanksEnd {
    int rank = -1;    ///< the one that failed; -1: none
    int status = 0;   ///< its exit status, or 128 + signal
    std::string text; ///< "rank 1 (process 4711) was killed by signal 9 (Killed); the other ranks were ended"
};

/// Starts this program `count` times with its own arguments and environment, and more variables for each rank; waits
/// for all. If a rank fails, the others are killed three seconds later, and what the failed one had written to standard
/// error is printed: rank 0 has this process's streams, the others' output is dropped and their errors are kept for
/// that case. An interruption of this process is passed on, and if this process dies, so do the ranks (SIGTERM).
/// `variables`: for each rank, names and values. Call it while the process has one thread.
RanksEnd run_ranks(const std::vector<Variables>& variables);

/// A port of this machine's loopback interface that was free just now.
int free_port();

} // namespace mlvicx
