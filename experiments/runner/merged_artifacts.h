#pragma once

#include "results/store/store.h"

#include <cstdint>
#include <filesystem>
#include <span>

namespace mlvicx {

/// The files of a merged results file's artifacts, until they get their place.
class MergedArtifacts {
public:
    /// For the results file `target`; its folder of artifacts must not exist (UserError).
    explicit MergedArtifacts(const std::filesystem::path& target);
    ~MergedArtifacts(); ///< removes what has no place yet
    MergedArtifacts(const MergedArtifacts&) = delete;
    MergedArtifacts& operator=(const MergedArtifacts&) = delete;
    /// Collects the encoders, prepared datasets and audits of the results files `inputs`, and the checkpoints of
    /// jobs that `merged` lacks, as hard links where that works, else as copies. Features are left out: they
    /// are computed again. `merged` then names the encoders' files by their new place. Throws UserError, which names
    /// both files, if two encoders of one hash have other weights, or if two prepared datasets of one name have other
    /// content.
    void collect(std::span<const std::filesystem::path> inputs, Store& merged);
    void place(); ///< gives them their final name

    std::int64_t files = 0, linked = 0;
    double bytes = 0;

private:
    void add(const std::filesystem::path& file, const std::filesystem::path& name, bool must_agree);
    std::filesystem::path folder_, partial_;
};

} // namespace mlvicx
