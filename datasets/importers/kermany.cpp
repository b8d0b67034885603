#include "datasets/importers/kermany.h"

#include "core/error.h"
#include "core/progress.h"
#include "core/utf8.h"
#include "datasets/importers/published.h"
#include "datasets/importers/sources.h"
#include "datasets/importers/split_lists.h"
#include "datasets/text/text_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr std::array folders = {"train", "val", "test"};
constexpr const char* normal = "NORMAL";
constexpr const char* pneumonia = "PNEUMONIA";
constexpr const char* test_prefix = "test "; ///< of the patients of the official test split
enum : std::size_t { any_pneumonia, bacterial, viral };

/// Removes `word` from the front of `text` if it is there.
bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

/// Removes the digits from the front of `text`.
std::string_view take_digits(std::string_view& text) {
    const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
    text.remove_prefix(digits.size());
    return digits;
}

/// What a file's name says.
struct Name {
    std::string patient;
    std::vector<std::int8_t> labels; ///< of the three classes
};

/// None if the name is of neither kind.
std::optional<Name> name_from(std::string_view stem) {
    std::string_view rest = stem;
    if (take(rest, "person")) {
        const auto number = take_digits(rest);
        if (number.empty() || !take(rest, "_")) return {};
        Name name{fmt::format("person{}", number), {1, -1, -1}};
        if (take(rest, "bacteria_")) name.labels = {1, 1, 0};
        if (take(rest, "virus_")) name.labels = {1, 0, 1};
        if (take_digits(rest).empty()) return {}; // the image's number; a few have a second one
        return name;
    }
    const bool second = take(rest, "NORMAL2-");
    if (!take(rest, "IM-")) return {};
    const auto number = take_digits(rest);
    if (number.empty() || !take(rest, "-") || take_digits(rest).empty()) return {};
    return Name{fmt::format("{}IM-{}", second ? "NORMAL2-" : "", number), {0, 0, 0}};
}

/// Names in a folder, sorted; without hidden ones, such as those that macOS adds.
std::vector<fs::path> entries_of(const fs::path& folder) {
    std::vector<fs::path> entries;
    for (const auto& entry : fs::directory_iterator(folder))
        if (!entry.path().filename().string().starts_with(".")) entries.push_back(entry.path());
    std::sort(entries.begin(), entries.end());
    return entries;
}

bool is_image(const fs::path& file) {
    const std::string extension = lower(file.extension().string());
    return fs::is_regular_file(file) && (extension == ".jpeg" || extension == ".jpg" || extension == ".png");
}

/// The images of the folders, in the order of their ids.
class Reading {
public:
    Reading(DatasetIndex& index, fs::path root) : index_(index), root_(std::move(root)) {}

    void read(bool official) {
        for (const auto& entry : entries_of(root_))
            if (std::find(folders.begin(), folders.end(), entry.filename()) == folders.end()) leave_out(entry);
        for (const char* folder : folders)
            if (fs::is_directory(root_ / folder)) read_folder(folder, official);
        std::sort(index_.images.begin(), index_.images.end(),
                  [](const ImageEntry& a, const ImageEntry& b) { return a.id < b.id; });
        if (left_out_.empty()) return;
        say("kermany: files and folders left out, because they are not images of the dataset: {}, such as {}",
            left_out_.size(), left_out_.front());
        const std::vector<std::string> first(left_out_.begin(),
                                             left_out_.begin() + std::min<std::ptrdiff_t>(5, std::ssize(left_out_)));
        index_.provenance["files_left_out"] = {{"count", left_out_.size()}, {"first", json::value_from(first)}};
    }

private:
    void leave_out(const fs::path& path) { left_out_.push_back(path.lexically_relative(root_).generic_string()); }

