#pragma once

#include "results/store/store.h"
#include "results/verify/verification.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mlvicx {

// The parts of verify(), one file each.

/// A job as the checks need it.
struct CheckedJob {
    std::int64_t id = 0;
    JobKey key;
    std::string config; ///< its text as stored
    bool done = false;
    std::string fingerprint; ///< jobs.dataset_fingerprint
    json::object details;
    std::string words; ///< "mlvicx, frozen, 5 % of nih, seed 0 (4d7a04ff)"
};
std::vector<CheckedJob> checked_jobs(Store& store);
/// One at a time: those with this condition on `jobs`, in a file that may have many.
void for_checked_jobs(Store& store, const std::string& condition, const std::function<void(CheckedJob)>& visit);

/// False if SQLite itself finds the file damaged.
bool check_structure(Store& store, Verification& found);
void check_plans(Store& store, const std::vector<CheckedJob>& jobs, Verification& found);
void check_image_sets(Store& store, Verification& found);
void check_identities(const std::vector<CheckedJob>& jobs, Verification& found);
void check_digests(Store& store, const std::vector<CheckedJob>& jobs, Verification& found);
void check_figures(Store& store, const std::vector<CheckedJob>& jobs, Verification& found);
void check_leakage(Store& store, const std::vector<CheckedJob>& jobs, Verification& found);
void check_encoders(const std::vector<CheckedJob>& jobs, const std::filesystem::path& encoders, Verification& found);

} // namespace mlvicx
