#pragma once

#include "methods/pretrain/pretrain.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// The records of a pre-training that is still running, for `status --watch`: a line of JSON for each finished epoch,
/// in a file next to the checkpoint, which goes when the job is done and the results file has the curves. A file that
/// cannot be written does not disturb the training.
class LiveCurves {
public:
    /// Empty `file`: records nothing. `resumes` false: what an earlier training left there is removed.
    LiveCurves(std::filesystem::path file, bool resumes);
    void add(const EpochRecord& record) const;

private:
    std::filesystem::path file_;
};

/// An epoch as read back: `time` in seconds since 1970.
struct LiveEpoch {
    std::int64_t epoch = 0;
    double time = 0;
    std::vector<std::pair<std::string, double>> values;
};

/// Each epoch's last record, by epoch: a resumed training repeats those after its checkpoint. A line that is just being
/// written is left out; no file: empty.
std::vector<LiveEpoch> read_live_curves(const std::filesystem::path& file);

} // namespace mlvicx
