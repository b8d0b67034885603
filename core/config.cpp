#include "core/config.h"

#include "core/error.h"
#include "core/json_text.h"
#include "core/suggest.h"

#include <fmt/ranges.h>

#include <cmath>
#include <set>

namespace mlvicx {

namespace {

const char* kind_text(const json::value& value) {
    switch (value.kind()) {
    case json::kind::null:
        return "null";
    case json::kind::bool_:
        return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
        return "an integer";
    case json::kind::double_:
        return "a number";
    case json::kind::string:
        return "a string";
    case json::kind::array:
        return "a list";
    case json::kind::object:
        return "an object";
    }
    return "?";
}

std::string range_text(const Range& range) {
    const bool low = std::isfinite(range.low), high = std::isfinite(range.high);
    if (low && high)
        return fmt::format("{} {} and at most {}", range.low_open ? "above" : "at least", range.low, range.high);
    if (low) return fmt::format("{} {}", range.low_open ? "above" : "at least", range.low);
    return fmt::format("at most {}", range.high);
}

/// Reads the fields that the object has and remembers which keys were requested.
class Reader : public Fields {
public:
    Reader(const json::object& object, const std::string& where, const std::string& path)
        : object_(object), where_(where), path_(path) {}

    void field(const FieldKey& key, bool& value) override {
        if (const auto* found = find(key.name)) {
            if (!found->is_bool()) wrong(key.name, "true or false", *found);
            value = found->get_bool();
        }
    }
    void field(const FieldKey& key, std::int64_t& value, Range range) override {
        if (const auto* found = find(key.name)) value = integer(key.name, *found, range);
    }
    void field(const FieldKey& key, double& value, Range range) override {
        if (const auto* found = find(key.name)) value = number(key.name, *found, range);
    }
    void field(const FieldKey& key, std::string& value, const std::vector<std::string>& choices) override {
        const auto* found = find(key.name);
        if (!found) return;
        std::string text = text_of(key.name, *found);
        if (!choices.empty() && std::find(choices.begin(), choices.end(), text) == choices.end())
            user_error("{}: {}.{} is \"{}\", expected one of: {}{}", where_, path_, key.name, text,
                       fmt::join(choices, ", "), did_you_mean(text, choices));
        value = std::move(text);
    }
    void field(const FieldKey& key, std::vector<std::int64_t>& value, Range range) override {
        list(key.name, value,
             [&](const std::string& name, const json::value& item) { return integer(name, item, range); });
    }
    void field(const FieldKey& key, std::vector<double>& value, Range range) override {
        list(key.name, value,
             [&](const std::string& name, const json::value& item) { return number(name, item, range); });
    }
    void field(const FieldKey& key, std::vector<std::string>& value) override {
        list(key.name, value, [&](const std::string& name, const json::value& item) { return text_of(name, item); });
    }
    void field(const FieldKey& key, std::map<std::string, std::string>& value) override {
        const auto* found = find(key.name);
        if (!found) return;
        if (!found->is_object()) wrong(key.name, "an object", *found);
        for (const auto& item : found->get_object())
            value[item.key()] = text_of(fmt::format("{}.{}", key.name, std::string_view(item.key())), item.value());
    }
    void number_or_file(const FieldKey& key, double& value, Range range, const FieldKey& file_key,
                        std::string& file) override {
        const auto* found = find(key.name);
        if (!found) return;
        if (!found->is_number() && !found->is_string()) wrong(key.name, "a number or a file", *found);
        file.clear();
        if (found->is_number()) return field(key, value, range);
        field(file_key, file, {});
        if (file.empty()) user_error("{}: {}.{} is empty, expected a number or a file", where_, path_, key.name);
    }
    void file_or_files(const FieldKey& key, std::string& file, std::map<std::string, std::string>& files) override {
        const auto* found = find(key.name);
        if (!found) return;
        if (!found->is_string() && !found->is_object()) wrong(key.name, "a file or an object of files", *found);
        file.clear();
        if (found->is_object()) return field(key, files);
        files.clear();
        field(key, file, {});
    }
    void group(const char* key, const std::function<void(Fields&)>& inner) override {
        const auto* found = find(key);
        static const json::value nothing = json::object{};
        overlay(found ? *found : nothing, where_, path_ + "." + key, inner);
    }
    void optional_group(const char* key, bool& on, const std::function<void(Fields&)>& inner) override {
        const auto* found = find(key);
        if (!found) return;
        if (!found->is_bool() && !found->is_object()) wrong(key, "true, false or an object", *found);
        on = found->is_object() || found->get_bool();
        if (found->is_object()) overlay(*found, where_, path_ + "." + key, inner);
    }
    void finish() const {
        for (const auto& item : object_)
            if (!asked_.contains(item.key()))
                user_error("{}: {}.{}: unknown key; expected one of: {}{}", where_, path_, std::string_view(item.key()),
                           fmt::join(asked_, ", "), did_you_mean(item.key(), {asked_.begin(), asked_.end()}));
    }

private:
    const json::value* find(const char* key) {
        asked_.insert(key);
        return object_.if_contains(key);
    }
    [[noreturn]] void wrong(const std::string& key, const char* expected, const json::value& found) const {
        user_error("{}: {}.{} is {}, expected {}", where_, path_, key, kind_text(found), expected);
    }
    double number(const std::string& key, const json::value& found, const Range& range) const {
        if (!found.is_number()) wrong(key, "a number", found);
        const auto value = found.to_number<double>();
        if (!std::isfinite(value)) user_error("{}: {}.{} is too large for a number", where_, path_, key);
        if (!range.holds(value)) out_of_range(key, found, range_text(range));
        return value;
    }
    std::int64_t integer(const std::string& key, const json::value& found, const Range& range) const {
        if (!found.is_number()) wrong(key, "an integer", found);
        boost::system::error_code error;
        const auto value = found.to_number<std::int64_t>(error); // 3.0 counts as 3
        const auto real = found.to_number<double>();
        if (error && real != std::floor(real)) out_of_range(key, found, "an integer");
        constexpr auto least = std::numeric_limits<std::int64_t>::min(),
                       most = std::numeric_limits<std::int64_t>::max();
        if (error && real > 0 && !std::isfinite(range.high)) out_of_range(key, found, fmt::format("at most {}", most));
        if (error && real < 0 && !std::isfinite(range.low)) out_of_range(key, found, fmt::format("at least {}", least));
        if (!range.holds(real)) out_of_range(key, found, range_text(range));
        return value;
    }
    std::string text_of(const std::string& key, const json::value& found) const {
        if (!found.is_string()) wrong(key, "a string", found);
        return std::string(found.get_string());
    }
    [[noreturn]] void out_of_range(const std::string& key, const json::value& found,
                                   const std::string& expected) const {
        user_error("{}: {}.{} is {}, expected {}", where_, path_, key, readable(found), expected);
    }
    template <typename T, typename Read> void list(const char* key, std::vector<T>& value, Read read) {
        const auto* found = find(key);
        if (!found) return;
        if (!found->is_array()) wrong(key, "a list", *found);
        std::vector<T> items;
        for (const auto& item : found->get_array())
            items.push_back(read(fmt::format("{}[{}]", key, items.size()), item));
        value = std::move(items);
    }

