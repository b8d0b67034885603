#include "datasets/audit/list_audit.h"

#include "core/error.h"
#include "core/progress.h"
#include "datasets/text/csv.h"
#include "datasets/text/image_list.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

using Names = std::unordered_set<std::string>;
using PatientOf = std::unordered_map<std::string, std::string>; ///< by image

/// A list's images and their patients.
struct Content {
    Names images, patients;
};

Names read_stems(const fs::path& file, AuditedList& audited) {
    const ImageList list = read_image_list(file);
    Names stems;
    for (const auto& entry : list.images) audited.repeated += stems.insert(image_stem(entry.name)).second ? 0 : 1;
    audited.file = list.file;
    audited.images = stems.size();
    return stems;
}

/// "Patient ID", "patient_id" and "patientid" are the same.
bool names_patient(std::string_view column) {
    std::string plain;
    for (const char c : lower(column))
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) plain += c;
    return plain == "patient" || plain == "patientid" || plain == "subject" || plain == "subjectid";
}

/// The first column that holds most of the listed images.
std::size_t image_column(const Csv& table, const std::vector<Content>& contents) {
    const auto listed = [&](std::string_view name) {
        const std::string stem = image_stem(name);
        return std::any_of(contents.begin(), contents.end(),
                           [&](const Content& content) { return content.images.contains(stem); });
    };
    std::size_t best = 0, most = 0;
    for (std::size_t column = 0; column < table.columns().size(); ++column) {
        std::size_t count = 0;
        for (std::size_t row = 0; row < table.rows(); ++row) count += listed(table.cell(row, column)) ? 1 : 0;
        if (count <= most) continue;
        best = column;
        most = count;
    }
    if (most == 0)
        user_error("{}: no column has any of the listed images, expected a table of these images and their patients; "
                   "found: {}",
                   table.name(), fmt::join(table.columns(), ", "));
    return best;
}

PatientOf read_patients(const fs::path& file, const std::vector<Content>& contents) {
    const Csv table(file);
    const auto patient = std::find_if(table.columns().begin(), table.columns().end(), names_patient);
    if (patient == table.columns().end())
        user_error("{}: has no column of patients (\"patient\", \"Patient ID\"); found: {}", table.name(),
                   fmt::join(table.columns(), ", "));
    const auto patients = static_cast<std::size_t>(patient - table.columns().begin());
    const std::size_t images = image_column(table, contents);
    PatientOf result;
    for (std::size_t row = 0; row < table.rows(); ++row)
        result.emplace(image_stem(table.cell(row, images)), table.cell(row, patients));
    return result;
}

/// Whether this is a name as NIH's: eight digits of the patient, an underscore, three digits.
bool is_nih(const std::string& name) {
    for (std::size_t i = 0; i < name.size(); ++i)
        if (i == 8 ? name[i] != '_' : name[i] < '0' || name[i] > '9') return false;
    return name.size() == 12;
}

/// Fills in the patients of each list, if they are known.
void add_patients(const fs::path& table, std::vector<Content>& contents, std::vector<AuditedList>& lists) {
    PatientOf patient_of;
    if (!table.empty()) {
        patient_of = read_patients(table, contents);
    } else {
        for (const Content& content : contents)
            if (!std::all_of(content.images.begin(), content.images.end(), is_nih)) return;
        say("no table of patients: taking the patient from NIH's image names (00000013_005 is of patient 00000013)");
    }
    for (std::size_t k = 0; k < contents.size(); ++k) {
        for (const auto& image : contents[k].images) {
            if (table.empty()) {
                contents[k].patients.insert(image.substr(0, 8));
            } else if (const auto found = patient_of.find(image); found != patient_of.end()) {
                contents[k].patients.insert(found->second);
            } else {
                ++lists[k].without_patient;
            }
        }
        lists[k].patients = contents[k].patients.size();
    }
}

std::size_t in_both(const Names& one, const Names& other) {
    const Names &small = one.size() < other.size() ? one : other, &large = one.size() < other.size() ? other : one;
    return static_cast<std::size_t>(
        std::count_if(small.begin(), small.end(), [&](const std::string& name) { return large.contains(name); }));
}

/// "A", ..., "Z", "A1", ...
std::string letter_of(std::size_t list) {
    const std::string letter(1, static_cast<char>('A' + list % 26));
    return list < 26 ? letter : fmt::format("{}{}", letter, list / 26);
}

