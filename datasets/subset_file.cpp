#include "datasets/subset_file.h"

#include "core/config.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/stored_names.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <unordered_map>

namespace mlvicx {

namespace {

constexpr const char *format = "mlvicx-bench label subsets 2", *format_1 = "mlvicx-bench label subsets 1";

void fields(Fields& f, NamedSubset& subset) {
    f.field("dataset", subset.dataset);
    f.field("fingerprint", subset.fingerprint);
    f.field("classes", subset.classes);
    f.field("amount", subset.amount, above(0));
    f.field("seed", subset.seed, at_least(0));
    f.field("images", subset.images);
    f.field("positives", subset.positives, at_least(0));
}

/// Converts an entry of a format 1 file to format 2.
json::value from_format_1(const json::value& item) {
    json::value result = item;
    if (auto* object = result.if_object(); object && object->contains(stored::images)) {
        const json::value images = object->at(stored::images); // a new key may move the others
        object->erase(stored::images);
        (*object)["images"] = images;
    }
    return result;
}

std::string amount_of(const NamedSubset& subset) {
    return fmt::format("amount {}, seed {}", subset.amount, subset.seed);
}

ImportedSubset import_one(const NamedSubset& named, const PreparedDataset& dataset, const std::string& where,
                          const std::unordered_map<std::string_view, std::int64_t>& positions) {
    if (named.classes != dataset.classes())
        user_error("{}: is for the classes {}, but {} has {}", where, fmt::join(named.classes, ", "),
                   dataset.file().string(), fmt::join(dataset.classes(), ", "));
    ImportedSubset result;
    auto& subset = result.subset;
    std::set<std::size_t> patients;
    for (const auto& id : named.images) {
        const auto found = positions.find(id);
        if (found == positions.end()) user_error("{}: image \"{}\" is not in {}", where, id, dataset.file().string());
        const std::int64_t image = found->second;
        const Split split = dataset.split(image);
        if (split != Split::train)
            user_error("{}: image \"{}\" is in the {} split of {}, expected training images only", where, id,
                       name_of(split), dataset.file().string());
        subset.images.push_back(image);
        patients.insert(dataset.patient_index(image));
    }
    std::sort(subset.images.begin(), subset.images.end());
    if (const auto twice = std::adjacent_find(subset.images.begin(), subset.images.end()); twice != subset.images.end())
        user_error("{}: duplicate image \"{}\"", where, dataset.id(*twice));
    subset.patients = static_cast<std::int64_t>(patients.size());
    subset.positives = positives_of(dataset, subset.images);
    for (std::size_t c = 0; c < named.classes.size(); ++c)
        if (subset.positives[c] != named.positives[c])
            user_error("{}: has {} images with {}, but by the labels of {} there are {} (other labels?)", where,
                       named.positives[c], named.classes[c], dataset.file().string(), subset.positives[c]);
    auto ids = named.images;
    std::sort(ids.begin(), ids.end());
    result.digest = sha256(fmt::format("{}", fmt::join(ids, "\n")));
    return result;
}

} // namespace

NamedSubset named_subset(const PreparedDataset& dataset, double amount, std::int64_t seed) {
    const LabelSubset subset = label_subset(dataset, amount, static_cast<std::uint64_t>(seed));
    NamedSubset named;
    named.dataset = dataset.dataset();
    named.fingerprint = dataset.fingerprint();
    named.classes = dataset.classes();
    named.amount = amount;
    named.seed = seed;
    for (const auto image : subset.images) named.images.push_back(dataset.id(image));
    std::sort(named.images.begin(), named.images.end());
    named.positives = subset.positives;
    return named;
}

void write_subsets(const std::filesystem::path& file, const std::vector<NamedSubset>& subsets) {
    json::array items;
    for (NamedSubset subset : subsets) items.push_back(resolved([&](Fields& f) { fields(f, subset); }));
    write_text(file, pretty(json::object{{"format", format}, {"subsets", items}}));
}

std::vector<NamedSubset> read_subsets(const std::filesystem::path& file) {
    const json::value text = read_json(file);
    const auto* object = text.if_object();
    const auto* found = object ? object->if_contains("format") : nullptr;
    const bool first = found && *found == json::value(format_1);
    if (!first && (!found || *found != json::value(format)))
        user_error("{}: is not a file of label subsets ($.format is not \"{}\"); mlvicx-bench subsets makes one",
                   file.string(), format);
    const auto* items = object->if_contains("subsets");
    if (!items || !items->is_array()) user_error("{}: $.subsets is missing or not a list", file.string());
    std::vector<NamedSubset> subsets;
    for (const auto& item : items->get_array()) {
        const std::string path = fmt::format("$.subsets[{}]", subsets.size());
        NamedSubset subset;
        overlay(first ? from_format_1(item) : item, file.string(), path, [&](Fields& f) { fields(f, subset); });
        if (subset.images.empty()) user_error("{}: {}.images is missing or empty", file.string(), path);
        if (!(subset.amount > 0)) user_error("{}: {}.amount is missing", file.string(), path);
        if (subset.positives.size() != subset.classes.size())
            user_error("{}: {}.positives has {} numbers for {} classes", file.string(), path, subset.positives.size(),
                       subset.classes.size());
        subsets.push_back(std::move(subset));
    }
    return subsets;
}

std::map<std::pair<double, std::int64_t>, ImportedSubset> import_subsets(const std::filesystem::path& file,
                                                                         const PreparedDataset& dataset) {
    const auto subsets = read_subsets(file);
    const bool exactly = std::any_of(subsets.begin(), subsets.end(), [&](const NamedSubset& subset) {
        return subset.fingerprint == dataset.fingerprint();
    });
    std::unordered_map<std::string_view, std::int64_t> positions;
    for (std::int64_t i = 0; i < dataset.size(); ++i) positions.emplace(dataset.id(i), i);
    std::map<std::pair<double, std::int64_t>, ImportedSubset> result;
    std::set<std::string> others;
    for (const auto& subset : subsets) {
        others.insert(subset.dataset);
        if (exactly ? subset.fingerprint != dataset.fingerprint() : subset.dataset != dataset.dataset()) continue;
        const std::string where = fmt::format("{}, {} of {}", file.string(), amount_of(subset), subset.dataset);
        if (!result.emplace(std::pair(subset.amount, subset.seed), import_one(subset, dataset, where, positions))
                 .second)
            user_error("{}: duplicate entry", where);
    }
    if (result.empty())
        user_error("{}: has no subset of {} (dataset \"{}\"), only of: {}", file.string(), dataset.file().string(),
                   dataset.dataset(), fmt::join(others, ", "));
    return result;
}

} // namespace mlvicx
