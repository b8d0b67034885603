#include "core/json.h"

#include "core/error.h"
#include "core/files.h"

#include <boost/json/src.hpp>

#include <algorithm>
#include <vector>

namespace mlvicx {

json::value read_json(const std::filesystem::path& file) {
    const std::string text = read_text(file);
    json::stream_parser parser;
    json::error_code error;
    const std::size_t read = parser.write_some(text, error);
    if (!error && read < text.size()) {
        const auto rest = text.find_first_not_of(" \t\r\n", read);
        if (rest != std::string::npos) error = json::error::extra_data;
    }
    if (!error) parser.finish(error);
    if (error) {
        const std::size_t at = std::min(read, text.size());
        const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
        const auto line_start = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
        const auto column = line_start == std::string::npos ? at + 1 : at - line_start;
        user_error("{}:{}:{}: not valid JSON: {}", file.string(), line, column, error.message());
    }
    return parser.release();
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
        out += json::serialize(value);
    }
}

} // namespace

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
