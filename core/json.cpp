#include "core/json.h"

#include "core/error.h"
#include "core/files.h"
#include "core/json_text.h"

#include <boost/json/src.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace mlvicx {

namespace {

/// "line:column" of an offset, both from 1.
std::string place_of(std::string_view text, std::size_t at) {
    at = std::min(at, text.size());
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    const auto before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    const auto column = before == std::string_view::npos ? at + 1 : at - before;
    return std::to_string(line) + ":" + std::to_string(column);
}

/// Two bytes per character, with or without a byte-order mark: JSON begins with ASCII, so one of the two is 0.
bool is_utf16(std::string_view text) {
    return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff") ||
           (text.size() > 1 && (text[0] == '\0' || text[1] == '\0'));
}

/// The JSON string that begins at `at`, with its quotes.
std::string_view string_at(std::string_view text, std::size_t at) {
    std::size_t end = at + 1;
    while (text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    return text.substr(at, end + 1 - at);
}

/// Whether every number is one: 1e400 is read as infinity, which no JSON can write.
bool finite(const json::value& value) {
    if (const auto* array = value.if_array()) return std::all_of(array->begin(), array->end(), finite);
    if (const auto* object = value.if_object())
        return std::all_of(object->begin(), object->end(), [](const auto& item) { return finite(item.value()); });
    return !value.is_double() || std::isfinite(value.get_double());
}

} // namespace

json::value read_json(const std::filesystem::path& file) {
    const std::string content = read_text(file);
    if (is_utf16(content)) user_error("{}: is UTF-16 text, expected JSON in UTF-8", file.string());
    std::string_view text = content;
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3); // the byte-order mark that Windows editors write
    json::stream_parser parser;
    boost::system::error_code error;
    const std::size_t read = parser.write_some(text.data(), text.size(), error);
    if (!error && read < text.size()) {
        const auto rest = text.find_first_not_of(" \t\r\n", read);
        if (rest != std::string_view::npos) error = json::error::extra_data;
    }
    if (!error) parser.finish(error);
    if (error) user_error("{}:{}: not valid JSON: {}", file.string(), place_of(text, read), error.message());
    if (const auto again = repeated_key(text))
        user_error("{}:{}: duplicate key {}, expected each key once per object", file.string(), place_of(text, *again),
                   string_at(text, *again));
    json::value value = parser.release();
    if (!finite(value)) user_error("{}: has a number beyond 1.8e308, expected smaller ones", file.string());
    return value;
}

std::optional<std::size_t> repeated_key(std::string_view text) {
    std::vector<std::set<std::string>> objects; // the open ones, with their keys so far
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '{') objects.emplace_back();
        if (text[at] == '}') objects.pop_back();
        if (text[at] != '"') continue;
        const std::string_view word = string_at(text, at);
        const std::size_t next = text.find_first_not_of(" \t\r\n", at + word.size());
        const bool is_key = next != std::string_view::npos && text[next] == ':';
        if (is_key && !objects.back().insert(json::value_to<std::string>(json::parse(word))).second) return at;
        at += word.size() - 1;
    }
    return std::nullopt;
}

namespace {

json::value sorted(const json::value& value) {
    if (value.is_array()) {
        json::array result;
        for (const auto& item : value.get_array()) result.push_back(sorted(item));
        return result;
    }
    if (!value.is_object()) return value;
    std::vector<std::string> keys;
    for (const auto& item : value.get_object()) keys.emplace_back(item.key());
    std::sort(keys.begin(), keys.end());
    json::object result;
    for (const auto& key : keys) result[key] = sorted(value.get_object().at(key));
    return result;
}

/// Shortest text that reads back as the same double and is recognisably a double: 0.1, 3.0, 1e-6.
std::string number_text(double value) {
    std::string text = fmt::format("{}", value);
    if (const auto e = text.find('e'); e != std::string::npos) { // 1e-06, 1e+20
        std::size_t digits = e + 1;
        if (text[digits] == '+') text.erase(digits, 1);
        if (text[digits] == '-') ++digits;
        text.erase(digits, text.find_first_not_of('0', digits) - digits);
    } else if (text.find('.') == std::string::npos) {
        text += ".0";
    }
    return text;
}

void write_readable(const json::value& value, std::string& out) {
    const char* separator = "";
    if (value.is_object()) {
        out += '{';
        for (const auto& item : value.get_object()) {
            out += separator + json::serialize(json::string(item.key())) + ": ";
            write_readable(item.value(), out);
            separator = ", ";
        }
        out += '}';
    } else if (value.is_array()) {
        out += '[';
        for (const auto& item : value.get_array()) {
            out += separator;
            write_readable(item, out);
            separator = ", ";
        }
        out += ']';
    } else if (value.is_double() && std::isfinite(value.get_double())) {
        out += number_text(value.get_double());
    } else {
        out += json::serialize(value);
    }
}

void write_pretty(const json::value& value, const std::string& indent, std::string& out) {
    const std::string inner = indent + "  ";
    const char* separator = "\n";
    if (value.is_object() && !value.get_object().empty()) {
        out += '{';
        for (const auto& item : value.get_object()) {
            out += separator + inner + json::serialize(json::string(item.key())) + ": ";
            write_pretty(item.value(), inner, out);
            separator = ",\n";
        }
        out += '\n' + indent + '}';
    } else if (value.is_array() && std::any_of(value.get_array().begin(), value.get_array().end(),
                                               [](const auto& item) { return item.is_structured(); })) {
        out += '[';
        for (const auto& item : value.get_array()) {
            out += separator + inner;
            write_pretty(item, inner, out);
            separator = ",\n";
        }
        out += '\n' + indent + ']';
    } else {
        write_readable(value, out);
    }
}

} // namespace

std::string readable(const json::value& value) {
    std::string out;
    write_readable(value, out);
    return out;
}

std::string canonical(const json::value& value) {
    return json::serialize(sorted(value));
}

std::string pretty(const json::value& value) {
    std::string out;
    write_pretty(value, "", out);
    out += '\n';
    return out;
}

} // namespace mlvicx