    void read_folder(const std::string& folder, bool official) {
        for (const auto& kind : entries_of(root_ / folder)) {
            const std::string name = kind.filename().string();
            if (!fs::is_directory(kind)) {
                leave_out(kind);
                continue;
            }
            if (name != normal && name != pneumonia)
                user_error("{}: unknown folder \"{}\", expected {} and {}", printable_utf8((root_ / folder).string()),
                           printable_utf8(name), normal, pneumonia);
            for (const auto& file : entries_of(kind))
                is_image(file) ? read_image(file, folder, official) : leave_out(file);
        }
        if (index_.images.empty() || !index_.images.back().id.starts_with(folder + "/"))
            user_error("{}: has no images, expected {} and {} with JPEG files",
                       printable_utf8((root_ / folder).string()), normal, pneumonia);
    }

    void read_image(const fs::path& file, const std::string& folder, bool official) {
        const bool ill = file.parent_path().filename() == pneumonia;
        const auto name = name_from(file.stem().string());
        if (!name || (name->labels[any_pneumonia] == 1) != ill)
            user_error("{}: its name {}, expected {}", printable_utf8(file.string()),
                       name ? fmt::format("is that of an image in {}", ill ? normal : pneumonia) : "gives no patient",
                       ill ? "personN_bacteria_M or personN_virus_M" : "IM-N-M or NORMAL2-IM-N-M");
        ImageEntry image;
        image.id = file.lexically_relative(root_).generic_string();
        image.file = file;
        image.split = folder == "test" ? Split::test : Split::train;
        image.patient = (official && image.split == Split::test ? test_prefix : "") + name->patient;
        image.labels = name->labels;
        index_.images.push_back(std::move(image));
    }

    DatasetIndex& index_;
    fs::path root_;
    std::vector<std::string> left_out_; ///< relative to the root
};

fs::path folder_of(const SourceOptions& source) {
    const fs::path root = source.image_folder();
    const std::string where = printable_utf8(root.string());
    if (!fs::is_directory(root)) user_error("{}: no such folder, expected one with train and test", where);
    const fs::path folder = fs::is_directory(root / "train") ? root : root / "chest_xray";
    for (const char* needed : {"train", "test"})
        if (!fs::is_directory(folder / needed))
            user_error("{}: has no folder {}, here or in chest_xray; expected train and test, each with {} and {}",
                       where, needed, normal, pneumonia);
    return folder;
}

/// What the names cannot tell: whether a number that occurs in test and elsewhere is one child.
std::string patients_by_name(const DatasetIndex& index, bool official) {
    std::set<std::string_view> tested, others;
    for (const ImageEntry& image : index.images) {
        std::string_view number = image.patient;
        take(number, test_prefix);
        (image.split == Split::test ? tested : others).insert(number);
    }
    const auto shared =
        std::count_if(tested.begin(), tested.end(), [&](auto number) { return others.contains(number); });
    return fmt::format("by the file names; {} of {} numbers in test also occur in train or val and count as {}", shared,
                       tested.size(), official ? "other patients; unknown whether they are the same" : "the same");
}

} // namespace

DatasetIndex read_kermany(const SourceOptions& source) {
    DatasetIndex index;
    index.dataset = "kermany";
    index.classes = {"Pneumonia", "Bacterial pneumonia", "Viral pneumonia"};
    index.provenance = provenance_of("kermany", source);
    const bool official = source.split.kind == "official";
    Reading(index, folder_of(source)).read(official);

    std::map<std::string, std::size_t> images;
    std::size_t test = 0;
    for (const ImageEntry& image : index.images) {
        ++images[image.id.substr(0, image.id.find('/'))];
        test += image.split == Split::test;
    }
    compare_with_published(index, {{"images", 5856, index.images.size()},
                                   {"test images", 624, test},
                                   {"images with pneumonia", 4273, positives(index, any_pneumonia)},
                                   {"images with bacterial pneumonia", 2780, positives(index, bacterial)},
                                   {"images with viral pneumonia", 1493, positives(index, viral)}});
    const std::string patients = patients_by_name(index, official);
    index.provenance["patients"] = patients;
    say("kermany: patients {}", patients);
    if (official) {
        carve_validation(index, source.split);
        index.provenance["splits"] =
            fmt::format("test is the test folder ({}); validation is {:g} of the patients of train ({}) and val ({})",
                        images["test"], source.split.validation, images["train"], images["val"]);
    } else {
        split_as_asked(index, source);
    }
    return index;
}

} // namespace mlvicx
