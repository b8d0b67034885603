#include "datasets/split.h"

#include "core/error.h"
#include "core/random.h"

#include <unordered_map>

namespace mlvicx {

namespace {

/// A patient's place in [0, 1): test is taken from the low end and validation from the high end, so a larger fraction
/// of either one only takes patients from training.
double place(const ImageEntry& image, const SplitOptions& options) {
    return Random(static_cast<std::uint64_t>(options.seed), Purpose::split, 0, patient_key(image.patient)).uniform();
}

} // namespace

void fields(Fields& f, SplitOptions& options) {
    f.field({"kind",
             "official: the dataset's own lists; patient: by a hash of the patient; lists: by --train-list and "
             "--test-list. manifest: its column split if it has one, else patient",
             FieldKey::value, "--split"},
            options.kind, {"official", "patient", "lists"});
    f.field({"seed", "Seed of the split"}, options.seed, at_least(0));
    f.field(addition({"train", "List of the training images (split lists)", FieldKey::file, "--train-list"}),
            options.train_list);
    f.number_or_file({"validation", "Fraction of patients for validation", FieldKey::value, "--validation-share"},
                     options.validation, between(0, 1),
                     {"validation",
                      "List of the validation images (split lists; default: a fraction of the training "
                      "patients)",
                      FieldKey::file, "--validation-list"},
                     options.validation_list);
    f.number_or_file({"test", "Fraction of patients for the test (split patient)", FieldKey::value, "--test-share"},
                     options.test, between(0, 1),
                     {"test", "List of the test images (split lists)", FieldKey::file, "--test-list"},
                     options.test_list);
    f.field({"keep_copies_together", "Treat patients who share an image as one for the split (split patient)",
             FieldKey::value, "--keep-copies-together"},
            options.keep_copies_together);
    f.field(addition({"allow_shared_patients", "Accept lists with a patient in two splits; every result says so",
                      FieldKey::value, "--allow-shared-patients"}),
            options.allow_shared_patients);
}

void require_lists(const SplitOptions& options) {
    for (const auto& [key, list] : {std::pair("train", &options.train_list),
                                    {"validation", &options.validation_list},
                                    {"test", &options.test_list}}) {
        const bool needed = options.by_lists() && key != std::string("validation");
        if (needed && list->empty())
            user_error("split.{0} names no list, but kind \"lists\" needs one: --{0}-list FILE (in a plan \"{0}\": "
                       "FILE next to the split's kind)",
                       key);
        if (!options.by_lists() && !list->empty())
            user_error("split.{} is {}, but kind \"{}\" uses no lists; expected --split lists (kind \"lists\" in a "
                       "plan)",
                       key, *list, options.kind);
    }
}

void refuse_official_split(const SplitOptions& options, const std::string& dataset) {
    if (options.kind == "official")
        user_error("{} publishes no split, so kind \"official\" is not available; choose --split patient (split kind "
                   "patient in a plan)",
                   dataset);
}

std::uint32_t patient_key(std::string_view patient) {
    std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a
    for (const char c : patient) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

void split_by_patient(DatasetIndex& index, const SplitOptions& options) {
    if (options.validation + options.test >= 1)
        user_error("split: validation {} and test {} leave nothing for training, expected a sum below 1",
                   options.validation, options.test);
    for (ImageEntry& image : index.images) {
        const double at = place(image, options);
        image.split = at < options.test ? Split::test : at >= 1 - options.validation ? Split::validation : Split::train;
    }
}

void carve_validation(DatasetIndex& index, const SplitOptions& options) {
    if (options.validation >= 1)
        user_error("split: validation {} leaves nothing for training, expected less than 1", options.validation);
    for (ImageEntry& image : index.images)
        if (image.split == Split::train && place(image, options) >= 1 - options.validation)
            image.split = Split::validation;
}

void require_disjoint_patients(const DatasetIndex& index) {
    if (index.provenance.contains("shared_patients")) return;
    std::unordered_map<std::string_view, const ImageEntry*> first;
    for (const ImageEntry& image : index.images) {
        const ImageEntry& other = *first.emplace(image.patient, &image).first->second;
        if (other.split != image.split)
            user_error("{}: patient {} has images in two splits, {} in {} and {} in {}; expected each patient in one",
                       index.dataset, image.patient, other.id, name_of(other.split), image.id, name_of(image.split));
    }
}

} // namespace mlvicx
