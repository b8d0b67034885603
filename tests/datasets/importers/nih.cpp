#include "tests/support/datasets_support.h"

#include "datasets/importers/nih.h"
#include "datasets/text/text_file.h"

#include <algorithm>
#include <functional>

using namespace mlvicx;

namespace {

const fs::path excerpt = fs::path(MLVICX_TEST_DATA) / "nih";

/// NIH's tables in a temporary folder, with an (unread) file for every image spread over the usual folders.
struct NihFolder : TempFolder {
    explicit NihFolder(const std::string& table = "Data_Entry_2017_v2020.csv") {
        fs::copy(excerpt / table, path / "Data_Entry_2017.csv");
        for (const auto* name : {"train_val_list.txt", "test_list.txt", "BBox_List_2017.csv"})
            fs::copy(excerpt / name, path / name);
        const fs::path folders[] = {path / "images_001" / "images", path / "images_002" / "images", path / "images",
                                    path};
        for (const auto& folder : folders) fs::create_directories(folder);
        const std::string text = read_text(path / "Data_Entry_2017.csv");
        int count = 0;
        for (auto at = text.find('\n'); at + 1 < text.size(); at = text.find('\n', at + 1))
            put(folders[count++ % 4] / text.substr(at + 1, 16), "x");
    }
    /// Replaces `from` (which must be there) in a file.
    void edit(const std::string& file, const std::string& from, const std::string& to) const {
        std::string text = read_text(path / file);
        const auto at = text.find(from);
        REQUIRE(at != std::string::npos);
        put(path / file, text.replace(at, from.size(), to));
    }
    SourceOptions options(const std::string& kind = "official") const {
        SourceOptions o;
        o.root = path;
        o.split.kind = kind;
        return o;
    }
    std::string message(const std::string& kind = "official") const {
        return user_error_of([&] { read_nih(options(kind)); });
    }
};

const ImageEntry& image(const DatasetIndex& index, const std::string& id) {
    return *std::find_if(index.images.begin(), index.images.end(), [&](const ImageEntry& f) { return f.id == id; });
}

std::vector<std::string> findings(const DatasetIndex& index, const std::string& id) {
    std::vector<std::string> names;
    const auto& labels = image(index, id).labels;
    for (std::size_t c = 0; c < labels.size(); ++c)
        if (labels[c] == 1) names.push_back(index.classes[c]);
    return names;
}

} // namespace

TEST_CASE("nih: both published header forms give the same images, labels, patients and splits", "[reference]") {
    const NihFolder newer, older("older_Data_Entry_2017.csv");
    const auto a = read_nih(newer.options()), b = read_nih(older.options());
    REQUIRE(a.images.size() == 43);
    REQUIRE(b.images.size() == 43);
    for (std::size_t i = 0; i < a.images.size(); ++i) {
        CHECK(a.images[i].id == b.images[i].id);
        CHECK(a.images[i].patient == b.images[i].patient);
        CHECK(a.images[i].labels == b.images[i].labels);
        CHECK(a.images[i].split == b.images[i].split);
    }
    CHECK(findings(a, "00000002_000.png").empty());
    CHECK(findings(a, "00000001_001.png") == std::vector<std::string>{"Cardiomegaly", "Emphysema"});
    CHECK(findings(a, "00003333_000.png") ==
          std::vector<std::string>{"Atelectasis", "Infiltration", "Mass", "Nodule", "Consolidation"});
    CHECK(image(a, "00003333_000.png").patient == "3333");
}

TEST_CASE("nih: images are found in images_*/images, images and the folder itself, or elsewhere", "[unit]") {
    const NihFolder folder;
    for (const ImageEntry& f : read_nih(folder.options()).images) CHECK(fs::exists(f.file));
    const TempFolder tables;
    for (const auto* name : {"Data_Entry_2017.csv", "train_val_list.txt", "test_list.txt"})
        fs::rename(folder / name, tables / name);
    auto options = folder.options();
    options.root = "/nonexistent", options.images = folder.path, options.metadata = tables.path;
    const auto index = read_nih(options);
    CHECK(index.images.size() == 43);
    CHECK(index.boxes.empty()); // the box list is not among these tables
}

