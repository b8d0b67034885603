#include "datasets/importers/study_labels.h"

#include "core/error.h"
#include "core/progress.h"
#include "core/utf8.h"
#include "datasets/importers/attribute_columns.h"
#include "datasets/text/label_words.h"

#include <fmt/ranges.h>

namespace mlvicx {

namespace {

std::int8_t label_of(const std::string& option) {
    return static_cast<std::int8_t>(option == "present" ? 1 : option == "absent" ? 0 : -1);
}

} // namespace

void fields(Fields& f, StudyLabelOptions& options) {
    f.field({"view", "Views to take; frontal: PA and AP"}, options.view, {"frontal", "lateral", "all"});
    f.field({"uncertain", "What an uncertain label (-1) means"}, options.uncertain, {"unknown", "absent", "present"});
    f.field({"unmentioned", "What a label that is not mentioned (empty) means"}, options.unmentioned,
            {"absent", "unknown"});
}

const std::vector<std::string>& study_classes() {
    static const std::vector<std::string> names = {"No Finding",       "Enlarged Cardiomediastinum",
                                                   "Cardiomegaly",     "Lung Opacity",
                                                   "Lung Lesion",      "Edema",
                                                   "Consolidation",    "Pneumonia",
                                                   "Atelectasis",      "Pneumothorax",
                                                   "Pleural Effusion", "Pleural Other",
                                                   "Fracture",         "Support Devices"};
    return names;
}

std::string view_of(std::string_view word) {
    return attribute_table()[view_attribute].read(word).value_or("");
}

LabelColumns::LabelColumns(const Csv& table) : table_(table) {
    std::vector<std::string> lacking;
    for (const auto& name : study_classes())
        if (!table.find(name)) lacking.push_back(name);
    if (!lacking.empty())
        user_error("{}: lacks {} of the {} label columns: {}; found: {}", table.name(), lacking.size(),
                   study_classes().size(), fmt::join(lacking, ", "), fmt::join(table.columns(), ", "));
    for (const auto& name : study_classes()) columns_.push_back(table.column(name));
}

WrittenLabels LabelColumns::read(std::size_t row) const {
    WrittenLabels labels;
    for (const std::size_t column : columns_) {
        const auto cell = table_.cell(row, column);
        const auto number = number_from(cell);
        const bool known = number == 1.0 || number == 0.0 || number == -1.0;
        if (!known && !is_blank_word(cell))
            user_error("{}: {} is \"{}\", expected 1.0, 0.0, -1.0 (uncertain) or nothing (not mentioned)",
                       table_.where(row), table_.columns()[column], printable_utf8(cell));
        labels.push_back(known ? static_cast<std::int8_t>(*number) : not_mentioned);
    }
    return labels;
}

bool StudyLabels::takes(std::string_view view, std::string_view word) {
    const bool frontal = view == "PA" || view == "AP" || view == "frontal";
    const bool taken = options_.view == "all" || (options_.view == "frontal" ? frontal : view == "lateral");
    ++(taken ? taken_ : left_out_[word.empty() ? "empty" : printable_utf8(word)]);
    return taken;
}

std::vector<std::int8_t> StudyLabels::of(const WrittenLabels& written) {
    std::vector<std::int8_t> labels = written;
    for (std::int8_t& label : labels) {
        uncertain_ += label == -1;
        unmentioned_ += label == not_mentioned;
        if (label == -1)
            label = label_of(options_.uncertain);
        else if (label == not_mentioned)
            label = label_of(options_.unmentioned);
    }
    return labels;
}

std::vector<std::int8_t> StudyLabels::without_row(std::string_view image) {
    constexpr std::size_t shown = 5;
    ++without_row_;
    if (first_without_row_.size() < shown) first_without_row_.emplace_back(image);
    return std::vector<std::int8_t>(study_classes().size(), -1);
}

void StudyLabels::record(DatasetIndex& index) const {
    std::vector<std::string> views;
    std::size_t left_out = 0;
    json::object counts;
    for (const auto& [word, images] : left_out_) {
        left_out += images;
        views.push_back(fmt::format("{} {}", word, images));
        counts[word] = {{"count", images}};
    }
    const std::string all_left_out = fmt::format("{}", fmt::join(views, ", "));
    if (taken_ == 0)
        user_error("{}: view \"{}\" takes none of {} images ({}); expected another --view (view in a plan)",
                   index.dataset, options_.view, left_out, all_left_out);
    if (left_out > 0)
        say("{}: view {} leaves out {} of {} images: {}", index.dataset, options_.view, left_out, left_out + taken_,
            all_left_out);
    say("{}: labels that are uncertain (-1): {}, taken as {}; not mentioned (empty): {}, taken as {}", index.dataset,
        uncertain_, options_.uncertain, unmentioned_, options_.unmentioned);
    if (without_row_ > 0)
        say("{}: images without a row of labels, all of them unknown: {} of {}, first {}", index.dataset, without_row_,
            taken_, fmt::join(first_without_row_, ", "));
    index.provenance["view"] = options_.view;
    index.provenance["uncertain"] = options_.uncertain;
    index.provenance["unmentioned"] = options_.unmentioned;
    index.provenance["left_out_by_view"] = std::move(counts);
    index.provenance["label_rules"] = {{"uncertain (-1) as " + options_.uncertain, {{"count", uncertain_}}},
                                       {"not mentioned (empty) as " + options_.unmentioned, {{"count", unmentioned_}}},
                                       {"images without a row, as unknown",
                                        {{"count", without_row_}, {"first", json::value_from(first_without_row_)}}}};
}

} // namespace mlvicx
