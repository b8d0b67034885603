#include "datasets/inspect.h"

#include "core/image_attribute.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

namespace mlvicx {

namespace {

constexpr std::string_view unknown = "unknown"; ///< group of an attribute
constexpr std::array splits = {Split::train, Split::validation, Split::test};

struct Counts {
    std::int64_t positive = 0, negative = 0, unknown = 0;
};

Counts counts_of(const PreparedDataset& dataset, const std::vector<std::int64_t>& images, std::size_t label) {
    Counts counts;
    for (const auto image : images) {
        const auto value = dataset.labels(image)[label];
        ++(value == 1 ? counts.positive : value == 0 ? counts.negative : counts.unknown);
    }
    return counts;
}

std::size_t patients_of(const PreparedDataset& dataset, const std::vector<std::int64_t>& images) {
    std::set<std::size_t> patients;
    for (const auto image : images) patients.insert(dataset.patient_index(image));
    return patients.size();
}

/// Number of images with every label known and none present.
std::int64_t without_finding(const PreparedDataset& dataset, const std::vector<std::int64_t>& images) {
    return std::count_if(images.begin(), images.end(), [&](std::int64_t image) {
        const auto labels = dataset.labels(image);
        return std::all_of(labels.begin(), labels.end(), [](std::int8_t value) { return value == 0; });
    });
}

/// A value as people write it: strings without quotes, lists with commas, a count with the first names.
std::string words_of(const json::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (const json::array* list = value.if_array()) {
        std::vector<std::string> words;
        for (const auto& item : *list) words.push_back(words_of(item));
        return fmt::format("{}", fmt::join(words, ", "));
    }
    const json::object* entry = value.if_object();
    if (!entry || !entry->contains("count")) return json::serialize(value);
    std::string text = words_of(entry->at("count"));
    if (const auto* first = entry->if_contains("first")) text += ", first " + words_of(*first);
    return text;
}

/// `"True" as present (8), "NA" as unknown (2)`; 1 and 0 need no explanation.
std::string label_words(const json::object& words) {
    std::string text;
    for (const auto& [word, entry] : words) {
        const auto* object = entry.if_object();
        if (word == "1" || word == "0" || !object || !object->contains("label") || !object->contains("cells")) continue;
        text += fmt::format("{}{} as {} ({})", text.empty() ? "" : ", ",
                            word == "(blank)" ? std::string(word) : fmt::format("\"{}\"", std::string(word)),
                            words_of(object->at("label")), words_of(object->at("cells")));
    }
    return text;
}

/// Facts about how a file was made, from its provenance: one line for each thing that an importer or a decoder counted.
class Facts {
public:
    void add(std::string_view name, const std::string& value) { text_ += fmt::format("{:<12} {}\n", name, value); }
    /// Adds each entry of an object on its own line: a count, a count with the first names, or text.
    void add_counts(std::string_view name, const json::object& counts) {
        for (const auto& [what, value] : counts) {
            if (const json::object* entry = value.if_object()) {
                const auto* count = entry->if_contains("count");
                if (count && *count != 0) add(name, fmt::format("{}: {}", std::string(what), words_of(value)));
            } else {
                add(name, fmt::format("{}: {}", std::string(what), words_of(value)));
            }
        }
    }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

/// What `prepare` counted: conversion rules, notes of decoders.
void add_prepared(Facts& facts, const json::object& prepared) {
    static const std::set<std::string_view> plain = {"size",  "window",        "images",     "resampling", "opencv",
                                                     "files", "suite_version", "git_commit", "conversion"};
    if (const auto* conversion = prepared.if_contains("conversion"); conversion && conversion->is_object())
        for (const auto& [rule, images] : conversion->get_object())
            facts.add("Pixels", fmt::format("{} images: {}", words_of(images), std::string(rule)));
    for (const auto& [name, value] : prepared) {
        if (plain.contains(std::string_view(name))) continue;
        if (const json::object* counts = value.if_object(); counts && !counts->contains("count"))
            facts.add_counts("Note", *counts);
        else
            facts.add_counts("Note", {{name, value}});
    }
}

void add_provenance(Facts& facts, const json::object& provenance) {
    if (const auto* published = provenance.if_contains("published"); published && published->is_array())
        for (const auto& sentence : published->get_array()) facts.add("Published", words_of(sentence));
    if (const auto* words = provenance.if_contains("label_words"); words && words->is_object())
        if (const std::string text = label_words(words->get_object()); !text.empty())
            facts.add("Labels", "read " + text);
    if (const auto* rules = provenance.if_contains("label_rules"); rules && rules->is_object())
        facts.add_counts("Labels", rules->get_object());
    if (const auto* sources = provenance.if_contains("attributes"); sources && sources->is_object())
        for (const auto& [name, source] : sources->get_object())
            facts.add("Attribute", fmt::format("{}: {}", std::string(name), words_of(source)));
    if (const auto* notes = provenance.if_contains("attribute_notes"); notes && notes->is_object())
        facts.add_counts("Note", notes->get_object());
    constexpr std::size_t shown = 12;
    if (const auto* columns = provenance.if_contains("columns_left_out"); columns && columns->is_object()) {
        std::size_t count = 0;
        for (const auto& [name, reason] : columns->get_object())
            if (count++ < shown)
                facts.add("Left out", fmt::format("column \"{}\": {}", std::string(name), words_of(reason)));
        if (count > shown) facts.add("Left out", fmt::format("{} more columns", count - shown));
    }
    if (const auto* files = provenance.if_contains("files_left_out"))
        facts.add("Left out", "files that are not images of the dataset: " + words_of(*files));
    if (const auto* views = provenance.if_contains("left_out_by_view"); views && views->is_object())
        for (const auto& [word, entry] : views->get_object())
            facts.add("Left out", fmt::format("view {}: {}", std::string_view(word), words_of(entry)));
    if (const auto* boxes = provenance.if_contains("boxes_left_out")) facts.add("Left out", words_of(*boxes));
    if (const auto* unlisted = provenance.if_contains("unlisted"))
        facts.add("Left out", "images in no list: " + words_of(*unlisted));
    if (const auto* missing = provenance.if_contains("listed_but_missing"))
        facts.add("Left out", "listed images that the dataset lacks: " + words_of(*missing));
    if (const auto* shared = provenance.if_contains("shared_patients"))
        facts.add("Leakage", "patients in two splits: " + words_of(*shared));
    if (const auto* missing = provenance.if_contains("missing"))
        facts.add("Left out", "images with missing files: " + words_of(*missing));
    if (const auto* prepared = provenance.if_contains("prepared"); prepared && prepared->is_object())
        add_prepared(facts, prepared->get_object());
}

/// The importer's own words, or the requested kind of split.
std::string splits_by(const json::object& provenance) {
    if (const auto* how = provenance.if_contains("splits")) return words_of(*how);
    const auto* split = provenance.if_contains("split");
    const auto* kind = split && split->is_object() ? split->get_object().if_contains("kind") : nullptr;
    if (!kind) return {};
    return *kind == "patient" ? "by a hash of the patient" : words_of(*kind);
}

} // namespace

std::string summary(const PreparedDataset& dataset) {
    std::array<std::vector<std::int64_t>, 3> images;
    for (std::size_t s = 0; s < splits.size(); ++s) images[s] = dataset.images_of(splits[s]);
    std::size_t width = std::string("No finding").size();
    for (const auto& name : dataset.classes()) width = std::max(width, name.size());
    for (const auto& attribute : dataset.attributes())
        for (const auto& group : subgroups_of(attribute))
            width = std::max(width, attribute.name.size() + 1 + std::max(group.size(), unknown.size()));

    const json::object& provenance = dataset.provenance();
    const auto source = [&](const char* key) {
        const auto* value = provenance.if_contains(key);
        return value && value->is_string() ? ", " + words_of(*value) : std::string();
    };
    Facts facts;
    facts.add("Dataset", dataset.dataset());
    facts.add("Images",
              fmt::format("{} of {} x {} pixels", dataset.size(), dataset.image_size(), dataset.image_size()));
    facts.add("Patients", fmt::format("{}{}", dataset.patient_ids().size(), source("patients")));
    if (const auto how = splits_by(provenance); !how.empty()) facts.add("Splits", how);
    facts.add("Boxes", fmt::format("{}", dataset.boxes().size()));
    facts.add("Masks",
              dataset.mask_names().empty() ? "none" : fmt::format("{}", fmt::join(dataset.mask_names(), ", ")));
    if (dataset.attributes().empty()) facts.add("Attributes", "none");
    add_provenance(facts, provenance);
    std::string text = facts.text();

    const auto row = [&](const std::string& name, const auto& cells) {
        text += fmt::format("{:<{}}", name, width);
        for (std::size_t s = 0; s < splits.size(); ++s) text += fmt::format(" | {:>26}", cells(s));
        text += '\n';
    };
    text += '\n';
    row("", [&](std::size_t s) { return std::string(name_of(splits[s])); });
    row("Images", [&](std::size_t s) { return fmt::format("{}", images[s].size()); });
    row("Patients", [&](std::size_t s) { return fmt::format("{}", patients_of(dataset, images[s])); });
    // A class of this name says it better.
    const auto& classes = dataset.classes();
    if (std::find(classes.begin(), classes.end(), "No Finding") == classes.end())
        row("No finding", [&](std::size_t s) { return fmt::format("{}", without_finding(dataset, images[s])); });
    for (const auto& attribute : dataset.attributes()) {
        const auto images_in = [&](const std::string& group) {
            return [&, group](std::size_t s) {
                return fmt::format("{}", std::count_if(images[s].begin(), images[s].end(), [&](std::int64_t image) {
                                       return subgroup_of(attribute.name,
                                                          attribute.values[static_cast<std::size_t>(image)]) == group;
                                   }));
            };
        };
        for (const auto& group : subgroups_of(attribute)) row(attribute.name + " " + group, images_in(group));
        row(attribute.name + " " + std::string(unknown), images_in(""));
    }
    text += '\n';
    row("Class", [](std::size_t) { return fmt::format("{:>8} {:>8} {:>8}", "present", "absent", "unknown"); });
    for (std::size_t c = 0; c < dataset.classes().size(); ++c)
        row(dataset.classes()[c], [&](std::size_t s) {
            const Counts n = counts_of(dataset, images[s], c);
            return fmt::format("{:>8} {:>8} {:>8}", n.positive, n.negative, n.unknown);
        });
    return text;
}

std::string describe(const PreparedDataset& dataset) {
    return fmt::format("{:<12} {}\n{:<12} {}\n{}\nProvenance\n{}", "File", dataset.file().string(), "Fingerprint",
                       dataset.fingerprint(), summary(dataset), pretty(dataset.provenance()));
}

} // namespace mlvicx
