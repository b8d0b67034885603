#include "experiments/runner/artifacts.h"

#include "core/hash.h"
#include "core/stored_names.h"

#include <set>

namespace mlvicx {

namespace fs = std::filesystem;

Artifacts::Artifacts(const fs::path& results) : root(results) {
    root.replace_extension(".artifacts");
}

namespace {

/// Options that were added later must not change the name of a prepared file that does not use them. Removes those that
/// have their default from `config`, or from its group `prefix`.
void leave_out_unused(json::object& config, const json::object& defaults, const std::string& prefix) {
    static const std::set<std::string> first = {
        "importer",       "root",           "images",       "metadata",     "manifest",
        "labels",         "rsna_classes",   "mapping",      "nih_test",     "readers",
        "split",          "split.kind",     "split.seed",   "split.test",   "split.validation",
        "allow_missing",  "skip_bad",       "size",         "window",       "phantom",
        "phantom.layout", "phantom.images", "phantom.size", "phantom.seed", "phantom.images_per_patient"};
    for (const auto& item : defaults) {
        const std::string key = prefix + std::string(item.key());
        if (!first.contains(key) && config.at(item.key()) == item.value())
            config.erase(item.key());
        else if (item.value().is_object())
            leave_out_unused(config.at(item.key()).as_object(), item.value().get_object(), key + ".");
    }
}

} // namespace

fs::path Artifacts::prepared(const PlanDataset& dataset) const {
    if (!dataset.prepared.empty()) return dataset.prepared;
    ImportOptions options = dataset.import;
    auto config = resolved([&](Fields& f) { fields(f, options); });
    ImportOptions plain;
    leave_out_unused(config, resolved([&](Fields& f) { fields(f, plain); }), "");
    auto& phantom = config.at("phantom").as_object(); // a new name would prepare every dataset again
    for (const auto& [now, then] :
         {std::pair("images", stored::images), std::pair("images_per_patient", stored::images_per_patient)})
        if (const json::value value = phantom.at(now); phantom.erase(now) > 0) phantom[then] = value;
    return file("prepared", dataset.name + "-" + sha256(canonical(config)).substr(0, 12));
}

} // namespace mlvicx
