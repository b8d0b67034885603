#include "datasets/vinbig.h"

#include "core/error.h"
#include "datasets/csv.h"
#include "datasets/published.h"
#include "datasets/sources.h"
#include "datasets/vinbig_votes.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view healthy = "No finding";

/// An index in the making: what readers said, until the rule turns it into labels.
struct Reading {
    DatasetIndex index;
    std::vector<Votes> votes; ///< of each film
    std::unordered_map<std::string, std::size_t> known;

    /// Position of the film, made where it is new.
    std::size_t film(std::string_view id, Split split, const std::string& where) {
        if (id.empty()) user_error("{}: has no image_id", where);
        const auto [place, is_new] = known.emplace(id, index.films.size());
        if (is_new) {
            Film film;
            film.id = film.patient = id;
            film.split = split;
            index.films.push_back(std::move(film));
            votes.emplace_back(index.classes.size());
        } else if (index.films[place->second].split != split) {
            user_error("{}: film {} stands among the training films too", where, id);
        }
        return place->second;
    }
    std::size_t label(std::string_view name, const std::string& where) const {
        const auto found = std::find(index.classes.begin(), index.classes.end(), name);
        if (found == index.classes.end())
            user_error("{}: unknown finding \"{}\", expected one of {}, or {}", where, name,
                       fmt::join(index.classes, ", "), healthy);
        return static_cast<std::size_t>(found - index.classes.begin());
    }
};

/// x_min, y_min, x_max, y_max of a row as a box; none where all four cells are empty.
std::optional<Area> box_from(const Csv& table, std::size_t row, const std::size_t (&columns)[4]) {
    double corner[4];
    int empty = 0;
    for (std::size_t k = 0; k < 4; ++k) {
        const auto cell = table.cell(row, columns[k]);
        const auto number = number_from(cell);
        empty += cell.empty();
        if (!cell.empty() && (!number || *number < 0))
            user_error("{}: the box holds \"{}\", expected a number of pixels", table.where(row), cell);
        corner[k] = number.value_or(0);
    }
    if (empty == 4) return {};
    if (empty > 0 || corner[0] >= corner[2] || corner[1] >= corner[3])
        user_error("{}: the box from ({}, {}) to ({}, {}) holds no pixels", table.where(row), corner[0], corner[1],
                   corner[2], corner[3]);
    return Area{corner[0], corner[1], corner[2] - corner[0], corner[3] - corner[1]};
}

/// The size of the original film.
Frame frame_from(const std::string& where, std::string_view width, std::string_view height) {
    const auto w = number_from(width), h = number_from(height);
    if (!w || !h || *w < 1 || *h < 1)
        user_error("{}: width \"{}\" and height \"{}\" are no size in pixels", where, width, height);
    return {*w, *h};
}

/// Either spelling, as the tables have both.
std::size_t reader_column(const Csv& table) {
    return table.column(table.find("rad_ID") ? "rad_ID" : "rad_id");
}

/// Kaggle's table: a row for each box, or one for a reader who found nothing.
void read_kaggle(Reading& reading, const fs::path& file) {
    reading.index.classes = vinbig_classes();
    const Csv table(file);
    const std::size_t id = table.column("image_id"), name = table.column("class_name"),
                      number = table.column("class_id"), reader = reader_column(table);
    const std::size_t corners[4] = {table.column("x_min"), table.column("y_min"), table.column("x_max"),
                                    table.column("y_max")};
    const auto width = table.find("width"), height = table.find("height"); // some copies say the original size
    std::vector<std::uint32_t> nothing;                                    // readers of each film who found nothing
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string where = table.where(row);
        const std::size_t film = reading.film(table.cell(row, id), Split::train, where);
        nothing.resize(reading.votes.size());
        Votes& votes = reading.votes[film];
        const std::size_t who = votes.reader(table.cell(row, reader), where);
        const auto finding = table.cell(row, name);
        const auto box = box_from(table, row, corners);
        const std::size_t label = finding == healthy ? vinbig_classes().size() : reading.label(finding, where);
        if (number_from(table.cell(row, number)) != static_cast<double>(label))
            user_error("{}: class_id of {} is \"{}\", expected {}", where, finding, table.cell(row, number), label);
        if (box.has_value() != (finding != healthy))
            user_error("{}: \"{}\" {} a box", where, finding, box ? "with" : "without");
        if (box) {
            votes.see(who, label);
            reading.index.boxes.push_back({film, label, box->x, box->y, box->width, box->height});
        } else {
            nothing[film] |= 1u << who;
        }
        if ((nothing[film] >> who & 1) != 0 && votes.saw_anything(who))
            user_error("{}: reader {} has both findings and \"{}\" on film {}", where, table.cell(row, reader), healthy,
                       reading.index.films[film].id);
        if (width && height)
            reading.index.films[film].frame = frame_from(where, table.cell(row, *width), table.cell(row, *height));
    }
    record_source(reading.index, file);
}

