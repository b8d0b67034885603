#include "datasets/importers/split_lists.h"

#include "core/error.h"
#include "core/progress.h"
#include "core/utf8.h"
#include "datasets/image_names.h"
#include "datasets/importers/sources.h"
#include "datasets/text/text_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace mlvicx {

namespace {

constexpr std::array splits = {Split::train, Split::validation, Split::test};
constexpr std::size_t unlisted = splits.size();

struct SplitList {
    Split split;
    ListedImages listed;
    const std::string& file() const { return listed.list.file; }
};

const std::string& path_of(const SplitOptions& options, Split split) {
    return split == Split::train        ? options.train_list
           : split == Split::validation ? options.validation_list
                                        : options.test_list;
}

std::vector<SplitList> read_lists(const DatasetIndex& index, const SourceOptions& source) {
    std::vector<std::string> ids, files;
    for (const ImageEntry& image : index.images) {
        ids.push_back(image.id);
        files.push_back(image.file.string());
    }
    const ImageNames names(ids, files);
    std::vector<SplitList> lists;
    for (const Split split : splits) {
        if (path_of(source.split, split).empty()) continue;
        lists.push_back({split, read_listed_images(path_of(source.split, split), names)});
        const ListedImages& listed = lists.back().listed;
        if (!source.allow_missing || listed.images.empty())
            refuse_unknown(listed, fmt::format("dataset \"{}\" ({} images)", index.dataset, index.images.size()),
                           listed.images.empty()
                               ? ""
                               : "; --allow-missing (allow_missing in a plan) continues without these images");
    }
    return lists;
}

/// The same images as validation and as test mean that the checkpoint is chosen on the test images.
void refuse_tested_validation(const SplitList& validation, const SplitList& test) {
    auto one = validation.listed.images, other = test.listed.images;
    std::sort(one.begin(), one.end());
    std::sort(other.begin(), other.end());
    if (one != other) return;
    user_error("{} and {} list the same {} images for validation and for test; to choose by the test images as "
               "published, set \"validation\": 0 (--validation-share 0) and \"selection\": \"test_as_published\" in "
               "the plan's evaluate, which marks every figure",
               validation.file(), test.file(), one.size());
}

/// The list of each image, or `unlisted`.
std::vector<std::size_t> assign(const DatasetIndex& index, const std::vector<SplitList>& lists) {
    std::vector<std::size_t> list_of(index.images.size(), unlisted);
    std::map<std::pair<std::size_t, std::size_t>, std::vector<std::string>> shared; // by lists
    for (std::size_t k = 0; k < lists.size(); ++k)
        for (const std::size_t image : lists[k].listed.images) {
            if (list_of[image] == unlisted)
                list_of[image] = k;
            else
                shared[{list_of[image], k}].push_back(index.images[image].id);
        }
    for (const auto& [pair, images] : shared) {
        const SplitList &first = lists[pair.first], &second = lists[pair.second];
        if (first.split == Split::validation && second.split == Split::test) refuse_tested_validation(first, second);
        user_error("{} and {}: {} images are in both, such as {}; expected each image in one list", first.file(),
                   second.file(), images.size(), first_of(images, 3));
    }
    return list_of;
}

void record_lists(DatasetIndex& index, const SplitOptions& options, const std::vector<SplitList>& lists) {
    json::object record;
    std::vector<std::string> words;
    for (const SplitList& list : lists) {
        const std::string& path = path_of(options, list.split);
        const std::string name = name_of(list.split), file = std::filesystem::path(path).filename().string();
        const std::string source = fmt::format("{} list {}", name, file);
        record_source(index, path, source);
        std::vector<std::string> ids;
        for (const std::size_t image : list.listed.images) ids.push_back(index.images[image].id);
        record[name] = {{"file", printable_utf8(path)},
                        {"source", printable_utf8(source)},
                        {"images", ids.size()},
                        {"digest", digest_of_ids(ids)}};
        words.push_back(fmt::format("{} by {} ({})", name, file, ids.size()));
    }
    if (options.validation_list.empty())
        words.push_back(options.validation > 0
                            ? fmt::format("validation is {:g} of the training patients", options.validation)
                            : "no validation");
    index.provenance["lists"] = std::move(record);
    index.provenance["splits"] = fmt::format("lists: {}", fmt::join(words, ", "));
}

json::object count_and_first(const std::vector<std::string>& names) {
    const std::vector<std::string> first(names.begin(), names.begin() + std::min<std::ptrdiff_t>(5, std::ssize(names)));
    return {{"count", names.size()}, {"first", json::value_from(first)}};
}

void record_unknown(DatasetIndex& index, const std::vector<SplitList>& lists) {
    std::vector<std::string> names;
    for (const SplitList& list : lists) {
        const auto& unknown = list.listed.unknown;
        for (const auto& entry : unknown) names.push_back(entry.name);
        if (!unknown.empty())
            say("{}: {} of {} listed images are not in the dataset and count as missing, such as {}", list.file(),
                unknown.size(), list.listed.list.images.size(), entries_text(unknown));
    }
    if (!names.empty()) index.provenance["listed_but_missing"] = count_and_first(names);
}

void leave_out_unlisted(DatasetIndex& index, const std::vector<std::size_t>& list_of) {
    std::set<std::string_view> gone;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < list_of.size(); ++i)
        if (list_of[i] == unlisted) names.push_back(index.images[i].id);
    if (names.empty()) return;
    gone.insert(names.begin(), names.end());
    say("{}: {} of {} images are in no list and left out, such as {}", index.dataset, names.size(), index.images.size(),
        first_of(names, 3));
    remove_images(index, [&](const ImageEntry& image) { return gone.contains(image.id); });
    index.provenance["unlisted"] = count_and_first(names);
}

