#include "datasets/index.h"

#include "core/error.h"

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
    throw InternalError("a split that is none of the three");
}

Split split_from(const std::string& text, const std::string& where) {
    if (text == "train") return Split::train;
    if (text == "val" || text == "valid" || text == "validation") return Split::validation;
    if (text == "test") return Split::test;
    user_error("{}: split is \"{}\", expected train, validation or test", where, text);
}

} // namespace mlvicx