double percent_of(std::size_t part, std::size_t whole) {
    return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string pair_text(const ListAudit& audit, const ListPair& pair) {
    const AuditedList &first = audit.lists[pair.first], &second = audit.lists[pair.second];
    const std::string a = letter_of(pair.first), b = letter_of(pair.second);
    std::string text = fmt::format("  {} and {}: ", a, b);
    if (audit.same(pair)) return text + fmt::format("the same {} images\n", pair.images);
    text += fmt::format("{} images in common ({:.1f} % of {}, {:.1f} % of {})", pair.images,
                        percent_of(pair.images, first.images), a, percent_of(pair.images, second.images), b);
    if (audit.nested(pair)) text += fmt::format(": all of {}", first.images < second.images ? a : b);
    if (pair.patients) text += fmt::format("\n      and {} patients", *pair.patients);
    return text + '\n';
}

std::string leak_text(const ListAudit& audit, const ListPair& pair) {
    const AuditedList &known = audit.lists[pair.first], &tested = audit.lists[pair.second];
    std::string text = fmt::format("  {} of {} test images ({:.1f} %)", pair.images, tested.images,
                                   percent_of(pair.images, tested.images));
    if (pair.patients) text += fmt::format(" and {} of {} test patients", *pair.patients, *tested.patients);
    return text + fmt::format("\n    of {}\n    are in {}\n", tested.file, known.file);
}

} // namespace

bool ListAudit::same(const ListPair& pair) const {
    return pair.images == lists[pair.first].images && pair.images == lists[pair.second].images;
}

bool ListAudit::nested(const ListPair& pair) const {
    return !same(pair) && pair.images == std::min(lists[pair.first].images, lists[pair.second].images);
}

bool ListAudit::leaks(const ListPair& pair) const {
    return !pair.empty() && lists[pair.second].tested && !lists[pair.first].tested;
}

bool ListAudit::leaks() const {
    return std::any_of(pairs.begin(), pairs.end(), [&](const ListPair& pair) { return leaks(pair); });
}

ListAudit audit_lists(const ListAuditOptions& options) {
    ListAudit audit;
    std::vector<Content> contents;
    std::map<fs::path, std::size_t> given;
    for (const auto* files : {&options.lists, &options.tested})
        for (const fs::path& file : *files) {
            if (!given.emplace(fs::absolute(file).lexically_normal(), contents.size()).second)
                user_error("{}: is given twice, expected each list once", file.string());
            audit.lists.emplace_back();
            audit.lists.back().tested = files == &options.tested;
            contents.push_back({read_stems(file, audit.lists.back()), {}});
        }
    add_patients(options.patients, contents, audit.lists);
    for (std::size_t i = 0; i < contents.size(); ++i)
        for (std::size_t j = i + 1; j < contents.size(); ++j) {
            audit.pairs.push_back({i, j, in_both(contents[i].images, contents[j].images), {}});
            if (audit.lists[i].patients)
                audit.pairs.back().patients = in_both(contents[i].patients, contents[j].patients);
        }
    return audit;
}

std::string list_audit_text(const ListAudit& audit) {
    std::string text = "Lists\n";
    for (std::size_t k = 0; k < audit.lists.size(); ++k) {
        const AuditedList& list = audit.lists[k];
        text += fmt::format("  {}{}  {} images", letter_of(k), list.tested ? " (test)" : "", list.images);
        if (list.patients) text += fmt::format(" of {} patients", *list.patients);
        if (list.without_patient > 0) text += fmt::format(", {} images of unknown patients", list.without_patient);
        if (list.repeated > 0) text += fmt::format(", {} lines repeat an image", list.repeated);
        text += fmt::format("\n     {}\n", list.file);
    }
    std::vector<std::string> apart;
    text += "\nIn common\n";
    for (const ListPair& pair : audit.pairs) {
        if (pair.empty())
            apart.push_back(letter_of(pair.first) + "-" + letter_of(pair.second));
        else
            text += pair_text(audit, pair);
    }
    if (!apart.empty()) text += fmt::format("  nothing: {}\n", fmt::join(apart, ", "));
    if (!audit.lists.front().patients)
        text += "  Patients are unknown: --patients names a table of images and patients.\n";
    const bool any_test =
        std::any_of(audit.lists.begin(), audit.lists.end(), [](const AuditedList& list) { return list.tested; });
    if (!any_test) return text + "\nNo list is given as a test (--tested), so nothing here counts as a leak.\n";
    text += audit.leaks() ? "\nTest images in other lists\n" : "\nNo test list shares anything with another list.\n";
    for (const ListPair& pair : audit.pairs)
        if (audit.leaks(pair)) text += leak_text(audit, pair);
    return text;
}

json::object list_audit_json(const ListAudit& audit) {
    const auto count = [](const std::optional<std::size_t>& value) {
        return value ? json::value(*value) : json::value();
    };
    json::array lists, pairs;
    for (const AuditedList& list : audit.lists)
        lists.push_back(json::object{{"file", list.file},
                                     {"tested", list.tested},
                                     {"images", list.images},
                                     {"repeated", list.repeated},
                                     {"without_patient", list.without_patient},
                                     {"patients", count(list.patients)}});
    for (const ListPair& pair : audit.pairs)
        pairs.push_back(json::object{{"first", pair.first},
                                     {"second", pair.second},
                                     {"images", pair.images},
                                     {"patients", count(pair.patients)},
                                     {"same", audit.same(pair)},
                                     {"nested", audit.nested(pair)},
                                     {"leak", audit.leaks(pair)}});
    return {{"format", "mlvicx-bench audit of lists 1"}, {"lists", lists}, {"pairs", pairs}};
}

} // namespace mlvicx
