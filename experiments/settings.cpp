#include "experiments/settings.h"

#include "core/error.h"
#include "core/json_text.h"

#include <utility>

namespace mlvicx {

json::object settings_from(const std::vector<std::string>& items, const char* option) {
    json::object result;
    for (const auto& item : items) {
        const std::size_t equals = item.find('=');
        if (equals == std::string::npos || equals == 0) user_error("{} has \"{}\", expected KEY=VALUE", option, item);
        const auto twice = [&] { user_error("{} has {} twice, expected once", option, item.substr(0, equals)); };
        json::object* at = &result;
        std::size_t start = 0;
        for (std::size_t dot = item.find('.'); dot < equals; dot = item.find('.', start)) {
            json::value& inner = at->emplace(item.substr(start, dot - start), json::object{}).first->value();
            if (!inner.is_object()) twice();
            at = &inner.get_object();
            start = dot + 1;
        }
        json::error_code error;
        const std::string text = item.substr(equals + 1);
        json::value value = json::parse(text, error);
        if (!error && repeated_key(text)) user_error("{} has \"{}\", which has a duplicate key", option, item);
        if (error) value = json::string(text);
        if (!at->emplace(item.substr(start, equals - start), std::move(value)).second) twice();
    }
    return result;
}

void add_setting(json::object& settings, const char* key, std::int64_t value, const char* option) {
    if (value == 0) return;
    if (!settings.emplace(key, value).second) user_error("{} and --set {} are both given, expected one", option, key);
}

} // namespace mlvicx
