#include "experiments/artifacts.h"

#include "core/hash.h"

namespace mlvicx {

namespace fs = std::filesystem;

Artifacts::Artifacts(const fs::path& results) : root(results) {
    root.replace_extension(".artifacts");
}

fs::path Artifacts::prepared(const PlanDataset& dataset) const {
    if (!dataset.prepared.empty()) return dataset.prepared;
    ImportOptions options = dataset.import;
    auto config = resolved([&](Fields& f) { fields(f, options); });
    // Options that came later name no other file where they are not used.
    ImportOptions plain;
    const auto defaults = resolved([&](Fields& f) { fields(f, plain); });
    const auto leave_out = [](json::object& from, const json::object& unused, const char* key) {
        if (from.contains(key) && from.at(key) == unused.at(key)) from.erase(key);
    };
    leave_out(config, defaults, "patient_column");
    leave_out(config.at("split").as_object(), defaults.at("split").as_object(), "keep_copies_together");
    return file("prepared", dataset.name + "-" + sha256(canonical(config)).substr(0, 12));
}

} // namespace mlvicx