    const json::object& object_;
    const std::string where_, path_;
    std::set<std::string, std::less<>> asked_;
};

class Writer : public Fields {
public:
    json::object object;
    void field(const FieldKey& key, bool& value) override { put(key, value); }
    void field(const FieldKey& key, std::int64_t& value, Range) override { put(key, value); }
    void field(const FieldKey& key, double& value, Range) override { put(key, value); }
    void field(const FieldKey& key, std::string& value, const std::vector<std::string>&) override { put(key, value); }
    void field(const FieldKey& key, std::vector<std::int64_t>& value, Range) override { put(key, value); }
    void field(const FieldKey& key, std::vector<double>& value, Range) override { put(key, value); }
    void field(const FieldKey& key, std::vector<std::string>& value) override { put(key, value); }
    void field(const FieldKey& key, std::map<std::string, std::string>& value) override { put(key, value); }
    void number_or_file(const FieldKey& key, double& value, Range, const FieldKey& file_key,
                        std::string& file) override {
        file.empty() ? put(key, value) : put(file_key, file);
    }
    void file_or_files(const FieldKey& key, std::string& file, std::map<std::string, std::string>& files) override {
        files.empty() ? put(key, file) : put(key, files);
    }
    void group(const char* key, const std::function<void(Fields&)>& inner) override { object[key] = resolved(inner); }
    void optional_group(const char* key, bool& on, const std::function<void(Fields&)>& inner) override {
        object[key] = on ? json::value(resolved(inner)) : json::value(false);
    }

private:
    template <typename T> void put(const FieldKey& key, const T& value) {
        if (!key.is_addition || value != T{}) object[key.name] = json::value_from(value);
    }
};

/// Passes on the paths and ignores all other fields.
class Paths : public Fields {
public:
    using Visit = std::function<void(const std::string& key, std::string& path)>;
    Paths(std::string prefix, const Visit& visit) : prefix_(std::move(prefix)), visit_(visit) {}
    void field(const FieldKey&, bool&) override {}
    void field(const FieldKey&, std::int64_t&, Range) override {}
    void field(const FieldKey&, double&, Range) override {}
    void field(const FieldKey& key, std::string& value, const std::vector<std::string>&) override {
        if (key.kind != FieldKey::value && !value.empty()) visit_(prefix_ + key.name, value);
    }
    void field(const FieldKey&, std::vector<std::int64_t>&, Range) override {}
    void field(const FieldKey&, std::vector<double>&, Range) override {}
    void field(const FieldKey&, std::vector<std::string>&) override {}
    void field(const FieldKey& key, std::map<std::string, std::string>& value) override {
        if (key.kind == FieldKey::value) return;
        for (auto& [name, path] : value)
            if (!path.empty()) visit_(prefix_ + key.name + "." + name, path);
    }
    void group(const char* key, const std::function<void(Fields&)>& inner) override {
        Paths paths(prefix_ + key + ".", visit_);
        inner(paths);
    }
    void optional_group(const char* key, bool&, const std::function<void(Fields&)>& inner) override {
        group(key, inner);
    }

private:
    const std::string prefix_;
    const Visit& visit_;
};

} // namespace

void overlay(const json::value& object, const std::string& where, const std::string& path,
             const std::function<void(Fields&)>& fields) {
    if (!object.is_object()) user_error("{}: {} is {}, expected an object", where, path, kind_text(object));
    Reader reader(object.get_object(), where, path);
    fields(reader);
    reader.finish();
}

json::object resolved(const std::function<void(Fields&)>& fields) {
    Writer writer;
    fields(writer);
    return writer.object;
}

void each_path(const std::function<void(Fields&)>& fields,
               const std::function<void(const std::string& key, std::string& path)>& visit) {
    Paths paths({}, visit);
    fields(paths);
}

} // namespace mlvicx