TEST_CASE("nih: images are found at any depth, with suffixes in any case and as copies in another format", "[unit]") {
    const NihFolder folder;
    const auto flat = read_nih(folder.options());
    const fs::path deep = folder / "data" / "images" / "images_001";
    fs::create_directories(deep);
    int count = 0;
    for (const ImageEntry& f : flat.images) {
        const char* extensions[] = {".png", ".PNG", ".jpg", ".JPEG"};
        fs::rename(f.file, deep / (f.file.stem().string() + extensions[count++ % 4]));
    }
    for (const ImageEntry& f : read_nih(folder.options()).images) CHECK(f.file.parent_path() == deep);
    // The usual folders take precedence over copies elsewhere; two copies elsewhere are refused.
    const std::string id = flat.images[0].id;
    put(folder / "images" / id, "x");
    CHECK(image(read_nih(folder.options()), id).file == folder / "images" / id);
    fs::rename(folder / "images" / id, folder / "data" / id);
    CHECK(contains(folder.message(), "image 00000001_000 exists twice"));
}

TEST_CASE("nih: Kaggle's sample has its own table and no lists", "[unit]") {
    const NihFolder folder;
    fs::rename(folder / "Data_Entry_2017.csv", folder / "sample_labels.csv");
    CHECK(read_nih(folder.options()).images.size() == 43);
    fs::remove(folder / "test_list.txt");
    CHECK(contains(folder.message(), "test_list.txt: is missing"));
    CHECK(contains(folder.message(), "--split patient"));
    CHECK(read_nih(folder.options("patient")).images.size() == 43);
}

TEST_CASE("nih: lists with byte-order marks, folders, other line ends and other suffixes are the same lists",
          "[unit]") {
    const NihFolder folder;
    const auto plain = read_nih(folder.options());
    const auto rewrite = [&](const std::function<std::string(const std::string&)>& line, const std::string& head,
                             const std::string& end) {
        for (const char* name : {"train_val_list.txt", "test_list.txt"}) {
            std::string text = head;
            for (const auto& image : read_names(excerpt / name)) text += line(image) + end;
            put(folder / name, text.substr(0, text.size() - end.size()));
        }
        const auto index = read_nih(folder.options());
        for (std::size_t i = 0; i < index.images.size(); ++i) CHECK(index.images[i].split == plain.images[i].split);
    };
    rewrite([](const std::string& image) { return image; }, "\xEF\xBB\xBF", "\r\n");
    rewrite([](const std::string& image) { return "images/" + image; }, "", "\n");
    rewrite([](const std::string& image) { return image.substr(0, 12) + ".jpg"; }, "", "\r");
    rewrite([](const std::string& image) { return image.substr(0, 12); }, "\n", "\n\n");
}

TEST_CASE("nih: a patient is a number, however it is written", "[unit]") {
    const auto patient = [](const std::string& written) {
        const NihFolder folder;
        folder.edit("Data_Entry_2017.csv", "00000002_000.png,No Finding,0,2,",
                    "00000002_000.png,No Finding,0," + written);
        return image(read_nih(folder.options()), "00000002_000.png").patient;
    };
    for (const std::string written : {"2,", "00000002,", "2.0,", "\" 2\","}) CHECK(patient(written) == "2");
    CHECK(patient("\"1,234\",") == "1234");
    CHECK(patient("\"1,234,567\",") == "1234567");
    for (const std::string written : {"P2,", "2.5,", "-2,", "nan,", "\"1,23\","})
        CHECK(contains(user_error_of([&] { patient(written); }), "row 5: Patient ID is \""));
    CHECK(contains(user_error_of([&] { patient(","); }), "row 5: has no Patient ID"));
}

