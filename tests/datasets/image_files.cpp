#include "datasets/image_files.h"

#include "tests/support/dicom_made.h"

using namespace mlvicx;

TEST_CASE("image_files: named files are taken as they are, folders give their images in order of name", "[unit]") {
    const TempFolder folder;
    fs::create_directories(folder / "b/deep");
    for (const char* name : {"b/2.PNG", "b/deep/1.jpeg", "b/notes.txt", "b/10.dcm", "alone.xyz"})
        put(folder / name, "x");
    put(folder / "b/IM0001", DicomMade().bytes());
    const auto found = image_files({folder / "alone.xyz", folder / "b", folder / "b/../b/2.PNG", folder / "none.png"});
    std::vector<std::string> names;
    for (const auto& file : found.files) names.push_back(fs::relative(file, folder.path).string());
    CHECK(names ==
          std::vector<std::string>{"alone.xyz", "b/10.dcm", "b/2.PNG", "b/IM0001", "b/deep/1.jpeg", "none.png"});
    CHECK(found.left_out == std::vector<fs::path>{folder / "b/notes.txt"});
    CHECK(found.repeated == 1);
}

TEST_CASE("image_files: a folder without images is refused, with what it holds", "[unit]") {
    const TempFolder folder;
    fs::create_directories(folder / "tables");
    put(folder / "tables/labels.csv", "a,b\n");
    const std::string text = user_error_of([&] { image_files({folder / "tables"}); });
    CHECK(contains(text, "tables: holds no image among 1 files, expected PNG, JPEG or DICOM"));
}
