#include "tests/support/datasets_support.h"

#include "datasets/text/image_list.h"

using namespace mlvicx;

namespace {

ImageList list_of(const std::string& text, const std::function<bool(std::string_view)>& known = {}) {
    const TempFolder folder;
    put(folder / "list.txt", text);
    return read_image_list(folder / "list.txt", known);
}

std::vector<std::string> names_of(const ImageList& list) {
    std::vector<std::string> names;
    for (const auto& image : list.images) names.push_back(image.name);
    return names;
}

using Names = std::vector<std::string>;

bool is_nih(std::string_view name) {
    return image_stem(name).size() == 12 && name.find('_') != std::string_view::npos;
}

} // namespace

TEST_CASE("image_list: an image's name loses folders and image suffixes, and nothing else", "[unit]") {
    CHECK(image_stem("00000013_005.png") == "00000013_005");
    CHECK(image_stem("images_001/images/00000013_005.PNG") == "00000013_005");
    CHECK(image_stem("D:\\cxr\\a.JPEG") == "a");
    CHECK(image_stem("0_test_1_") == "0_test_1_");
    CHECK(image_stem("1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819") ==
          "1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819");
    CHECK(image_stem(".png") == ".png");
}

TEST_CASE("image_list: plain lists, tables and labelled lists give the same names, whatever the line ends", "[unit]") {
    const Names two = {"00000013_005.png", "00000014_000.png"};
    for (const std::string text :
         {"00000013_005.png\n00000014_000.png\n", "00000013_005.png\r\n00000014_000.png",
          "\xEF\xBB\xBF"
          "00000013_005.png\n\n"
          "00000014_000.png\n",
          "Image Index,Finding Labels\n00000013_005.png,Mass\n00000014_000.png,Edema\n",
          "00000013_005.png;1;0\r\n00000014_000.png;0;1\r\n", "00000013_005.png\t1\n00000014_000.png\t0\n",
          "00000013_005.png 0 1 0\n00000014_000.png 1 0 0\n",
          ",Image Index,Mass\n0,00000013_005.png,1\n1,00000014_000.png,0\n"}) {
        INFO(text);
        CHECK(names_of(list_of(text, is_nih)) == two);
    }
}

TEST_CASE("image_list: a first line is a header only if it is unknown and has no digit", "[unit]") {
    CHECK(list_of("image_id\na1\n").header == "image_id");
    CHECK(list_of("a1\na2\n").header.empty());
    CHECK(names_of(list_of("a\nb\n", [](std::string_view name) { return name.size() == 1; })) == Names{"a", "b"});
    const auto list = list_of("path,label\nx/1.png,0\nx/2.png,1\n");
    CHECK(list.where(list.images[1]).ends_with("list.txt, row 3"));
}

TEST_CASE("image_list: what is no list is refused with file and row", "[unit]") {
    CHECK(contains(user_error_of([] { list_of(""); }), "is empty"));
    CHECK(contains(user_error_of([] { list_of("image_id\n"); }), "lists no images, only a header"));
    CHECK(contains(user_error_of([] { list_of("id,label\na1,0\n,1\n"); }), "row 3: names no image in column 1"));
    CHECK(contains(user_error_of([] { list_of("{\"format\": 1}\n"); }), "JSON"));
    CHECK(contains(user_error_of([] { list_of("PK\x03\x04"); }), "ZIP"));
    CHECK(contains(user_error_of([] { list_of("a1\nb\xE9 2\n"); }), "row 2"));
}