TEST_CASE("nih: a table without a final line end is complete", "[unit]") {
    const NihFolder folder;
    std::string text = read_text(folder / "Data_Entry_2017.csv");
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    put(folder / "Data_Entry_2017.csv", text);
    CHECK(read_nih(folder.options()).images.size() == 43);
    put(folder / "Data_Entry_2017.csv", text.substr(0, text.rfind(',')));
    CHECK(contains(folder.message(), "cells, expected"));
}

TEST_CASE("nih: the official lists decide, validation comes only from training", "[reference]") {
    const NihFolder folder;
    auto options = folder.options();
    options.split.validation = 0.5;
    const auto index = read_nih(options);
    const auto count = [&](Split split) {
        return std::count_if(index.images.begin(), index.images.end(),
                             [&](const ImageEntry& f) { return f.split == split; });
    };
    CHECK(count(Split::test) == 26);
    CHECK(count(Split::train) + count(Split::validation) == 17);
    CHECK(count(Split::validation) > 0);
    CHECK(image(index, "00000092_000.png").split == Split::test);
}

TEST_CASE("nih: the patient-wise split needs no lists", "[unit]") {
    const NihFolder folder;
    fs::remove(folder / "train_val_list.txt");
    fs::remove(folder / "test_list.txt");
    CHECK(read_nih(folder.options("patient")).images.size() == 43);
    CHECK(contains(folder.message("official"), "train_val_list.txt"));
}

TEST_CASE("nih: boxes name their image and class, in the 1024-pixel frame", "[reference]") {
    const NihFolder folder;
    const auto index = read_nih(folder.options());
    REQUIRE(index.boxes.size() == 5);
    CHECK(index.images[index.boxes[3].image].frame.width == 1024);
    const Box& box = index.boxes[3];
    CHECK(index.images[box.image].id == "00003333_002.png");
    CHECK(index.classes[box.label] == "Infiltration"); // "Infiltrate" in the list
    CHECK(std::abs(box.x - 517.959788359788) < 1e-9);
    CHECK(std::abs(box.y - 301.240211640212) < 1e-9);
    CHECK(std::abs(box.width - 328.330158730159) < 1e-9);
    CHECK(std::abs(box.height - 350.002116402116) < 1e-9);
}

TEST_CASE("nih: missing images are counted and named, or left out when allowed", "[unit]") {
    const NihFolder folder;
    const auto index = read_nih(folder.options());
    fs::remove(image(index, "00000147_001.png").file);
    fs::remove(image(index, "00000740_001.png").file);
    const auto message = folder.message();
    CHECK(contains(message, "2 of 43 images are missing"));
    CHECK(contains(message, "00000147_001.png, 00000740_001.png"));
    auto options = folder.options();
    options.allow_missing = true;
    const auto rest = read_nih(options);
    CHECK(rest.images.size() == 41);
    CHECK(rest.boxes.size() == 4);
    for (const Box& box : rest.boxes) CHECK(box.image < rest.images.size());
    CHECK(rest.provenance.at("missing").at("count") == 2);
    options.images = options.metadata = folder.path;
    fs::create_directory(folder / "empty");
    options.images = folder / "empty";
    CHECK(contains(user_error_of([&] { read_nih(options); }), "43 of 43 images are missing"));
}

TEST_CASE("nih: unknown findings are named with file and row", "[unit]") {
    const NihFolder folder;
    folder.edit("Data_Entry_2017.csv", "Cardiomegaly|Emphysema", "Cardiomegaly|Emphysemia");
    CHECK(contains(folder.message(), "Data_Entry_2017.csv, row 3: unknown finding \"Emphysemia\""));
    folder.edit("Data_Entry_2017.csv", "Emphysemia", "No Finding");
    CHECK(contains(folder.message(), "row 3: unknown finding \"No Finding\""));
    folder.edit("Data_Entry_2017.csv", "Cardiomegaly|No Finding", "");
    CHECK(contains(folder.message(), "row 3: unknown finding \"\""));
}

