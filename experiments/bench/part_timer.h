#pragma once

#include <ATen/record_function.h>
#include <torch/types.h>

#include <map>
#include <string>

namespace mlvicx {

/// Measures what pretrain() on this thread spends in each part of its steps (methods/pretrain/step_parts.h), while it
/// exists. On a GPU it waits for the queued work at the end of each part, so a step that is timed by parts is no
/// measure of a step's speed. One at a time for a thread.
class PartTimer {
public:
    explicit PartTimer(const torch::Device& device);
    ~PartTimer();
    PartTimer(const PartTimer&) = delete;
    PartTimer& operator=(const PartTimer&) = delete;

    const std::map<std::string, double>& seconds() const { return seconds_; }
    void clear() { seconds_.clear(); }

private:
    struct Begin;
    void wait() const;
    torch::Device device_;
    std::map<std::string, double> seconds_;
    at::CallbackHandle handle_;
};

} // namespace mlvicx
