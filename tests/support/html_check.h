#pragma once

#include <cctype>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

/// Reads a page as a browser would, strictly: every element is closed where it should be, attributes are quoted, every
/// "&" begins a known entity. Throws std::runtime_error on anything else.
namespace html {

struct Element {
    std::string name;
    std::map<std::string, std::string> attributes; ///< unescaped
    std::string text;                              ///< all text inside, unescaped
    std::vector<std::string> path;                 ///< names of the elements around it
};

inline std::string unescaped(const std::string& text) {
    static const std::map<std::string, std::string> entities = {{"&amp;", "&"},   {"&lt;", "<"},  {"&gt;", ">"},
                                                                {"&quot;", "\""}, {"&#39;", "'"}, {"&nbsp;", " "}};
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '&') {
            result += text[at++];
            continue;
        }
        const auto end = text.find(';', at);
        const auto found = end == std::string::npos ? entities.end() : entities.find(text.substr(at, end + 1 - at));
        if (found == entities.end()) throw std::runtime_error("a bare & near " + text.substr(at, 30));
        result += found->second;
        at = end + 1;
    }
    return result;
}

/// name="value" or name='value'; returns what remains, "" or "/".
inline std::string read_attributes(const std::string& tag, std::size_t at, Element& element) {
    while (at < tag.size()) {
        if (std::isspace(static_cast<unsigned char>(tag[at])) != 0) {
            ++at;
            continue;
        }
        if (tag[at] == '/') return "/";
        const auto equals = tag.find('=', at);
        if (equals == std::string::npos) throw std::runtime_error("an attribute without a value in <" + tag + ">");
        auto name = tag.substr(at, equals - at);
        name.erase(name.find_last_not_of(" \n") + 1);
        const auto open = tag.find_first_not_of(" \n", equals + 1);
        if (open == std::string::npos || (tag[open] != '"' && tag[open] != '\''))
            throw std::runtime_error("an unquoted attribute in <" + tag + ">");
        const auto close = tag.find(tag[open], open + 1);
        if (close == std::string::npos) throw std::runtime_error("an open quote in <" + tag + ">");
        if (!element.attributes.emplace(name, unescaped(tag.substr(open + 1, close - open - 1))).second)
            throw std::runtime_error("two attributes " + name + " in <" + tag + ">");
        at = close + 1;
    }
    return "";
}

/// All elements in the order of their beginnings.
inline std::vector<Element> elements_of(const std::string& page) {
    static const std::set<std::string> empty_ones = {"meta", "br", "img"};
    std::vector<Element> elements;
    std::vector<std::size_t> open;
    for (std::size_t at = 0; at < page.size();) {
        if (page[at] != '<') {
            const auto end = std::min(page.find('<', at), page.size());
            const auto& inside = open.empty() ? "" : elements[open.back()].name;
            const auto text = page.substr(at, end - at);
            const auto shown = inside == "style" ? text : unescaped(text);
            for (const auto element : open) elements[element].text += shown;
            at = end;
            continue;
        }
        const auto end = page.find('>', at);
        if (end == std::string::npos) throw std::runtime_error("a tag that does not end");
        const auto tag = page.substr(at + 1, end - at - 1);
        at = end + 1;
        if (tag == "!DOCTYPE html") continue;
        if (tag[0] == '/') {
            if (open.empty() || elements[open.back()].name != tag.substr(1))
                throw std::runtime_error("</" + tag.substr(1) + "> closes " +
                                         (open.empty() ? "nothing" : elements[open.back()].name));
            open.pop_back();
            continue;
        }
        Element element;
        const auto name_end = tag.find_first_of(" \n\t/");
        element.name = tag.substr(0, name_end);
        for (const auto outer : open) element.path.push_back(elements[outer].name);
        const bool closed = name_end != std::string::npos && read_attributes(tag, name_end, element) == "/";
        elements.push_back(std::move(element));
        if (!closed && !empty_ones.contains(elements.back().name)) open.push_back(elements.size() - 1);
    }
    if (!open.empty()) throw std::runtime_error("<" + elements[open.back()].name + "> is not closed");
    return elements;
}

} // namespace html