TEST_CASE("nih: missing and renamed columns are named with those found", "[unit]") {
    for (const std::string column : {"Image Index", "Finding Labels", "Patient ID"}) {
        const NihFolder folder;
        folder.edit("Data_Entry_2017.csv", column, "Other");
        const auto message = folder.message();
        CHECK(contains(message, "Data_Entry_2017.csv: has no column \"" + column + "\""));
        CHECK(contains(message, "Other"));
    }
    const NihFolder folder;
    folder.edit("BBox_List_2017.csv", "Bbox [x,y", "Bbox [y,x");
    CHECK(contains(folder.message(), "BBox_List_2017.csv: has no column \"Bbox [x\""));
}

TEST_CASE("nih: lists and tables that contradict themselves are refused", "[unit]") {
    {
        const NihFolder folder;
        folder.edit("test_list.txt", "00000092_000.png\r\n", "");
        CHECK(contains(folder.message(), "00000092_000.png is in neither"));
    }
    {
        const NihFolder folder;
        folder.edit("train_val_list.txt", "00000001_000.png", "00000001_000.png\n00000092_000.png");
        CHECK(contains(folder.message(), "00000092_000.png is in both"));
    }
    {
        const NihFolder folder;
        folder.edit("test_list.txt", "00000092_000.png", "00000001_000.png");
        folder.edit("train_val_list.txt", "00000001_000.png", "00000092_000.png");
        CHECK(contains(folder.message(), "has images in two splits"));
    }
    {
        const NihFolder folder;
        folder.edit("Data_Entry_2017.csv", "00000001_001.png", "00000001_000.png");
        CHECK(contains(folder.message(), "duplicate image 00000001_000.png"));
    }
    {
        const NihFolder folder;
        folder.edit("BBox_List_2017.csv", ",Infiltrate,517.959788359788", ",Infiltrate,wide");
        CHECK(contains(folder.message(), "BBox_List_2017.csv, row 5: the box has \"wide\""));
    }
}

TEST_CASE("nih: absent and ambiguous tables are refused", "[unit]") {
    const NihFolder folder;
    fs::copy(folder / "Data_Entry_2017.csv", folder / "Data_Entry_2017_v2020.csv");
    CHECK(contains(folder.message(), "found Data_Entry_2017.csv, Data_Entry_2017_v2020.csv"));
    fs::remove(folder / "Data_Entry_2017.csv");
    put(folder / "Data_Entry_2017_v2020.csv", "Image Index,Finding Labels,Patient ID\n");
    CHECK(contains(folder.message(), "has no images"));
    fs::remove(folder / "Data_Entry_2017_v2020.csv");
    CHECK(contains(folder.message(), "found none"));
    auto options = folder.options();
    options.root = folder / "absent";
    CHECK(contains(user_error_of([&] { read_nih(options); }), "no such folder"));
}

TEST_CASE("nih: both forms of the table give the same sex, age and view, and an impossible age is unknown",
          "[reference]") {
    const NihFolder newer, older("older_Data_Entry_2017.csv");
    const auto a = read_nih(newer.options()), b = read_nih(older.options());
    for (std::size_t i = 0; i < a.images.size(); ++i)
        if (a.images[i].id != "00010230_000.png") CHECK(a.images[i].attributes == b.images[i].attributes);
    CHECK(image(a, "00010230_000.png").attributes == AttributeTexts{"male", "0", "AP"});
    CHECK(image(b, "00010230_000.png").attributes == AttributeTexts{"male", "", "AP"}); // 000Y: not known
    CHECK(image(a, "00000001_001.png").attributes == AttributeTexts{"male", "58", "PA"});
    older.edit("Data_Entry_2017.csv", "058Y", "411Y");
    const auto changed = read_nih(older.options());
    CHECK(image(changed, "00000001_001.png").attributes == AttributeTexts{"male", "", "PA"});
    const auto& note = changed.provenance.at("attribute_notes").as_object().begin()->value().as_object();
    CHECK(note.at("first").as_array().at(0) == "00000001_001.png (\"411Y\")");
}
