#include "tests/catch.h"

#include "core/files.h"
#include "core/json.h"
#include "tests/temporary.h"

#include <cstdlib>

using namespace mlvicx;

TEST_CASE("json: equal values have one canonical text, whatever the order of their keys", "[unit]") {
    const auto a = json::parse(R"({"b": [1, {"y": null, "x": "t"}], "a": {"d": 0.1, "c": true}})");
    const auto b = json::parse(R"({ "a":{"c":true,"d":1e-1},"b":[1,{"x":"t","y":null}] })");
    CHECK(canonical(a) == canonical(b));
    CHECK(canonical(a).find(' ') == std::string::npos);
    CHECK(canonical(a).starts_with(R"({"a":{"c":true,"d":)"));
    // The order of a list, a value and a type are differences.
    CHECK(canonical(json::parse("[1,2]")) != canonical(json::parse("[2,1]")));
    CHECK(canonical(json::parse(R"({"a":1})")) != canonical(json::parse(R"({"a":"1"})")));
}

TEST_CASE("json: the canonical text of a number holds it exactly, and what people write is read exactly", "[unit]") {
    for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 123456789.123456789, -0.0051})
        CHECK(std::strtod(canonical(json::value(value)).c_str(), nullptr) == value);
    CHECK(json::parse(canonical(json::value(INT64_MIN))).as_int64() == INT64_MIN);
    // An option of a plan must equal the default of the same text in the code, or the two would hash differently.
    for (const char* text : {"0.0051", "0.2", "1e-6", "0.001", "3e-4", "0.996", "1.5e-6", "0.0048", "99.95"})
        CHECK(json::parse(text).to_number<double>() == std::strtod(text, nullptr));
}

TEST_CASE("json: the indented text reads back as the same value", "[unit]") {
    const auto nested = json::parse(R"({"a": [], "b": {}, "c": [[1, 2], {"d": "\"\\\n"}], "e": 0.25, "f": null})");
    CHECK(json::parse(pretty(nested)) == nested);
    CHECK(pretty(nested).back() == '\n');
}

TEST_CASE("json: a mistake in a file is told with its line and column", "[unit]") {
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
