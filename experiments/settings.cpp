#include "experiments/settings.h"

#include "core/error.h"
#include "core/json_text.h"

#include <utility>

namespace mlvicx {

json::value* place_of(json::object& object, std::string_view key) {
    json::object* at = &object;
    for (std::size_t dot = key.find('.'); dot != std::string_view::npos; dot = key.find('.')) {
        json::value& inner = at->emplace(key.substr(0, dot), json::object{}).first->value();
        if (!inner.is_object()) return nullptr;
        at = &inner.get_object();
        key.remove_prefix(dot + 1);
    }
    const auto [place, is_new] = at->emplace(key, nullptr);
    return is_new ? &place->value() : nullptr;
}

json::object settings_from(const std::vector<std::string>& items, const char* option) {
    json::object result;
    for (const auto& item : items) {
        const std::size_t equals = item.find('=');
        if (equals == std::string::npos || equals == 0) user_error("{} has \"{}\", expected KEY=VALUE", option, item);
        boost::system::error_code error;
        const std::string key = item.substr(0, equals), text = item.substr(equals + 1);
        json::value value = json::parse(text, error);
        if (!error && repeated_key(text)) user_error("{} has \"{}\", which has a duplicate key", option, item);
        if (error) value = json::string(text);
        json::value* const place = place_of(result, key);
        if (place == nullptr) user_error("{} has {} twice, expected once", option, key);
        *place = std::move(value);
    }
    return result;
}

void add_setting(json::object& settings, const char* key, std::int64_t value, const char* option) {
    if (value == 0) return;
    if (!settings.emplace(key, value).second) user_error("{} and --set {} are both given, expected one", option, key);
}

} // namespace mlvicx
