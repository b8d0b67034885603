#include "datasets/text/label_words.h"
#include "datasets/attributes.h"
#include "datasets/decode/grey_levels.h"
#include "datasets/importers/manifest_columns.h"
#include "datasets/index.h"
#include "datasets/text/text_file.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

void label_words(const Input& input) {
    const std::string text(input.text());
    LabelWords words;
    if (const auto label = label_word(text)) words.count(text, *label);
    json::serialize(words.counts());
    is_blank_word(text);
    split_word(text);
    number_from(text);
    trimmed(text);
    lower(text);
    plain_name(text);
    patient_folder(text);
    for (std::size_t kind = 0; kind < attribute_count; ++kind) {
        const auto value = attribute_table()[kind].read(text);
        ensure(!value || value->size() <= longest_attribute, "an attribute is too long");
        attribute_note(kind, "image", text);
    }
    each([&] { split_from(text, "table, row 2"); });
    window_from(text);
}

} // namespace mlvicx::fuzz
