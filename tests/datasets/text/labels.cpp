#include "tests/support/catch.h"

#include "datasets/text/label_words.h"

using namespace mlvicx;

TEST_CASE("labels: words are read case-insensitively, and other words are not labels", "[unit]") {
    for (const char* word : {"1", "1.0", "1.00", "+1", "01", "1,0", "yes", "Yes", "Y", "true", "TRUE", "positive",
                             "Pos", "present", " 1 "})
        CHECK(label_word(word) == std::int8_t{1});
    for (const char* word : {"0", "0.0", "-0", "0,0", "no", "No", "N", "false", "FALSE", "negative", "NEG", "absent"})
        CHECK(label_word(word) == std::int8_t{0});
    for (const char* word :
         {"-1", "-1.0", "\u22121", "\u22121.0", "\u20131", "u", "U", "uncertain", "Unknown", "", "  "})
        CHECK(label_word(word) == std::int8_t{-1});
    for (const char* word :
         {"2", "-2", "0.5", "1*", "1?", "10", "M", "F", "T", "PA", "yes, mild", "inf", "1,2", "\u2212"})
        CHECK_FALSE(label_word(word));
}

TEST_CASE("labels: what programs write for blank is blank", "[reference]") {
    // Words that pandas 2.2 reads as missing (pandas._libs.parsers.STR_NA_VALUES), except the NaN spellings of old
    // compilers (1.#IND, -1.#QNAN), and those of R and NumPy.
    for (const char* word :
         {"", "#N/A", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null", "-nan", "-NaN", "NaT"})
        CHECK(is_blank_word(word));
    for (const char* word : {"0", "no", "-", "none of them", "nano"}) CHECK_FALSE(is_blank_word(word));
}

TEST_CASE("labels: words are counted together with their meaning", "[unit]") {
    LabelWords words;
    for (const char* word : {"True", "True", "", "no"}) words.count(word, *label_word(word));
    const std::string right = R"x({"(blank)":{"cells":1,"label":"unknown"},"True":{"cells":2,"label":"present"},)x"
                              R"x("no":{"cells":1,"label":"absent"}})x";
    CHECK(canonical(words.counts()) == right);
}
