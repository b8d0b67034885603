#include "datasets/importers/vinbig/tables.h"

#include "core/error.h"
#include "datasets/importers/sources.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace {

/// The finding columns of PhysioNet's label table, by class. The test table has the name of one of them in the
/// singular.
std::vector<std::size_t> finding_columns(const Csv& table, std::vector<std::string>& classes) {
    std::vector<std::string> names;
    std::vector<std::size_t> columns;
    for (std::size_t c = 0; c < table.columns().size(); ++c) {
        const std::string& name = table.columns()[c];
        if (name == "image_id" || name == "rad_id" || name == "rad_ID" || name == VinbigReading::healthy) continue;
        names.push_back(name == "Other disease" ? "Other diseases" : name);
        columns.push_back(c);
    }
    if (classes.empty()) classes = names;
    std::vector<std::size_t> by_class;
    for (const auto& name : classes) {
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end() || names.size() != classes.size())
            user_error("{}: has the findings {}, expected {} as in the training table", table.file().string(),
                       fmt::join(names, ", "), fmt::join(classes, ", "));
        by_class.push_back(columns[static_cast<std::size_t>(found - names.begin())]);
    }
    return by_class;
}

} // namespace

/// One of PhysioNet's label tables: one row per image and reader; in the test table, one per image.
void read_physionet_labels(VinbigReading& reading, const std::filesystem::path& file, Split split) {
    const Csv table(file);
    table.require_whole();
    const std::size_t id = table.column("image_id");
    const bool consensus = split == Split::test;
    const std::size_t reader = consensus ? id : reader_column(table);
    const auto findings = finding_columns(table, reading.index.classes);
    const auto nothing = table.find(VinbigReading::healthy);
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string where = table.where(row);
        const std::size_t image = reading.image(table.cell(row, id), split, where);
        Votes& votes = reading.votes[image];
        const std::size_t before = votes.readers();
        const auto name = consensus ? std::string_view("the consensus") : table.cell(row, reader);
        const std::size_t who = votes.reader(name, where);
        if (votes.readers() == before)
            user_error("{}: duplicate row for image {} read by {}", where, table.cell(row, id), name);
        for (std::size_t c = 0; c < findings.size(); ++c) {
            const auto number = number_from(table.cell(row, findings[c]));
            if (number != 0.0 && number != 1.0)
                user_error("{}: {} is \"{}\", expected 0 or 1", where, reading.index.classes[c],
                           table.cell(row, findings[c]));
            if (number == 1.0) votes.see(who, c);
        }
        if (nothing && number_from(table.cell(row, *nothing)) == 1.0 && votes.saw_anything(who))
            user_error("{}: has both findings and \"{}\"", where, VinbigReading::healthy);
    }
    record_source(reading.index, file);
}

void read_physionet_boxes(VinbigReading& reading, const std::filesystem::path& file) {
    const Csv table(file);
    table.require_whole();
    const std::size_t id = table.column("image_id"), name = table.column("class_name");
    const auto corners = corner_columns(table);
    for (std::size_t row = 0; row < table.rows(); ++row) {
        auto finding = table.cell(row, name);
        if (finding == "Other disease") finding = "Other diseases";
        const auto box = box_from(table, row, corners);
        if (!box) continue; // "No finding", or a disease of the whole image
        const auto image = reading.known.find(std::string(table.cell(row, id)));
        if (image == reading.known.end())
            user_error("{}: image {} has no row in the label table", table.where(row), table.cell(row, id));
        reading.index.boxes.push_back(
            {image->second, reading.label(finding, table.where(row)), box->x, box->y, box->width, box->height});
    }
    record_source(reading.index, file);
}

} // namespace mlvicx
