#include "datasets/importers/vinbig/tables.h"

#include "core/error.h"
#include "datasets/importers/sources.h"
#include "datasets/importers/vinbig/vinbig.h"

namespace mlvicx {

namespace {

/// The size of the original image.
Frame frame_from(const std::string& where, std::string_view width, std::string_view height) {
    const auto w = number_from(width), h = number_from(height);
    if (!w || !h || *w < 1 || *h < 1)
        user_error("{}: width \"{}\" and height \"{}\" are not a size in pixels", where, width, height);
    return {*w, *h};
}

} // namespace

/// Kaggle's table: one row per box, or one for a reader who found nothing.
void read_kaggle(VinbigReading& reading, const std::filesystem::path& file) {
    reading.index.classes = vinbig_classes();
    const Csv table(file);
    table.require_whole();
    const std::size_t id = table.column("image_id"), name = table.column("class_name"),
                      number = table.column("class_id"), reader = reader_column(table);
    const auto corners = corner_columns(table);
    const auto width = table.find("width"), height = table.find("height"); // some copies give the original size
    std::vector<std::uint32_t> nothing;                                    // per image, the readers who found nothing
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string where = table.where(row);
        const std::size_t image = reading.image(table.cell(row, id), Split::train, where);
        nothing.resize(reading.votes.size());
        Votes& votes = reading.votes[image];
        const std::size_t who = votes.reader(table.cell(row, reader), where);
        const auto finding = table.cell(row, name);
        const auto box = box_from(table, row, corners);
        const std::size_t label =
            finding == VinbigReading::healthy ? vinbig_classes().size() : reading.label(finding, where);
        if (number_from(table.cell(row, number)) != static_cast<double>(label))
            user_error("{}: class_id of {} is \"{}\", expected {}", where, finding, table.cell(row, number), label);
        if (box.has_value() != (finding != VinbigReading::healthy))
            user_error("{}: \"{}\" {} a box", where, finding, box ? "with" : "without");
        if (box) {
            votes.see(who, label);
            reading.index.boxes.push_back({image, label, box->x, box->y, box->width, box->height});
        } else {
            nothing[image] |= 1u << who;
        }
        if ((nothing[image] >> who & 1) != 0 && votes.saw_anything(who))
            user_error("{}: reader {} has both findings and \"{}\" for image {}", where, table.cell(row, reader),
                       VinbigReading::healthy, reading.index.images[image].id);
        if (width && height)
            reading.index.images[image].frame = frame_from(where, table.cell(row, *width), table.cell(row, *height));
    }
    record_source(reading.index, file);
}

void read_original_sizes(VinbigReading& reading, const std::filesystem::path& file) {
    const Csv table(file);
    const std::size_t id = table.column("image_id"), height = table.column("dim0"), width = table.column("dim1");
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const auto image = reading.known.find(std::string(table.cell(row, id)));
        if (image == reading.known.end()) continue;
        reading.index.images[image->second].frame =
            frame_from(table.where(row), table.cell(row, width), table.cell(row, height));
    }
    record_source(reading.index, file);
}

} // namespace mlvicx
