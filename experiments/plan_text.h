#pragma once

#include "core/json.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx {

/// An object of a plan, or a part of it, as one file wrote it at one place.
struct PlanPart {
    std::string where; ///< begins messages: the file
    std::string path;  ///< "$.pretrain"
    json::value value;
};

/// The text of a plan with everything that it extends. `"extends": "other.json"`, a path from the extending file's
/// folder, makes a file a JSON merge patch (RFC 7396) of the other: objects are merged, null removes a key, any other
/// value, lists too, replaces the old one. The other file may extend a third one.
class PlanText {
public:
    /// Throws UserError that names the file and the key: a file that is missing or not an object, files that extend
    /// each other in a circle, or a null for a key that does not exist.
    explicit PlanText(const std::filesystem::path& file);

    /// All files merged, without "extends"; exactly what the file has if it extends nothing.
    const json::object& merged() const { return merged_; }
    /// The file that wrote what is at `path` ("$.evaluate.datasets"; in a list, the file that wrote the list). For a
    /// path that does not exist or that several files wrote, the file that extends the others.
    const std::filesystem::path& file_of(std::string_view path) const;
    /// The value at "$.KEY" or "$.KEY.KEY", divided by the files that wrote it: one part per file, and only one for
    /// what is not an object. The path must exist.
    std::vector<PlanPart> parts(const std::vector<std::string>& keys) const;

private:
    void read(const std::filesystem::path& file);
    void merge(json::object& target, json::object& origin, const json::object& patch, const std::string& path);

    std::vector<std::filesystem::path> files_; ///< the one that extends nothing first
    json::object merged_;
    json::object origin_; ///< the objects of `merged_`, with an index into `files_` for everything else
};

} // namespace mlvicx
