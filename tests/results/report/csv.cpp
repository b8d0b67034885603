#include "tests/support/catch.h"

#include "results/report/csv.h"

using namespace mlvicx;

namespace {

struct Row {
    std::string name;
    double value = 0;
    std::optional<std::int64_t> count;
    std::optional<Interval> interval;

    std::optional<Interval> range() const { return interval; }
};

} // namespace

TEST_CASE("csv: a column is a name and a getter; numbers have full precision and missing values are empty", "[unit]") {
    const CsvColumns<Row> columns = {{"name", &Row::name},        {"value", &Row::value},
                                     {"count", &Row::count},      {"low", low<&Row::range>},
                                     {"high", high<&Row::range>}, {"resamples", resamples<&Row::range>}};
    const std::vector<Row> rows = {{"a", 0.1, 3, Interval{0.25, 0.75, 1000}}, {"b", 1, {}, {}}};
    CHECK(csv_text(columns, rows) == "name,value,count,low,high,resamples\na,0.1,3,0.25,0.75,1000\nb,1,,,,0\n");
    CHECK(csv_text(columns, std::vector<Row>{}) == "name,value,count,low,high,resamples\n");
    CHECK(csv_text(joined(columns, {{"twice", [](const Row& row) { return 2 * row.value; }}}), {rows[0]}) ==
          "name,value,count,low,high,resamples,twice\na,0.1,3,0.25,0.75,1000,0.2\n");
}

TEST_CASE("csv: text is quoted if necessary", "[unit]") {
    CHECK(CsvField("plain text").text() == "plain text");
    CHECK(CsvField("a, b").text() == "\"a, b\"");
    CHECK(CsvField("say \"a\"").text() == "\"say \"\"a\"\"\"");
    CHECK(CsvField("two\nlines").text() == "\"two\nlines\"");
    const CsvColumns<Row> columns = {{"Mass, large", &Row::value},
                                     {"name", &Row::name}}; // a finding's name is the user's
    CHECK(csv_text(columns, std::vector<Row>{{"a", 1, {}, {}}}) == "\"Mass, large\",name\n1,a\n");
}
