#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace mlvicx {

/// Where a long computation saves its progress, and how often.
struct Saving {
    std::filesystem::path file = {}; ///< the checkpoint; empty: progress is not saved
    std::string identity = {};       ///< of what is computed; a checkpoint with another one is not of this computation
    double seconds = 60;             ///< of work between two checkpoints, at least; 0: as often as possible
};

/// The checkpoint of what a file will hold: "x.checkpoint.safetensors" for "x.safetensors".
std::filesystem::path checkpoint_beside(const std::filesystem::path& file);

/// Says when progress is worth saving. Time decides, not steps or epochs: an epoch takes from a fraction of a second to
/// hours. A checkpoint is due after `seconds` of work, but so rarely that writing takes at most a fiftieth of the time;
/// work that is shorter writes none.
class SavingClock {
public:
    explicit SavingClock(double seconds);
    bool due() const;
    void save(const std::function<void()>& write); ///< writes, and notes how long that took
    double worked() const;                         ///< seconds since the clock was made

private:
    using Clock = std::chrono::steady_clock;
    const double seconds_;
    const Clock::time_point begin_;
    Clock::time_point saved_; ///< the last time, or the beginning
    double cost_ = 0;         ///< seconds that the last time took
};

} // namespace mlvicx
