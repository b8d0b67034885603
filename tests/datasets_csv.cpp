#include "tests/datasets_support.h"

#include "datasets/csv.h"

using namespace mlvicx;

namespace {

fs::path table(const TempFolder& folder, const std::string& text) {
    put(folder / "table.csv", text);
    return folder / "table.csv";
}

} // namespace

TEST_CASE("csv: quotes, commas, doubled quotes and line breaks inside cells are read as RFC 4180 says", "[unit]") {
    const TempFolder folder;
    const Csv csv(table(folder, "a,b,c\r\n\"x,1\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n1,\"\",\r\n"));
    REQUIRE(csv.rows() == 2);
    CHECK(csv.cell(0, csv.column("a")) == "x,1");
    CHECK(csv.cell(0, csv.column("b")) == "say \"hi\"");
    CHECK(csv.cell(0, csv.column("c")) == "two\nlines");
    CHECK(csv.cell(1, csv.column("a")) == "1");
    CHECK(csv.cell(1, csv.column("b")).empty());
    CHECK(csv.cell(1, csv.column("c")).empty());
}

TEST_CASE("csv: byte-order mark, blanks around names, blank lines and a missing last line feed do no harm", "[unit]") {
    const TempFolder folder;
    const Csv csv(table(folder, "\xEF\xBB\xBFImageId, EncodedPixels \n\n1,2\n\n\n3, 4"));
    REQUIRE(csv.rows() == 2);
    CHECK(csv.columns() == std::vector<std::string>{"ImageId", "EncodedPixels"});
    CHECK(csv.cell(1, csv.column("EncodedPixels")) == "4");
    CHECK(contains(csv.where(0), "table.csv, row 3"));
    CHECK(contains(csv.where(1), "table.csv, row 6"));
}

TEST_CASE("csv: unnamed columns at the header's end need no cells, and empty surplus cells are allowed", "[unit]") {
    const TempFolder folder;
    CHECK(Csv(table(folder, "a,b,,,\n1,2\n")).cell(0, 1) == "2");
    CHECK(Csv(table(folder, "a,b\n1,2,,\n")).cell(0, 1) == "2");
}

TEST_CASE("csv: a missing column error names the file, the column and the columns found", "[unit]") {
    const TempFolder folder;
    const Csv csv(table(folder, "path,label\nx,1\n"));
    const auto message = user_error_of([&] { (void)csv.column("Patient ID"); });
    CHECK(contains(message, "table.csv"));
    CHECK(contains(message, "\"Patient ID\""));
    CHECK(contains(message, "path, label"));
}

TEST_CASE("csv: malformed tables are rejected with their row", "[unit]") {
    const TempFolder folder;
    const auto message = [&](const std::string& text) {
        return user_error_of([&] { const Csv csv(table(folder, text)); });
    };
    CHECK(contains(message("a,b\n1,2\n3\n"), "row 3: has 1 cells, expected 2"));
    CHECK(contains(message("a,b\n1,2,3\n"), "row 2: has 3 cells, expected 2"));
    CHECK(contains(message("a,b\n1,\"2\n3,4\n"), "row 2: a quote is opened and never closed"));
    CHECK(contains(message("a,b\n\"1\"x,2\n"), "row 2: text follows a closing quote"));
    CHECK(contains(message("\n\n"), "is empty"));
    CHECK(contains(message(""), "is empty"));
    CHECK(contains(user_error_of([&] { (void)Csv(table(folder, "a,a\n1,2\n")).column("a"); }), "more than once"));
    CHECK(contains(user_error_of([&] { const Csv csv(folder / "none.csv"); }), "none.csv: cannot be read"));
}

TEST_CASE("csv: only whole finite numbers count as numbers", "[unit]") {
    CHECK(number_from("-1.5e2") == -150.0);
    CHECK(number_from(" 7 ") == 7.0);
    for (const auto* text : {"", " ", "1x", "x1", "nan", "inf", "1,2", "--1"}) CHECK_FALSE(number_from(text));
}
