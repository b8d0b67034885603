#include "datasets/attributes.h"

#include "core/utf8.h"
#include "datasets/text/label_words.h"
#include "datasets/text/text_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

/// A word, as plain_name writes it, and the value that it stands for.
struct Word {
    std::string_view word, value;
};

template <std::size_t Count>
std::optional<std::string> read_word(std::string_view word, const std::array<Word, Count>& known) {
    if (is_blank_word(word)) return "";
    const std::string plain = plain_name(word);
    const auto found = std::find_if(known.begin(), known.end(), [&](const Word& item) { return item.word == plain; });
    return found == known.end() ? std::nullopt : std::optional<std::string>(found->value);
}

/// Of DICOM (PS3.3, C.7.1.1: M, F, O) and of tables.
constexpr std::array sexes = {
    Word{"f", "female"}, Word{"female", "female"}, Word{"woman", "female"}, Word{"w", "female"},
    Word{"m", "male"},   Word{"male", "male"},     Word{"man", "male"},     Word{"", ""},
    Word{"u", ""},       Word{"unknown", ""},      Word{"o", ""},           Word{"other", ""}};

/// Of DICOM (PS3.3, C.8.7.1.1.2 and C.8.11.2) and of tables: CheXpert, MIMIC-CXR, PadChest.
constexpr std::array views = {Word{"pa", "PA"},
                              Word{"posteroanterior", "PA"},
                              Word{"posterioranterior", "PA"},
                              Word{"ap", "AP"},
                              Word{"anteroposterior", "AP"},
                              Word{"anteriorposterior", "AP"},
                              Word{"aphorizontal", "AP"},
                              Word{"apsupine", "AP"},
                              Word{"aperect", "AP"},
                              Word{"apportable", "AP"},
                              Word{"lateral", "lateral"},
                              Word{"lat", "lateral"},
                              Word{"l", "lateral"},
                              Word{"ll", "lateral"},
                              Word{"rl", "lateral"},
                              Word{"leftlateral", "lateral"},
                              Word{"rightlateral", "lateral"},
                              Word{"oblique", "oblique"},
                              Word{"lao", "oblique"},
                              Word{"rao", "oblique"},
                              Word{"lpo", "oblique"},
                              Word{"rpo", "oblique"},
                              Word{"llo", "oblique"},
                              Word{"rlo", "oblique"},
                              Word{"decubitus", "decubitus"},
                              Word{"lld", "decubitus"},
                              Word{"rld", "decubitus"},
                              Word{"frontal", "frontal"},
                              Word{"", ""},
                              Word{"unknown", ""},
                              Word{"other", ""}};

std::optional<std::string> read_sex(std::string_view word) {
    return read_word(word, sexes);
}

std::optional<std::string> read_view(std::string_view word) {
    return read_word(word, views);
}

/// The years of a DICOM age (AS, PS3.5): digits and D, W, M or Y. An age of 0 with Y is what devices write if they do
/// not know it: infants are given in smaller units.
std::optional<double> years_of(std::string_view text) {
    if (text.empty()) return {};
    double per_year = 0;
    switch (text.back()) {
    case 'Y':
        per_year = 1;
        break;
    case 'M':
        per_year = 12;
        break;
    case 'W':
        per_year = 52.18;
        break;
    case 'D':
        per_year = 365.25;
        break;
    default:
        return number_from(text);
    }
    const auto number = number_from(text.substr(0, text.size() - 1));
    if (!number || (per_year == 1 && *number == 0)) return {};
    return *number / per_year;
}

std::optional<std::string> read_age(std::string_view word) {
    if (is_blank_word(word)) return "";
    const auto years = years_of(trimmed(word));
    if (!years || *years < 0 || *years >= 121) return {};
    return std::to_string(static_cast<int>(std::floor(*years)));
}

} // namespace

const std::array<AttributeKind, attribute_count>& attribute_table() {
    static const std::array<AttributeKind, attribute_count> table = {
        {{"sex", {"sex", "patientsex", "gender", "patientgender"}, 0x00100040, read_sex},
         {"age", {"age", "patientage", "ageyears", "ageinyears", "ageatstudy"}, 0x00101010, read_age},
         {"view", {"view", "viewposition", "projection", "appa", "paap", "frontallateral"}, 0x00185101, read_view}}};
    return table;
}

Note attribute_note(std::size_t kind, std::string_view image, std::string_view word) {
    constexpr std::size_t shown = 40; // bytes
    return {fmt::format("{} that cannot be read or is impossible, taken as unknown", attribute_table()[kind].name),
            fmt::format("{} (\"{}\")", image, printable_utf8(utf8_prefix(word, shown)))};
}

} // namespace mlvicx
