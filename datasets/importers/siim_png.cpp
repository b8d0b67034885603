#include "datasets/importers/siim_png.h"

#include "core/error.h"
#include "core/utf8.h"
#include "datasets/importers/published.h"
#include "datasets/importers/sources.h"
#include "datasets/importers/split_lists.h"
#include "datasets/text/csv.h"

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr const char* test_table = "stage_1_test_images.csv";

/// Appends a table's images, with their file names as `file`.
void read_table(DatasetIndex& index, const fs::path& file, Split split) {
    const Csv table(file);
    table.require_whole();
    const std::size_t name = table.column("new_filename"), id = table.column("ImageId"),
                      label = table.column("has_pneumo");
    for (std::size_t row = 0; row < table.rows(); ++row) {
        ImageEntry image;
        image.id = image.patient = table.cell(row, id);
        image.file = fs::path(table.cell(row, name));
        if (image.id.empty() || image.file.empty())
            user_error("{}: has no {}", table.where(row), image.id.empty() ? "ImageId" : "new_filename");
        const auto present = number_from(table.cell(row, label));
        if (present != 0.0 && present != 1.0)
            user_error("{}: has_pneumo is \"{}\", expected 0 or 1", table.where(row), table.cell(row, label));
        image.labels = {static_cast<std::int8_t>(*present)};
        image.split = split;
        // The published names contain split and label too: 0_train_1_.png.
        const std::string stem = image.file.stem().string();
        for (const char* part : {"_train_", "_test_"}) {
            const auto at = stem.find(part);
            if (at == std::string::npos) continue;
            const std::string rest = stem.substr(at + 1);
            if (const auto expected = std::string(name_of(split)) + (*present == 1 ? "_1_" : "_0_"); rest != expected)
                user_error("{}: {} names another split or label, expected a name that ends with {}", table.where(row),
                           image.file.filename().string(), expected);
        }
        index.images.push_back(std::move(image));
    }
    record_source(index, file);
}

/// The folder of masks: next to the folder of images, or in it.
fs::path masks_near(fs::path images) {
    if (!images.has_filename()) images = images.parent_path(); // "png_images/"
    return fs::is_directory(images / "png_masks") ? images / "png_masks" : images.parent_path() / "png_masks";
}

/// Replaces names by full paths; an image without pneumothorax needs no mask.
void find_files(DatasetIndex& index, const fs::path& images, const fs::path& masks, bool allow_missing) {
    const ImageTree found_images(images), found_masks(masks);
    std::vector<MissingFile> missing;
    for (std::size_t i = 0; i < index.images.size(); ++i) {
        ImageEntry& image = index.images[i];
        const std::string name = image.file.filename().string(), stem = image.file.stem().string();
        image.file = found_images.find(stem, name);
        if (image.file.empty()) missing.push_back({i, false, found_images.tried(stem)});
        image.masks.resize(1);
        const fs::path mask = found_masks.find(stem, name);
        if (!mask.empty() || image.labels[0] == 1) image.masks[0].files = {mask};
        if (mask.empty() && image.labels[0] == 1) missing.push_back({i, true, found_masks.tried(stem)});
    }
    leave_out_missing(index, missing, allow_missing, images);
}

} // namespace

void read_siim_png(DatasetIndex& index, const SourceOptions& source, const fs::path& folder) {
    const bool official = source.split.kind == "official", tested = fs::exists(folder / test_table);
    if (official && !tested)
        user_error("{}: has no {}, which the official split requires; --split patient (split kind patient in a plan) "
                   "splits the existing images",
                   printable_utf8(folder.string()), test_table);
    read_table(index, folder / "stage_1_train_images.csv", Split::train);
    if (tested) read_table(index, folder / test_table, Split::test);
    if (index.images.empty())
        user_error("{}: its tables have no images, only headers", printable_utf8(folder.string()));
    positions(index); // no duplicate ids
    index.provenance["form"] = "png_images";
    compare_with_published(index,
                           {{"images", 12047, index.images.size()}, {"positive images", 2669, positives(index, 0)}});
    official ? carve_validation(index, source.split) : split_as_asked(index, source);

    fs::path images = source.images;
    if (images.empty()) images = fs::is_directory(folder / "png_images") ? folder : fs::path(source.root);
    if (fs::is_directory(images / "png_images")) images /= "png_images";
    find_files(index, images, masks_near(images), source.allow_missing);
}

} // namespace mlvicx
