#include "datasets/importers/vinbig/vinbig.h"

#include "core/error.h"
#include "core/progress.h"
#include "datasets/importers/published.h"
#include "datasets/importers/sources.h"
#include "datasets/importers/split_lists.h"
#include "datasets/importers/vinbig/tables.h"
#include "datasets/text/text_file.h"

#include <algorithm>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

/// Turns the readers' votes into labels, and keeps the boxes of findings that are present.
void decide(VinbigReading& reading, const std::string& rule) {
    DatasetIndex& index = reading.index;
    if (index.images.empty()) user_error("vinbig: the tables have no images, only headers");
    for (std::size_t i = 0; i < index.images.size(); ++i) {
        index.images[i].labels.resize(index.classes.size());
        for (std::size_t c = 0; c < index.classes.size(); ++c)
            index.images[i].labels[c] = reading.votes[i].present(c, rule) ? 1 : 0;
    }
    std::erase_if(index.boxes, [&](const Box& box) { return index.images[box.image].labels[box.label] != 1; });
}

/// Boxes are in pixels of the original images. An image that is not a DICOM file is a copy of unknown scale: without
/// the original size its boxes cannot be placed.
void drop_boxes_without_size(DatasetIndex& index) {
    const auto unknown = [&](const Box& box) {
        const ImageEntry& image = index.images[box.image];
        const std::string extension = lower(image.file.extension().string());
        return image.frame.width == 0 && extension != ".dcm" && extension != ".dicom";
    };
    const std::size_t all = index.boxes.size(), dropped = std::erase_if(index.boxes, unknown);
    if (dropped == 0) return;
    const std::string sentence = fmt::format(
        "{} of {} boxes are left out: they are in pixels of the original images, whose size is unknown for PNG or JPEG "
        "copies; put train_meta.csv (image_id, dim0: height, dim1: width) next to the table to provide it",
        dropped, all);
    say("vinbig: {}", sentence);
    index.provenance["boxes_left_out"] = sentence;
}

/// Published counts for Kaggle's table: images, and images with Atelectasis, Pneumothorax, Aortic enlargement by rule.
std::vector<PublishedCount> kaggle_counts(const DatasetIndex& index, const std::string& rule) {
    const std::size_t column = rule == "any" ? 0 : rule == "majority" ? 1 : 2;
    constexpr std::size_t atelectasis[] = {186, 62, 18}, pneumothorax[] = {96, 58, 45}, aorta[] = {3067, 2346, 1744};
    return {{"images", 15000, index.images.size()},
            {"images with Aortic enlargement", aorta[column], positives(index, 0)},
            {"images with Atelectasis", atelectasis[column], positives(index, 1)},
            {"images with Pneumothorax", pneumothorax[column], positives(index, 12)}};
}

} // namespace

const std::vector<std::string>& vinbig_classes() {
    static const std::vector<std::string> names = {"Aortic enlargement", "Atelectasis",       "Calcification",
                                                   "Cardiomegaly",       "Consolidation",     "ILD",
                                                   "Infiltration",       "Lung Opacity",      "Nodule/Mass",
                                                   "Other lesion",       "Pleural effusion",  "Pleural thickening",
                                                   "Pneumothorax",       "Pulmonary fibrosis"};
    return names;
}

void fields(Fields& f, VinbigOptions& options) {
    f.field({"readers", "Whose findings count: any, majority or unanimous"}, options.readers,
            {"any", "majority", "unanimous"});
}

DatasetIndex read_vinbig(const SourceOptions& source, const VinbigOptions& options) {
    const SplitOptions& split = source.split;
    fs::path folder = source.table_folder();
    if (fs::is_directory(folder / "annotations")) folder /= "annotations";
    const fs::path table = one_of(folder, {"train.csv", "image_labels_train.csv"});
    const bool kaggle = table.filename() == "train.csv";
    if (kaggle) refuse_official_split(split, "VinBig on Kaggle");

    VinbigReading reading;
    reading.index.dataset = "vinbig";
    reading.index.provenance = provenance_of("vinbig", source);
    reading.index.provenance["form"] = kaggle ? "kaggle" : "physionet";
    reading.index.provenance["readers"] = options.readers;
    if (kaggle) {
        read_kaggle(reading, table);
    } else {
        read_physionet_labels(reading, table, Split::train);
        read_physionet_labels(reading, folder / "image_labels_test.csv", Split::test);
        for (const char* boxes : {"annotations_train.csv", "annotations_test.csv"})
            if (fs::exists(folder / boxes)) read_physionet_boxes(reading, folder / boxes);
    }
    if (fs::exists(folder / "train_meta.csv")) read_original_sizes(reading, folder / "train_meta.csv");
    decide(reading, options.readers);
    DatasetIndex& index = reading.index;
    say_patients_unknown(index, "vinbig");
    compare_with_published(index, kaggle ? kaggle_counts(index, options.readers)
                                         : std::vector<PublishedCount>{{"images", 18000, index.images.size()}});
    split.kind == "official" ? carve_validation(index, split) : split_as_asked(index, source);

    find_images(index, source.image_folder(), source.allow_missing);
    drop_boxes_without_size(index);
    return std::move(reading.index);
}

} // namespace mlvicx