/// Refuses patients with images in two splits, or records them.
void check_patients(DatasetIndex& index, bool allow) {
    std::map<std::string_view, std::array<std::int64_t, splits.size()>> images;
    for (const ImageEntry& image : index.images) ++images[image.patient][static_cast<std::size_t>(image.split)];
    std::vector<std::string> shared;
    std::int64_t tested = 0, test_images = 0;
    for (const auto& [patient, counts] : images) {
        test_images += counts[2];
        if (std::count(counts.begin(), counts.end(), 0) >= 2) continue;
        shared.push_back(
            fmt::format("{} ({} training, {} validation, {} test images)", patient, counts[0], counts[1], counts[2]));
        tested += counts[2];
    }
    if (shared.empty()) return;
    const std::string text =
        fmt::format("{} patients have images in two splits, such as patient {}; {} of {} test images are theirs",
                    shared.size(), first_of(shared, 2), tested, test_images);
    if (!allow)
        user_error("{}: by the lists, {}; expected each patient in one split; --allow-shared-patients "
                   "(split.allow_shared_patients in a plan) uses the lists as they are and marks every result",
                   index.dataset, text);
    say("{}: by the lists, {}: every result says so", index.dataset, text);
    auto record = count_and_first(shared);
    record["test_images"] = tested;
    index.provenance["shared_patients"] = std::move(record);
}

void split_by_lists(DatasetIndex& index, const SourceOptions& source) {
    positions(index); // no duplicate ids
    const auto lists = read_lists(index, source);
    const auto list_of = assign(index, lists);
    for (std::size_t i = 0; i < list_of.size(); ++i)
        if (list_of[i] != unlisted) index.images[i].split = lists[list_of[i]].split;
    record_lists(index, source.split, lists);
    record_unknown(index, lists);
    leave_out_unlisted(index, list_of);
    if (source.split.validation_list.empty()) carve_validation(index, source.split);
    check_patients(index, source.split.allow_shared_patients);
}

} // namespace

void split_as_asked(DatasetIndex& index, const SourceOptions& source) {
    source.split.by_lists() ? split_by_lists(index, source) : split_by_patient(index, source.split);
}

} // namespace mlvicx