/// The columns of PhysioNet's label table that are findings, by class. The test table names one of them in the
/// singular.
std::vector<std::size_t> finding_columns(const Csv& table, std::vector<std::string>& classes) {
    std::vector<std::string> names;
    std::vector<std::size_t> columns;
    for (std::size_t c = 0; c < table.columns().size(); ++c) {
        const std::string& name = table.columns()[c];
        if (name == "image_id" || name == "rad_id" || name == "rad_ID" || name == healthy) continue;
        names.push_back(name == "Other disease" ? "Other diseases" : name);
        columns.push_back(c);
    }
    if (classes.empty()) classes = names;
    std::vector<std::size_t> by_class;
    for (const auto& name : classes) {
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end() || names.size() != classes.size())
            user_error("{}: has the findings {}, expected {} as the training table", table.file().string(),
                       fmt::join(names, ", "), fmt::join(classes, ", "));
        by_class.push_back(columns[static_cast<std::size_t>(found - names.begin())]);
    }
    return by_class;
}

/// One of PhysioNet's label tables: a row for each film and reader; in the test table for each film.
void read_labels(Reading& reading, const fs::path& file, Split split) {
    const Csv table(file);
    const std::size_t id = table.column("image_id");
    const bool consensus = split == Split::test;
    const std::size_t reader = consensus ? id : reader_column(table);
    const auto findings = finding_columns(table, reading.index.classes);
    const auto nothing = table.find(healthy);
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string where = table.where(row);
        const std::size_t film = reading.film(table.cell(row, id), split, where);
        Votes& votes = reading.votes[film];
        const std::size_t before = votes.readers();
        const auto name = consensus ? std::string_view("the consensus") : table.cell(row, reader);
        const std::size_t who = votes.reader(name, where);
        if (votes.readers() == before)
            user_error("{}: film {} read by {} stands twice", where, table.cell(row, id), name);
        for (std::size_t c = 0; c < findings.size(); ++c) {
            const auto number = number_from(table.cell(row, findings[c]));
            if (number != 0.0 && number != 1.0)
                user_error("{}: {} is \"{}\", expected 0 or 1", where, reading.index.classes[c],
                           table.cell(row, findings[c]));
            if (number == 1.0) votes.see(who, c);
        }
        if (nothing && number_from(table.cell(row, *nothing)) == 1.0 && votes.saw_anything(who))
            user_error("{}: has both findings and \"{}\"", where, healthy);
    }
    record_source(reading.index, file);
}

void read_annotations(Reading& reading, const fs::path& file) {
    const Csv table(file);
    const std::size_t id = table.column("image_id"), name = table.column("class_name");
    const std::size_t corners[4] = {table.column("x_min"), table.column("y_min"), table.column("x_max"),
                                    table.column("y_max")};
    for (std::size_t row = 0; row < table.rows(); ++row) {
        auto finding = table.cell(row, name);
        if (finding == "Other disease") finding = "Other diseases";
        const auto box = box_from(table, row, corners);
        if (!box) continue; // "No finding", or a disease of the whole film
        const auto film = reading.known.find(std::string(table.cell(row, id)));
        if (film == reading.known.end())
            user_error("{}: film {} has no row in the label table", table.where(row), table.cell(row, id));
        reading.index.boxes.push_back(
            {film->second, reading.label(finding, table.where(row)), box->x, box->y, box->width, box->height});
    }
    record_source(reading.index, file);
}

