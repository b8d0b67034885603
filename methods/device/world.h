#pragma once

#include <torch/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace mlvicx {

/// Which of several processes this one is, and where they meet.
struct WorldOptions {
    int rank = 0, size = 1;
    int local_rank = 0;                         ///< among the processes of this machine
    std::string host;                           ///< rank 0's machine, by name or address
    int port = 0;                               ///< where rank 0 listens
    std::string machine;                        ///< this process's name in messages: "gpu1, process 4711"
    std::chrono::milliseconds beat{2'000};      ///< between two signs of life
    std::chrono::milliseconds silence{20'000};  ///< without one, a rank counts as lost
    std::chrono::milliseconds meeting{120'000}; ///< how long to wait for all ranks at the start
};

/// The processes ("ranks") that train one network together, each on its share of every batch; LibTorch's c10d without
/// its headers. Every call below except the messages is made by all ranks in the same order.
///
/// Tensors are reduced by Gloo on the CPU and by NCCL on GPUs. A rank that is lost ends all others: each has a thread
/// that gives a sign of life to rank 0's store and watches the others'. When a rank is silent for too long, or a
/// connection breaks, the process says which rank it was and ends at once with status 2; what is saved by then is safe,
/// as after any kill. (A collective operation that waits for a dead rank cannot be left in any other way.)
class World {
public:
    virtual ~World() = default;
    virtual int rank() const = 0;
    virtual int size() const = 0;
    virtual int local_rank() const = 0;
    bool first() const { return rank() == 0; }

    /// Replaces a tensor (dense, float32 or float64) by its sum over the ranks; in the same order on all, so the bits
    /// are equal on all.
    virtual void sum(const torch::Tensor& tensor) = 0;
    /// A sum that is still under way.
    class Pending {
    public:
        virtual ~Pending() = default;
        virtual void wait() = 0;
    };
    virtual std::unique_ptr<Pending> begin_sum(const torch::Tensor& tensor) = 0;
    /// The ranks' tensors of equal shape [N, ...], one after the other: [size N, ...].
    virtual torch::Tensor gather(const torch::Tensor& tensor) = 0;
    /// Replaces a tensor of any type by rank 0's.
    virtual void broadcast(const torch::Tensor& tensor) = 0;
    /// Whether it is true on any rank.
    virtual bool any(bool here) = 0;

    // Messages, for the time between two trainings: they wait as long as rank 0 has other work.

    /// Rank 0 tells the others what comes next.
    virtual void announce(const std::string& text) = 0;
    /// The other ranks: the next of rank 0's announcements; empty when rank 0 has left. Throws Interrupted.
    virtual std::string heard() = 0;
    /// Every rank calls this after a common work; `fault` says why it failed here, empty if it did not. Rank 0 and
    /// ranks that failed wait here for the others; if one does not come, it is in the middle of the work, and the
    /// process ends as for a lost rank.
    virtual void done(const std::string& fault) = 0;
};

/// Meets the other ranks. Throws UserError if they do not come, or if this build cannot (world_fault).
std::unique_ptr<World> join_world(const WorldOptions& options);

/// Why this build cannot train on several processes; empty if it can.
std::string world_fault();
/// "Gloo (CPU), NCCL (GPUs)", or why not.
std::string world_text();

} // namespace mlvicx
