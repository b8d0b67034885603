#include "tests/support/catch.h"

#include "core/files.h"
#include "core/json_text.h"
#include "tests/support/temporary.h"

#include <cstdlib>

using namespace mlvicx;

TEST_CASE("json: equal values have the same canonical text, whatever the order of their keys", "[unit]") {
    const auto a = json::parse(R"({"b": [1, {"y": null, "x": "t"}], "a": {"d": 0.1, "c": true}})");
    const auto b = json::parse(R"({ "a":{"c":true,"d":1e-1},"b":[1,{"x":"t","y":null}] })");
    CHECK(canonical(a) == canonical(b));
    CHECK(canonical(a).find(' ') == std::string::npos);
    CHECK(canonical(a).starts_with(R"({"a":{"c":true,"d":)"));
    // The order of a list, a value and a type make a difference.
    CHECK(canonical(json::parse("[1,2]")) != canonical(json::parse("[2,1]")));
    CHECK(canonical(json::parse(R"({"a":1})")) != canonical(json::parse(R"({"a":"1"})")));
}

TEST_CASE("json: the canonical text of a number is exact, and what people write is read exactly", "[unit]") {
    for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 123456789.123456789, -0.0051})
        CHECK(std::strtod(canonical(json::value(value)).c_str(), nullptr) == value);
    CHECK(json::parse(canonical(json::value(INT64_MIN))).as_int64() == INT64_MIN);
    // An option in a plan must equal a default written the same way in the code, or the two would hash differently.
    for (const char* text : {"0.0051", "0.2", "1e-6", "0.001", "3e-4", "0.996", "1.5e-6", "0.0048", "99.95"})
        CHECK(json::parse(text).to_number<double>() == std::strtod(text, nullptr));
}

TEST_CASE("json: the indented text reads back as the same value", "[unit]") {
    const auto nested = json::parse(R"({"a": [], "b": {}, "c": [[1, 2], {"d": "\"\\\n"}], "e": 0.25, "f": null})");
    CHECK(json::parse(pretty(nested)) == nested);
    CHECK(pretty(nested).back() == '\n');
}

TEST_CASE("json: an error in a file is reported with its line and column", "[unit]") {
    const TempFolder folder;
    const auto message = [&](const std::string& text) {
        write_text(folder / "plan.json", text);
        return message_of([&] { read_json(folder / "plan.json"); });
    };
    CHECK(message("{\"a\": 1}\n").empty());
    CHECK(contains(message("{\n  \"a\": 1,\n  \"b\": nul\n}"), "plan.json:3:8"));
    CHECK(contains(message("{\"a\": 1"), "plan.json:1:"));
    CHECK(contains(message("{} x"), "plan.json:1:"));
    CHECK(contains(message(""), "not valid JSON"));
    CHECK(contains(message(std::string(100'000, '[')), "not valid JSON"));
    CHECK(contains(message_of([&] { read_json(folder / "none.json"); }), "none.json"));
}

TEST_CASE("json: a duplicate key is refused with its position, wherever its object is", "[unit]") {
    const TempFolder folder;
    const auto message = [&](const std::string& text) {
        write_text(folder / "plan.json", text);
        return message_of([&] { read_json(folder / "plan.json"); });
    };
    CHECK(contains(message("{\n  \"seeds\": [0],\n  \"seeds\": [1]\n}"), "plan.json:3:3: duplicate key \"seeds\""));
    CHECK(contains(message(R"({"a": {"b": 1, "c": [{"d": 1, "d": 1}]}})"), "plan.json:1:31: duplicate key \"d\""));
    CHECK(contains(message(R"({"a": 1, "b": {"a": 2}, "a": 3})"), "plan.json:1:25: duplicate key \"a\""));
    CHECK(contains(message(R"({"a\u0062": 1, "ab": 2})"),
                   "plan.json:1:16: duplicate key \"ab\"")); // the same once unescaped
    CHECK(contains(message(R"({"": 1, "": 2})"), "duplicate key \"\""));
    // Equal keys of different objects, and strings that look like keys, are not duplicates.
    CHECK(message(R"({"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}], "c": "a"})").empty());
    CHECK(message(R"({"a": "{\"x\": 1, \"x\": 2}", "b": ["a", "a", "a:", "\\"]})").empty());
}

TEST_CASE("json: a byte-order mark is skipped, and UTF-16 is recognised", "[unit]") {
    const TempFolder folder;
    const auto message = [&](const std::string& text) {
        write_text(folder / "plan.json", text);
        return message_of([&] { read_json(folder / "plan.json"); });
    };
    write_text(folder / "bom.json", "\xef\xbb\xbf{\"a\": 1}\r\n");
    CHECK(read_json(folder / "bom.json") == json::parse(R"({"a": 1})"));
    CHECK(contains(message("\xef\xbb\xbf{\"a\": nul}"), "plan.json:1:7: not valid JSON"));
    // Python: '{"a": 1}'.encode("utf-16-le") and so on, with and without the byte-order mark.
    const std::string little("{\0\"\0a\0\"\0:\0 \0001\0}\0", 16), big("\0{\0\"\0a\0\"\0:\0 \0001\0}", 16);
    for (const std::string& text : {"\xff\xfe" + little, "\xfe\xff" + big, little, big})
        CHECK(contains(message(text), "plan.json: is UTF-16 text, expected JSON in UTF-8"));
}

TEST_CASE("json: readable numbers are written as people write them, and read back the same", "[unit]") {
    const auto text = [](double value) { return readable(json::value(value)); };
    CHECK(text(0.1) == "0.1");
    CHECK(text(0.01) == "0.01");
    CHECK(text(3) == "3.0");
    CHECK(text(0) == "0.0");
    CHECK(text(0.0048) == "0.0048");
    CHECK(text(1e-6) == "1e-6");
    CHECK(text(-2.5e-10) == "-2.5e-10");
    CHECK(text(1e20) == "1e20");
    for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 123456789.123456789, -0.0051, 1e100})
        CHECK(std::strtod(text(value).c_str(), nullptr) == value);
    CHECK(readable(json::parse(R"({"b":[0.1,1,"x\n",null,true,{}],"a":18446744073709551615})")) ==
          R"({"b": [0.1, 1, "x\n", null, true, {}], "a": 18446744073709551615})");
    CHECK(contains(pretty(json::parse(R"({"fractions": [0.01, 0.1, 1]})")), R"("fractions": [0.01, 0.1, 1])"));
}
