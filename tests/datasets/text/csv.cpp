#include "tests/support/datasets_support.h"

#include "datasets/text/csv.h"

using namespace mlvicx;

namespace {

fs::path table(const TempFolder& folder, const std::string& text) {
    put(folder / "table.csv", text);
    return folder / "table.csv";
}

} // namespace

TEST_CASE("csv: quotes, commas, doubled quotes and line breaks inside cells are read as in RFC 4180", "[unit]") {
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

TEST_CASE("csv: byte-order mark, whitespace around names, blank lines and a missing last line feed do no harm",
          "[unit]") {
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
    CHECK(contains(message("a,b\n1,\"2\n3,4\n"), "row 2: a quote is opened but never closed"));
    CHECK(contains(message("a,b\n\"1\"x,2\n"), "row 2: text follows a closing quote"));
    CHECK(contains(message("\n\n"), "is empty"));
    CHECK(contains(message(""), "is empty"));
    CHECK(contains(user_error_of([&] { (void)Csv(table(folder, "a,a\n1,2\n")).column("a"); }), "more than once"));
    CHECK(contains(user_error_of([&] { const Csv csv(folder / "none.csv"); }), "none.csv: cannot be read"));
}

TEST_CASE("csv: line ends of all three kinds end a row, also an old Mac's", "[reference]") {
    // As Python's csv module and pandas read them: a,b | 1,2 | 3,4, and a line break within quotes stays in its cell.
    const TempFolder folder;
    for (const std::string end : {"\n", "\r\n", "\r"}) {
        const Csv csv(table(folder, "a,b" + end + "1,2" + end + end + "3,\"4" + end + "5\"" + end));
        REQUIRE(csv.rows() == 2);
        CHECK(csv.columns() == std::vector<std::string>{"a", "b"});
        CHECK(csv.cell(0, 1) == "2");
        CHECK(csv.cell(1, 1) == "4" + end + "5");
        CHECK(contains(csv.where(1), "row 4"));
        csv.require_whole();
    }
}

TEST_CASE("csv: semicolons, tabs and bars separate cells if the header has them, or by Excel's sep= line",
          "[reference]") {
    // Each as pandas.read_csv(sep=...) reads it; sep= as Excel does, which does not show that line.
    const TempFolder folder;
    const auto check = [&](const std::string& text, const std::string& second) {
        const Csv csv(table(folder, text));
        INFO(text);
        REQUIRE(csv.rows() == 1);
        CHECK(csv.columns() == std::vector<std::string>{"path", "size [w,h]", "Mass"});
        CHECK(csv.cell(0, 1) == second);
        CHECK(csv.cell(0, 2) == "1");
        CHECK(contains(csv.where(0), "row 2"));
    };
    check("path;size [w,h];Mass\na.png;\"2;3\";1\n", "2;3");
    check("path\tsize [w,h]\tMass\na.png\t\t1\n", "");
    CHECK(Csv(table(folder, "\n \npath;Mass\na.png;1\n")).cell(0, 1) == "1");
    check("sep=;\r\npath;size [w,h];Mass\r\na.png;2,5;1\r\n", "2,5");
    check("\"sep=,\"\npath,\"size [w,h]\",Mass\na.png,2,1\n", "2");
    check("sep=\t\npath\tsize [w,h]\tMass\na.png\t2\t1\n", "2");
    CHECK(Csv(table(folder, "path|Mass\na.png|1\n")).cell(0, 1) == "1");
    CHECK(Csv(table(folder, "path,Findings\na.png,Mass|Nodule\n")).cell(0, 1) == "Mass|Nodule");
    CHECK(Csv(table(folder, "path\na b;c.png\n")).cell(0, 0) == "a b;c.png"); // one column
    CHECK(contains(user_error_of([&] { const Csv csv(table(folder, "sep=x\na,b\n")); }), "row 1: holds \"sep=x\""));
}

TEST_CASE("csv: comments above the header are ignored, a header that begins with # is not one", "[unit]") {
    const TempFolder folder;
    const Csv csv(table(folder, "# made by me\n# on a Monday, late\npath,Mass\na.png,1\n"));
    CHECK(csv.columns() == std::vector<std::string>{"path", "Mass"});
    CHECK(contains(csv.where(0), "row 4"));
    CHECK(Csv(table(folder, "#path,Mass\na.png,1\n")).columns() == std::vector<std::string>{"#path", "Mass"});
}

TEST_CASE("csv: UTF-16 with a byte-order mark is read as Python decodes it", "[reference]") {
    const TempFolder folder;
    // '\ufeffpath,Mass\n\u00e9\u80f8\U0001fac1,1\n'.encode('utf-16-le') in Python, and the same in big endian.
    const std::string little("\xff\xfep\0a\0t\0h\0,\0M\0a\0s\0s\0\n\0\xe9\0\xf8\x80>\xd8\xc1\xde,\0001\0\n\0", 36);
    std::string big = little;
    for (std::size_t i = 0; i + 1 < big.size(); i += 2) std::swap(big[i], big[i + 1]);
    for (const auto& text : {little, big}) {
        const Csv csv(table(folder, text));
        REQUIRE(csv.rows() == 1);
        CHECK(csv.cell(0, csv.column("path")) == "\xc3\xa9\xe8\x83\xb8\xf0\x9f\xab\x81"); // .encode('utf-8')
        CHECK(csv.cell(0, csv.column("Mass")) == "1");
    }
    const auto message = [&](const std::string& text) {
        return user_error_of([&] { const Csv csv(table(folder, text)); });
    };
    CHECK(contains(message(little.substr(0, little.size() - 1)), "is damaged UTF-16"));
    CHECK(contains(message(little.substr(2)), "is UTF-16 without a byte-order mark"));
    CHECK(contains(message(std::string("\xff\xfe\0\0p\0\0\0", 8)), "is UTF-32"));
}

TEST_CASE("csv: bytes that are not UTF-8 are named with their row and position", "[unit]") {
    const TempFolder folder;
    const auto message = [&](const std::string& text) {
        return user_error_of([&] { const Csv csv(table(folder, text)); });
    };
    CHECK(contains(message("path,Ergu\xdf\na.png,0\n"), "row 1: byte 10 (\"\\xDF\") is not UTF-8"));
    CHECK(contains(message("path,Mass\r\na.png,0\r\nb\xe9.png,1\r\n"), "row 3: byte 2 (\"\\xE9\")"));
    CHECK(contains(message("path,Mass\ra.png,0\rb\xe9"), "row 3: byte 2"));
    CHECK(Csv(table(folder, "path,Ergu\xc3\x9f\na.png,0\n")).columns()[1] == "Ergu\xc3\x9f");
    // A folder name may be any bytes; messages show it in UTF-8.
    fs::create_directory(folder / "R\xf6ntgen");
    put(folder / "R\xf6ntgen" / "m.csv", "a,b\n1\n");
    CHECK(contains(user_error_of([&] { const Csv csv(folder / "R\xf6ntgen" / "m.csv"); }), "R\\xF6ntgen/m.csv, row 2"));
}

TEST_CASE("csv: a table compressed with gzip is read as its content, whatever its name, and refused if it is not whole",
          "[unit]") {
    const TempFolder folder;
    // What GNU gzip -n makes of "a,b" and "1,2" on two lines.
    const std::string first(
        "\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\xd4\x49\xe2\x32\xd4\x31\xe2\x02\0\x7b\x07\x97\x0a\x08\0\0\0", 28);
    const Csv csv(table(folder, first));
    CHECK(csv.columns() == std::vector<std::string>{"a", "b"});
    CHECK(csv.cell(0, 1) == "2");
    CHECK(Csv(table(folder, gzip("a,b\n1,2\n") + gzip("3,4\n"))).rows() == 2);
    const auto message = [&](const std::string& bytes) {
        return user_error_of([&] { const Csv other(table(folder, bytes)); });
    };
    std::string rows = "name,number\n";
    for (int i = 0; i < 3000; ++i) rows += "image" + std::to_string(i) + "," + std::to_string(i * i) + "\n";
    const std::string whole = gzip(rows);
    CHECK(Csv(table(folder, whole)).rows() == 3000);
    for (const std::size_t bytes :
         {std::size_t{3}, std::size_t{10}, whole.size() / 2, whole.size() - 8, whole.size() - 1})
        CHECK(contains(message(whole.substr(0, bytes)), "table.csv: truncated gzip data: it ends after "));
    std::string damaged = whole;
    damaged[whole.size() - 6] ^= 1; // checksum
    CHECK(contains(message(damaged), "table.csv: damaged gzip data"));
    damaged = whole;
    damaged[whole.size() - 2] ^= 1; // length
    CHECK(contains(message(damaged), "table.csv: damaged gzip data"));
    damaged = whole;
    for (std::size_t at = 100; at < 140; ++at) damaged[at] ^= 0x55;
    CHECK(contains(message(damaged), "table.csv: damaged gzip data"));
    CHECK(contains(message(whole + "and more"), "table.csv: damaged gzip data"));
    // A gzip file is opened like any other, so what is wrong inside it is said as usual.
    CHECK(contains(message(gzip("a,b\n1\n")), "row 2: has 1 cells, expected 2"));
    CHECK(contains(message(gzip(std::string("a,b\n1,\0\n", 8))), "contains null bytes"));
}

TEST_CASE("csv: files in other formats are named", "[unit]") {
    const TempFolder folder;
    const auto message = [&](const std::string& text) {
        return user_error_of([&] { const Csv csv(table(folder, text)); });
    };
    CHECK(contains(message("PK\x03\x04 and so on"), "is a ZIP archive (an Excel workbook, .xlsx, is one), expected"));
    CHECK(contains(message("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "is an Excel workbook (.xls)"));
    CHECK(contains(message("[{\"path\": \"a.png\"}]"), "is JSON"));
    CHECK(contains(message("\n{ \"path\": 1}"), "is JSON"));
    CHECK(contains(message("<!DOCTYPE html><html>"), "is HTML or XML"));
    CHECK(contains(message(gzip(gzip("a,b\n1,2\n"))), "is compressed with gzip twice"));
    CHECK(contains(message("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"), "is a Git LFS pointer"));
    CHECK(contains(message(std::string("a,b\n1,\0\n", 8)), "contains null bytes"));
    CHECK(Csv(table(folder, "[path],[Mass]\na.png,1\n")).columns()[0] == "[path]");
}

TEST_CASE("csv: a last row without a line end is complete if it has all its cells", "[unit]") {
    const TempFolder folder;
    Csv(table(folder, "a,b,c\n1,2,3\n4,5,6")).require_whole();
    Csv(table(folder, "a,b,,,\n1,2,,,\n4,5,,,")).require_whole();
    CHECK(contains(user_error_of([&] { Csv(table(folder, "a,b,,,\n1,2,,,\n4,5")).require_whole(); }),
                   "ends within its last row, which has 2 of 5 cells: the file is truncated"));
    CHECK(contains(user_error_of([&] { const Csv csv(table(folder, "a,b,c\n1,2,3\n4,5")); }), "row 3: has 2 cells"));
}

TEST_CASE("lists: names are read with any line end, from UTF-16 and without folders", "[unit]") {
    const TempFolder folder;
    const std::vector<std::string> names = {"a.png", "b c.png"};
    for (const std::string text : {"a.png\nb c.png\n",
                                   "\xEF\xBB\xBF"
                                   "a.png\r\nb c.png",
                                   "a.png\r\rb c.png\r", " images/a.png \n./x\\b c.png\n"}) {
        put(folder / "list.txt", text);
        CHECK(read_names(folder / "list.txt") == names);
    }
    put(folder / "list.txt", "a.png\nb\xe9.png\n");
    CHECK(contains(user_error_of([&] { read_names(folder / "list.txt"); }), "list.txt, row 2: byte 2"));
}

TEST_CASE("csv: only whole finite numbers count as numbers", "[unit]") {
    CHECK(number_from("-1.5e2") == -150.0);
    CHECK(number_from(" 7 ") == 7.0);
    for (const auto* text : {"", " ", "1x", "x1", "nan", "inf", "1,2", "--1"}) CHECK_FALSE(number_from(text));
}
