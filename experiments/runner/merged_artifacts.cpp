#include "experiments/runner/merged_artifacts.h"

#include "core/error.h"
#include "core/files.h"
#include "core/safetensors.h"
#include "experiments/runner/artifacts.h"
#include "results/store/encoder_files.h"

#include <algorithm>
#include <vector>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// Whether two files hold the same: byte for byte, or the same tensors.
bool agree(const fs::path& a, const fs::path& b) {
    std::error_code unknown;
    if (fs::equivalent(a, b, unknown)) return true;
    if (fs::file_size(a) == fs::file_size(b)) {
        const MappedFile one(a), other(b);
        if (std::equal(one.bytes().begin(), one.bytes().end(), other.bytes().begin())) return true;
    }
    const Safetensors one(a), other(b);
    return digest_of(one.tensors()) == digest_of(other.tensors());
}

} // namespace

MergedArtifacts::MergedArtifacts(const fs::path& target) : folder_(Artifacts(target).root) {
    std::error_code unknown;
    if (fs::exists(folder_, unknown))
        user_error("{}: exists already, expected a new name for the results file {}", folder_.string(),
                   target.string());
}

MergedArtifacts::~MergedArtifacts() {
    std::error_code ignored;
    if (!partial_.empty()) fs::remove_all(partial_, ignored);
}

void MergedArtifacts::collect(std::span<const fs::path> inputs, Store& merged) {
    partial_ = partial_name(folder_);
    struct Kind {
        const char* folder;
        bool must_agree;
    };
    constexpr Kind kinds[] = {{"encoders", true}, {"prepared", true}, {"audits", false}, {"checkpoints", false}};
    for (const auto& input : inputs)
        for (const auto& [name, must_agree] : kinds) {
            std::error_code none;
            std::vector<fs::path> files;
            for (const auto& entry : fs::directory_iterator(Artifacts(input).root / name, none))
                if (const auto end = entry.path().extension(); end == ".safetensors" || end == ".json")
                    files.push_back(entry.path());
            std::sort(files.begin(), files.end());
            for (const auto& file : files) {
                const bool checkpoint = std::string_view(name) == "checkpoints";
                if (checkpoint && merged.state(file.stem().string()) == JobState::done) continue;
                add(file, fs::path(name) / file.filename(), must_agree);
            }
        }
    const fs::path encoders = "encoders";
    place_encoder_files(merged.db(), [&](const std::string& id, const std::string& file) {
        const fs::path name = id + ".safetensors", stored = file;
        const bool ours = stored.filename() == name && stored.parent_path().filename() == encoders;
        return ours && fs::exists(partial_ / encoders / name) ? (folder_ / encoders / name).string() : file;
    });
}

void MergedArtifacts::add(const fs::path& file, const fs::path& name, bool must_agree) {
    const fs::path copy = partial_ / name;
    if (fs::exists(copy)) {
        if (must_agree && !agree(file, copy))
            user_error("{}: has other content than the file of the same name of another input, expected the same",
                       file.string());
        return;
    }
    fs::create_directories(copy.parent_path());
    std::error_code error;
    fs::create_hard_link(file, copy, error);
    linked += !error;
    if (error) fs::copy_file(file, copy, error);
    if (error) user_error("{}: cannot be copied to {}: {}", file.string(), copy.string(), error.message());
    ++files;
    bytes += static_cast<double>(fs::file_size(copy));
}

void MergedArtifacts::place() {
    std::error_code error;
    if (partial_.empty() || !fs::exists(partial_, error)) return;
    fs::rename(partial_, folder_, error);
    if (error) user_error("{}: cannot be written: {}", folder_.string(), error.message());
}

} // namespace mlvicx
