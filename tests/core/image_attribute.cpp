#include "tests/support/catch.h"

#include "core/image_attribute.h"

using namespace mlvicx;

TEST_CASE("image_attribute: an age belongs to one of four groups, another value to itself", "[unit]") {
    for (const auto& [age, group] : {std::pair("0", "0-39"),
                                     {"39", "0-39"},
                                     {"40", "40-59"},
                                     {"59", "40-59"},
                                     {"60", "60-79"},
                                     {"79", "60-79"},
                                     {"80", "80+"},
                                     {"120", "80+"}})
        CHECK(subgroup_of("age", age) == group);
    CHECK(subgroup_of("sex", "female") == "female");
    CHECK(subgroup_of("view", "40") == "40");
    for (const char* unknown : {"", "old", "4x", "-1", "4.5"}) CHECK(subgroup_of("age", unknown).empty());
    CHECK(subgroup_of("sex", "").empty());
}

TEST_CASE("image_attribute: subgroups are listed once each in order, without the unknown", "[unit]") {
    CHECK(subgroups_of({"age", {"85", "", "3", "61", "45", "39", "44"}}) ==
          std::vector<std::string>{"0-39", "40-59", "60-79", "80+"});
    CHECK(subgroups_of({"view", {"PA", "AP", "", "PA", "lateral"}}) == std::vector<std::string>{"AP", "PA", "lateral"});
    CHECK(subgroups_of({"sex", {"", ""}}).empty());
}
