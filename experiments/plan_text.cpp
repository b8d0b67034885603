#include "experiments/plan_text.h"

#include "core/error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

bool has_keys(const json::value& value) {
    return value.is_object() && !value.get_object().empty();
}

/// The part of a value that the file with this index wrote, if it wrote any of it.
std::optional<json::value> part_of(const json::value& value, const json::value& origin, std::size_t file) {
    if (!origin.is_object()) {
        if (origin.to_number<std::size_t>() != file) return std::nullopt;
        return value;
    }
    json::object part;
    for (const auto& item : value.get_object())
        if (const auto inner = part_of(item.value(), origin.get_object().at(item.key()), file))
            part[item.key()] = *inner;
    if (part.empty()) return std::nullopt;
    return part;
}

} // namespace

PlanText::PlanText(const fs::path& file) {
    read(file);
}

void PlanText::read(const fs::path& file) {
    std::vector<std::pair<fs::path, json::object>> chain;
    for (fs::path next = file; !next.empty();) {
        json::value text = read_json(next);
        if (!text.is_object()) user_error("{}: $ is not an object, expected a plan", next.string());
        chain.emplace_back(next, std::move(text.get_object()));
        const auto* extends = chain.back().second.if_contains("extends");
        if (!extends) break;
        if (!extends->is_string() || extends->get_string().empty())
            user_error("{}: $.extends is not the path of a plan", next.string());
        const std::string named(extends->get_string());
        chain.back().second.erase("extends");
        const fs::path other = (next.parent_path() / named).lexically_normal();
        if (!fs::is_regular_file(other))
            user_error("{}: $.extends is \"{}\", but there is no file {}", next.string(), named, other.string());
        std::vector<std::string> names;
        for (const auto& [seen, content] : chain) names.push_back(seen.string());
        for (const auto& [seen, content] : chain)
            if (fs::equivalent(seen, other))
                user_error("{}: $.extends is \"{}\", which makes a circle: {}, {}", next.string(), named,
                           fmt::join(names, ", "), other.string());
        next = other;
    }
    std::reverse(chain.begin(), chain.end());
    for (auto& [path, content] : chain) {
        files_.push_back(path);
        if (files_.size() > 1) {
            merge(merged_, origin_, content, "$");
            continue;
        }
        merged_ = std::move(content);
        for (const auto& item : merged_) origin_[item.key()] = 0;
    }
}

void PlanText::merge(json::object& target, json::object& origin, const json::object& patch, const std::string& path) {
    const std::size_t file = files_.size() - 1;
    for (const auto& item : patch) {
        const std::string here = path + "." + std::string(item.key());
        if (item.value().is_null()) {
            if (!target.contains(item.key()))
                user_error("{}: {} is null, which removes a key, but the extended plan does not have it",
                           files_.back().string(), here);
            target.erase(item.key());
            origin.erase(item.key());
            continue;
        }
        json::value& old = target[item.key()];
        json::value& old_origin = origin[item.key()];
        if (!has_keys(item.value()) || !old.is_object()) {
            if (item.value().is_object() && old.is_object()) continue; // adds nothing
            old = item.value().is_object() ? json::value(json::object{}) : item.value();
            old_origin = file;
        }
        if (!has_keys(item.value())) continue;
        if (!old_origin.is_object()) { // one file wrote the whole object
            json::object each;
            for (const auto& inner : old.get_object()) each[inner.key()] = old_origin;
            old_origin = std::move(each);
        }
        merge(old.get_object(), old_origin.get_object(), item.value().get_object(), here);
    }
}

const fs::path& PlanText::file_of(std::string_view path) const {
    const json::object* at = &origin_;
    while (path.size() > 1) {
        path.remove_prefix(std::min(path.find_first_not_of("$."), path.size()));
        const auto* whole = at->if_contains(path); // a key may have dots: "0.01"
        if (whole && !whole->is_object()) return files_[whole->to_number<std::size_t>()];
        const std::string_view key = path.substr(0, path.find_first_of(".["));
        path.remove_prefix(key.size());
        const auto* found = at->if_contains(key);
        if (!found) break;
        if (!found->is_object()) return files_[found->to_number<std::size_t>()];
        at = &found->get_object();
    }
    return files_.back();
}

std::vector<PlanPart> PlanText::parts(const std::vector<std::string>& keys) const {
    std::string path = "$";
    json::value value = merged_, origin = origin_;
    for (const auto& key : keys) {
        path += "." + key;
        value = json::value(value.as_object().at(key));
        if (origin.is_object()) origin = json::value(origin.get_object().at(key));
    }
    std::vector<PlanPart> parts;
    for (std::size_t i = 0; i < files_.size(); ++i)
        if (auto part = part_of(value, origin, i)) parts.push_back({files_[i].string(), path, std::move(*part)});
    if (parts.empty()) parts.push_back({file_of(path).string(), path, value});
    return parts;
}

} // namespace mlvicx
