#include "datasets/index.h"

#include "core/error.h"
#include "datasets/text/text_file.h"

namespace mlvicx {

const char* name_of(Split split) {
    switch (split) {
    case Split::train:
        return "train";
    case Split::validation:
        return "validation";
    case Split::test:
        return "test";
    }
    throw InternalError("invalid Split");
}

Split split_from(const std::string& text, const std::string& where) {
    if (const auto split = split_word(text)) return *split;
    user_error("{}: split is \"{}\", expected train, validation or test", where, text);
}

std::optional<Split> split_word(std::string_view text) {
    const std::string word = lower(text);
    if (word == "train" || word == "training") return Split::train;
    if (word == "test" || word == "testing") return Split::test;
    for (const char* name : {"validation", "val", "valid", "validate", "validating", "dev", "development"})
        if (word == name) return Split::validation;
    return {};
}

} // namespace mlvicx
