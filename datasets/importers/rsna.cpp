#include "datasets/importers/rsna.h"

#include "core/error.h"
#include "datasets/importers/nih_mapping.h"
#include "datasets/importers/published.h"
#include "datasets/importers/sources.h"
#include "datasets/importers/split_lists.h"
#include "datasets/text/csv.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

const std::vector<std::string> detailed_classes = {"Normal", "No Lung Opacity / Not Normal", "Lung Opacity"};

/// The box of a row; none if all four cells are empty.
std::optional<Area> box_from(const Csv& table, std::size_t row) {
    double place[4];
    int empty = 0;
    for (std::size_t k = 0; const char* name : {"x", "y", "width", "height"}) {
        const auto cell = table.cell(row, table.column(name));
        const auto number = number_from(cell);
        empty += cell.empty();
        if (!cell.empty() && (!number || *number < 0))
            user_error("{}: {} is \"{}\", expected a number of pixels", table.where(row), name, cell);
        place[k++] = number.value_or(0);
    }
    if (empty == 4) return {};
    const auto [x, y, width, height] = place;
    if (empty > 0 || width <= 0 || height <= 0 || x + width > published_side || y + height > published_side)
        user_error("{}: the box ({}, {}, {} x {}) is empty or exceeds the image of {} x {} pixels", table.where(row), x,
                   y, width, height, published_side, published_side);
    return Area{x, y, width, height};
}

/// Reads one image per patient, with label Target and a mask of its boxes; rows of one patient must agree on the
/// target.
void read_labels(DatasetIndex& index, const fs::path& file) {
    const Csv table(file);
    table.require_whole();
    const std::size_t id = table.column("patientId"), target = table.column("Target");
    std::unordered_map<std::string_view, std::size_t> known; // keys are views into the table
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const auto name = table.cell(row, id), text = table.cell(row, target);
        if (name.empty()) user_error("{}: has no patientId", table.where(row));
        if (text != "0" && text != "1") user_error("{}: Target is \"{}\", expected 0 or 1", table.where(row), text);
        const std::int8_t label = text == "1" ? 1 : 0;
        const auto [place, is_new] = known.emplace(name, index.images.size());
        if (is_new) {
            ImageEntry image;
            image.id = image.patient = name;
            image.frame = {published_side, published_side};
            image.labels = {label};
            image.masks.resize(1);
            index.images.push_back(std::move(image));
        }
        ImageEntry& image = index.images[place->second];
        const auto box = box_from(table, row);
        if (image.labels[0] != label || (!is_new && label == 0))
            user_error("{}: repeated patient {}, expected either boxes with Target 1 or one row with Target 0",
                       table.where(row), name);
        if (box.has_value() != (label == 1))
            user_error("{}: Target is {} {} a box", table.where(row), text, box ? "with" : "without");
        if (box) image.masks[0].areas.push_back(*box);
    }
    if (index.images.empty()) user_error("{}: has no images, only a header", file.string());
    record_source(index, file);
}

/// Replaces Target by the three classes.
void read_classes(DatasetIndex& index, const fs::path& file) {
    const Csv table(file);
    table.require_whole();
    const std::size_t id = table.column("patientId"), column = table.column("class");
    const auto by_id = positions(index);
    std::vector<std::size_t> given(index.images.size(), detailed_classes.size()); // none yet
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const auto name = table.cell(row, column);
        const auto label = static_cast<std::size_t>(std::find(detailed_classes.begin(), detailed_classes.end(), name) -
                                                    detailed_classes.begin());
        if (label == detailed_classes.size())
            user_error("{}: class is \"{}\", expected one of {}", table.where(row), name,
                       fmt::join(detailed_classes, ", "));
        const auto image = by_id.find(table.cell(row, id));
        if (image == by_id.end()) continue; // the labels table may have fewer images
        std::size_t& before = given[image->second];
        if (before != detailed_classes.size() && before != label)
            user_error("{}: patient {} is \"{}\", but \"{}\" further up", table.where(row), image->first, name,
                       detailed_classes[before]);
        const std::int8_t target = index.images[image->second].labels[0];
        if ((label == 2) != (target == 1))
            user_error("{}: patient {} is \"{}\", but its Target is {}", table.where(row), image->first, name, target);
        before = label;
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
        ImageEntry& image = index.images[i];
        if (given[i] == detailed_classes.size()) user_error("{}: has no row for patient {}", file.string(), image.id);
        image.labels.assign(detailed_classes.size(), 0);
        image.labels[given[i]] = 1;
    }
    record_source(index, file);
}

} // namespace

void fields(Fields& f, RsnaOptions& options) {
    f.field({"rsna_classes", "target (Pneumonia) or detailed (three classes)"}, options.classes,
            {"target", "detailed"});
    f.field({"mapping", "pneumonia-challenge-dataset-mappings_2018.json, to split by NIH's patients", FieldKey::file},
            options.mapping);
    f.field({"nih_test", "Folder of NIH's test_list.txt, to take only its images", FieldKey::folder}, options.nih_test);
}

DatasetIndex read_rsna(const SourceOptions& source, const RsnaOptions& options) {
    const bool detailed = options.classes == "detailed";
    DatasetIndex index;
    index.dataset = "rsna";
    index.classes = detailed ? detailed_classes : std::vector<std::string>{"Pneumonia"};
    index.mask_names = {index.classes.back()};
    index.provenance = provenance_of("rsna", source);
    index.provenance["rsna_classes"] = options.classes;
    index.provenance["mapping_file"] = options.mapping;
    refuse_official_split(source.split, "RSNA");
    if (!options.nih_test.empty() && options.mapping.empty())
        user_error(
            "RSNA's images can be restricted to NIH's test list (nih_test) only with the mapping to NIH (mapping)");
    const fs::path folder = source.table_folder();
    read_labels(index, one_of(folder, {"stage_2_train_labels.csv"}));
    compare_with_published(index,
                           {{"images", 26684, index.images.size()}, {"positive images", 6012, positives(index, 0)}});
    if (detailed) read_classes(index, one_of(folder, {"stage_2_detailed_class_info.csv"}));
    for (std::size_t i = 0; i < index.images.size(); ++i)
        for (const Area& box : index.images[i].masks[0].areas)
            index.boxes.push_back({i, index.classes.size() - 1, box.x, box.y, box.width, box.height});
    if (options.mapping.empty()) {
        say_patients_unknown(index, "rsna", "; use --mapping (mapping in a plan) for NIH's patients");
    } else {
        apply_nih_mapping(index, options.mapping, options.nih_test);
        index.provenance["patients"] = "NIH's, by the mapping";
    }
    split_as_asked(index, source);

    find_images(index, source.image_folder(), source.allow_missing);
    return index;
}

} // namespace mlvicx
