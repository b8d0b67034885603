#pragma once

#include "core/json.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mlvicx {

/// What lists of images have in common, from their names alone.
struct ListAuditOptions {
    std::vector<std::filesystem::path> lists;
    std::vector<std::filesystem::path> tested; ///< lists of test images: what they share with others is a leak
    /// A CSV table with a column of images and one of patients ("Patient ID", "patient"), such as NIH's Data_Entry;
    /// empty: patients are known only if all names are NIH's (00000013_005 is of patient 00000013).
    std::filesystem::path patients;
};

struct AuditedList {
    std::string file;
    bool tested = false;
    std::size_t images = 0;
    std::size_t repeated = 0;            ///< lines that repeat an image of the list
    std::size_t without_patient = 0;     ///< images that the table of patients lacks
    std::optional<std::size_t> patients; ///< none: unknown
};

/// Two lists, by their indices; the second one is the tested one if only one is.
struct ListPair {
    std::size_t first = 0, second = 0;
    std::size_t images = 0;              ///< in both
    std::optional<std::size_t> patients; ///< in both
    bool empty() const { return images == 0 && patients.value_or(0) == 0; }
};

struct ListAudit {
    std::vector<AuditedList> lists;
    std::vector<ListPair> pairs; ///< every list with each later one
    /// Whether two lists hold the same images.
    bool same(const ListPair& pair) const;
    bool nested(const ListPair& pair) const; ///< one holds all images of the other, which is smaller
    bool leaks(const ListPair& pair) const;  ///< a tested list shares images or patients with one that is not
    bool leaks() const;
};

/// Reads and compares the lists. Images match by name, without folders and suffix. Throws UserError as read_image_list
/// does, for a file that is given twice, and if the table of patients has no such columns or none of the images.
ListAudit audit_lists(const ListAuditOptions& options);

/// Lists, pairs with something in common, leaks; for the terminal.
std::string list_audit_text(const ListAudit& audit);
/// Keys: format, lists [{file, tested, images, repeated, patients}], pairs [{first, second, images, patients, same,
/// nested, leak}].
json::object list_audit_json(const ListAudit& audit);

} // namespace mlvicx
