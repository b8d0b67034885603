#include "experiments/runner/unneeded.h"

#include "core/process.h"
#include "experiments/runner/artifacts.h"
#include "experiments/runner/job_identity.h"

#include <algorithm>
#include <set>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// Ids of the features that unfinished evaluations read.
std::set<std::string> needed_features(Store& store) {
    Statement query(store.db(), "SELECT config FROM jobs WHERE kind = 'evaluate' AND state IN ('missing', 'running')");
    std::set<std::string> ids;
    while (query.step()) {
        const auto config = json::parse(query.text(0)).as_object();
        ids.insert(feature_id(config));
        if (const auto* external = config.if_contains("external"))
            ids.insert(feature_id(config, json::value_to<std::string>(external->at("dataset"))));
    }
    return ids;
}

std::vector<fs::path> files_in(const fs::path& folder) {
    std::error_code none;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder, none))
        if (entry.is_regular_file(none)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

} // namespace

std::vector<Unneeded> unneeded_artifacts(Store& store, const fs::path& results) {
    const Artifacts artifacts(results);
    std::vector<Unneeded> found;
    const auto add = [&](const fs::path& file, const char* reason) {
        std::error_code gone;
        const auto size = fs::file_size(file, gone);
        if (!gone) found.push_back({file, reason, static_cast<double>(size)});
    };
    std::error_code none;
    for (const auto& folder : fs::directory_iterator(artifacts.root, none))
        for (const auto& file : files_in(folder.path()))
            if (is_left_behind(file)) add(file, "half-written by a process that has ended");
    const auto needed = needed_features(store);
    const auto whole = [](const fs::path& file) {
        return file.filename().string().find(".partial-") == std::string::npos;
    };
    const auto first_word = [](const fs::path& file) { // "ID" of ID.safetensors and of ID.checkpoint.safetensors
        const std::string name = file.filename().string();
        return name.substr(0, name.find('.'));
    };
    for (const auto& file : files_in(artifacts.root / "features"))
        if (file.extension() == ".safetensors" && whole(file) && !needed.contains(first_word(file)))
            add(file, "no unfinished evaluation reads these features");
    for (const auto& file : files_in(artifacts.root / "checkpoints")) {
        if (!whole(file)) continue;
        Statement known(store.db(), "SELECT state = 'done' FROM jobs WHERE hash = ?");
        if (!known.bind(1, first_word(file)).step())
            add(file, "of a job that is not in the results file");
        else if (known.integer(0) != 0)
            add(file, "its job is done");
    }
    return found;
}

} // namespace mlvicx
