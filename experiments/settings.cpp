#include "experiments/settings.h"

#include "core/error.h"

namespace mlvicx {

json::object settings_from(const std::vector<std::string>& items, const char* option) {
    json::object result;
    for (const auto& item : items) {
        const std::size_t equals = item.find('=');
        if (equals == std::string::npos || equals == 0) user_error("{} has \"{}\", expected KEY=VALUE", option, item);
        json::object* at = &result;
        std::size_t start = 0;
        for (std::size_t dot = item.find('.'); dot < equals; dot = item.find('.', start)) {
            json::value& inner = (*at)[item.substr(start, dot - start)];
            if (!inner.is_object()) inner = json::object{};
            at = &inner.get_object();
            start = dot + 1;
        }
        json::error_code error;
        const std::string text = item.substr(equals + 1);
        json::value value = json::parse(text, error);
        (*at)[item.substr(start, equals - start)] = error ? json::value(json::string(text)) : value;
    }
    return result;
}

} // namespace mlvicx
