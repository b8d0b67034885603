#include "datasets/text/label_words.h"

#include "datasets/text/text_file.h"

#include <algorithm>
#include <array>

namespace mlvicx {

namespace {

struct Word {
    std::string_view text;
    std::int8_t label;
};

constexpr std::array words = {Word{"yes", 1},   Word{"y", 1},          Word{"true", 1},    Word{"positive", 1},
                              Word{"pos", 1},   Word{"present", 1},    Word{"no", 0},      Word{"n", 0},
                              Word{"false", 0}, Word{"negative", 0},   Word{"neg", 0},     Word{"absent", 0},
                              Word{"u", -1},    Word{"uncertain", -1}, Word{"unknown", -1}};

constexpr std::array<std::string_view, 9> blanks = {"nan", "na", "n/a", "#n/a", "<na>", "none", "null", "nat", "-nan"};

constexpr std::array<const char*, 3> label_names = {"unknown", "absent", "present"}; // of -1, 0, 1

} // namespace

bool is_blank_word(std::string_view cell) {
    const std::string word = lower(trimmed(cell));
    return word.empty() || std::find(blanks.begin(), blanks.end(), word) != blanks.end();
}

std::optional<std::int8_t> label_word(std::string_view cell) {
    std::string word = lower(trimmed(cell));
    if (is_blank_word(word)) return std::int8_t{-1};
    for (const std::string_view minus : {"\u2212", "\u2013"}) // minus and en dash
        if (word.starts_with(minus)) word.replace(0, minus.size(), "-");
    if (word.ends_with(",0")) word.replace(word.size() - 2, 1, ".");
    if (const auto number = number_from(word)) {
        if (*number != 1 && *number != 0 && *number != -1) return {};
        return static_cast<std::int8_t>(*number);
    }
    for (const Word& known : words)
        if (known.text == word) return known.label;
    return {};
}

void LabelWords::count(std::string_view word, std::int8_t label) {
    const auto found = words_.find(word);
    auto& entry = found != words_.end() ? found->second : words_[std::string(word)];
    entry.first = label;
    ++entry.second;
}

json::object LabelWords::counts() const {
    json::object counts;
    for (const auto& [word, entry] : words_)
        counts[word.empty() ? "(blank)" : word] = {{"label", label_names[static_cast<std::size_t>(entry.first + 1)]},
                                                   {"cells", entry.second}};
    return counts;
}

} // namespace mlvicx