/// Turns the readers' votes into labels, and keeps the boxes of findings that are present.
void decide(Reading& reading, const std::string& rule) {
    DatasetIndex& index = reading.index;
    if (index.films.empty()) user_error("vinbig: the tables hold no films, only headers");
    for (std::size_t i = 0; i < index.films.size(); ++i) {
        index.films[i].labels.resize(index.classes.size());
        for (std::size_t c = 0; c < index.classes.size(); ++c)
            index.films[i].labels[c] = reading.votes[i].present(c, rule);
    }
    std::erase_if(index.boxes, [&](const Box& box) { return index.films[box.film].labels[box.label] != 1; });
}

/// Sizes of the original films beside a table of smaller copies.
void read_sizes(Reading& reading, const fs::path& file) {
    const Csv table(file);
    const std::size_t id = table.column("image_id"), height = table.column("dim0"), width = table.column("dim1");
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const auto film = reading.known.find(std::string(table.cell(row, id)));
        if (film == reading.known.end()) continue;
        reading.index.films[film->second].frame =
            frame_from(table.where(row), table.cell(row, width), table.cell(row, height));
    }
    record_source(reading.index, file);
}

/// Published numbers of Kaggle's table: films, and films with Atelectasis, Pneumothorax, Aortic enlargement by rule.
std::vector<PublishedCount> kaggle_counts(const DatasetIndex& index, const std::string& rule) {
    const std::size_t column = rule == "any" ? 0 : rule == "majority" ? 1 : 2;
    constexpr std::size_t atelectasis[] = {186, 62, 18}, pneumothorax[] = {96, 58, 45}, aorta[] = {3067, 2346, 1744};
    return {{"films", 15000, index.films.size()},
            {"films with Aortic enlargement", aorta[column], positives(index, 0)},
            {"films with Atelectasis", atelectasis[column], positives(index, 1)},
            {"films with Pneumothorax", pneumothorax[column], positives(index, 12)}};
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

DatasetIndex read_vinbig(const VinbigOptions& options) {
    SplitOptions split = options.split;
    fs::path folder = options.metadata.empty() ? options.root : options.metadata;
    if (fs::is_directory(folder / "annotations")) folder /= "annotations";
    const fs::path table = one_of(folder, {"train.csv", "image_labels_train.csv"});
    const bool kaggle = table.filename() == "train.csv";
    if (kaggle) refuse_official_split(split, "VinBig on Kaggle");

    Reading reading;
    reading.index.dataset = "vinbig";
    reading.index.provenance = {{"importer", "vinbig"},
                                {"root", options.root.string()},
                                {"images", options.images.string()},
                                {"metadata", options.metadata.string()},
                                {"form", kaggle ? "kaggle" : "physionet"},
                                {"readers", options.readers},
                                {"split", resolved([&](Fields& f) { fields(f, split); })}};
    if (kaggle) {
        read_kaggle(reading, table);
    } else {
        read_labels(reading, table, Split::train);
        read_labels(reading, folder / "image_labels_test.csv", Split::test);
        for (const char* boxes : {"annotations_train.csv", "annotations_test.csv"})
            if (fs::exists(folder / boxes)) read_annotations(reading, folder / boxes);
    }
    if (fs::exists(folder / "train_meta.csv")) read_sizes(reading, folder / "train_meta.csv");
    decide(reading, options.readers);
    DatasetIndex& index = reading.index;
    compare_with_published(index, kaggle ? kaggle_counts(index, options.readers)
                                         : std::vector<PublishedCount>{{"films", 18000, index.films.size()}});
    split.kind == "official" ? carve_validation(index, split) : split_by_patient(index, split);

    find_images(index, options.images.empty() ? options.root : options.images, options.allow_missing);
    return std::move(reading.index);
}

} // namespace mlvicx
