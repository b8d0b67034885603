#pragma once

#include "results/store/store.h"

#include <filesystem>
#include <vector>

namespace mlvicx {

/// Training curves as TensorBoard reads them: below `folder` one run (a folder with one event file) for each job, named
/// after it and the first digits of its hash: pretrain/nih/byol/seed0-1a2b3c4d,
/// finetuned/nih/0.01/byol/seed0-draw2-5e6f7a8b. The step of a value is its epoch, its tag the curve's name. Each epoch
/// is written as soon as it is known; an epoch that is trained again replaces the earlier values.
class TensorBoard {
public:
    /// Empty: nothing is written. Throws UserError if the folder cannot be created or is not writable.
    explicit TensorBoard(const std::filesystem::path& folder);

    /// The values of one epoch. A file that cannot be written ends no training: that is logged once, and nothing is
    /// written from then on.
    void add(const JobKey& job, const std::vector<CurvePoint>& epoch);
    /// All values of a finished job; does nothing if its file has all their epochs.
    void complete(const JobKey& job, const std::vector<CurvePoint>& curves);

    /// The event file of a job.
    std::filesystem::path file(const JobKey& job) const;

private:
    template <typename Write> void guarded(Write&& write);
    std::filesystem::path folder_;
};

} // namespace mlvicx
