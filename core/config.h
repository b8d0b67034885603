#pragma once

#include "core/json.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mlvicx {

/// The values a number may take, both ends included unless said otherwise.
struct Range {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool low_open = false; ///< the low end itself is not allowed
    bool holds(double value) const { return value >= low && value <= high && !(low_open && value <= low); }
};
inline Range at_least(double low) {
    return {low};
}
inline Range above(double low) {
    return {low, std::numeric_limits<double>::infinity(), true};
}
inline Range between(double low, double high) {
    return {low, high};
}
inline Range share() {
    return {0.0, 1.0, true};
} ///< (0, 1]

/// A field's name, and what a command-line option needs besides it. A plain string is just the name.
struct FieldKey {
    enum Kind { value, file, folder };
    FieldKey(const char* its_name, std::string its_help = {}, Kind its_kind = value, std::string its_option = {})
        : name(its_name), help(std::move(its_help)), kind(its_kind), option(std::move(its_option)) {}
    const char* name;
    std::string help;         ///< a sentence for the help page
    Kind kind;                ///< of a string: whether it is a path
    std::string option;       ///< e.g. "--split"; empty: built from the names of its groups and its own, --split-kind
    bool is_addition = false; ///< see addition
};
/// The key of a field that its struct got after results existed: `resolved` leaves it out while its value is false, 0
/// or empty, which must mean what the struct did before. So hashes and identities of earlier results stay.
inline FieldKey addition(FieldKey key) {
    key.is_addition = true;
    return key;
}

/// Visits the fields of an option struct: to read them from JSON, to write them, or to make command-line options of
/// them. Every option struct has one function `void fields(Fields&, Options&)` that names its keys, so reading, writing
/// and checking cannot diverge. Defaults live only in the struct.
class Fields {
public:
    virtual ~Fields() = default;
    virtual void field(const FieldKey& key, bool& value) = 0;
    virtual void field(const FieldKey& key, std::int64_t& value, Range range = {}) = 0;
    virtual void field(const FieldKey& key, double& value, Range range = {}) = 0;
    /// `choices` empty: any string.
    virtual void field(const FieldKey& key, std::string& value, const std::vector<std::string>& choices = {}) = 0;
    virtual void field(const FieldKey& key, std::vector<std::int64_t>& value, Range range = {}) = 0;
    virtual void field(const FieldKey& key, std::vector<double>& value, Range range = {}) = 0;
    virtual void field(const FieldKey& key, std::vector<std::string>& value) = 0;
    /// An object of names and texts: paths, if the key's kind says so.
    virtual void field(const FieldKey& key, std::map<std::string, std::string>& value) = 0;
    /// A number or a file under one key (both keys have the same name); with a file, the number has no meaning.
    virtual void number_or_file(const FieldKey& key, double& value, Range range, const FieldKey& file_key,
                                std::string& file) {
        field(key, value, range);
        field(file_key, file, {});
    }
    /// A file, or an object of names and files, under one key.
    virtual void file_or_files(const FieldKey& key, std::string& file, std::map<std::string, std::string>& files) {
        field(key, file, {});
        field(key, files);
    }
    /// A nested object: `$.key.inner`.
    virtual void group(const char* key, const std::function<void(Fields&)>& inner) = 0;
    /// A group that can be off: false, true, or an object, which turns it on and sets its fields.
    virtual void optional_group(const char* key, bool& on, const std::function<void(Fields&)>& inner) = 0;
};

/// Overlays `object` on the fields' current values. Throws UserError with the path of the key (`$.optimizer.lrr`) for
/// an unknown key, a wrong type or a value out of range; the message begins with `where` (a file name).
void overlay(const json::value& object, const std::string& where, const std::string& path,
             const std::function<void(Fields&)>& fields);

/// The full resolved configuration: every field, defaults included (but see addition).
json::object resolved(const std::function<void(Fields&)>& fields);

/// Calls `visit` with every non-empty path among the fields, and its key ("source.root" for one in a group).
void each_path(const std::function<void(Fields&)>& fields,
               const std::function<void(const std::string& key, std::string& path)>& visit);

} // namespace mlvicx
