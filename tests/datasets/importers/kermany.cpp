#include "datasets/importers/kermany.h"

#include "tests/support/datasets_support.h"
#include "tests/support/whole_dataset.h"

#include "datasets/inspect.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"

#include <map>
#include <set>

using namespace mlvicx;

namespace {

/// A few (unread) images under names of every kind of the original.
struct KermanyFolder : TempFolder {
    KermanyFolder() {
        for (const char* file :
             {"train/NORMAL/IM-0115-0001.jpeg", "train/NORMAL/IM-0429-0001-0002.jpeg",
              "train/NORMAL/NORMAL2-IM-0383-0001.jpeg", "train/NORMAL/NORMAL2-IM-0423-0001-0001.jpeg",
              "train/PNEUMONIA/person1_bacteria_1.jpeg", "train/PNEUMONIA/person1_bacteria_2.jpeg",
              "train/PNEUMONIA/person1_virus_447.jpeg", "train/PNEUMONIA/person447_virus_921_1.jpeg",
              "val/NORMAL/NORMAL2-IM-1427-0001.jpeg", "val/PNEUMONIA/person1946_bacteria_4874.jpeg",
              "test/NORMAL/IM-0001-0001.jpeg", "test/NORMAL/NORMAL2-IM-0383-0002.jpeg",
              "test/PNEUMONIA/person1_virus_6.jpeg", "test/PNEUMONIA/person78_bacteria_378.jpeg"})
            add(file);
    }
    void add(const fs::path& file) const {
        fs::create_directories((path / "chest_xray" / file).parent_path());
        put(path / "chest_xray" / file, "x");
    }
    SourceOptions options(const std::string& kind = "official") const {
        SourceOptions o;
        o.root = path;
        o.split.kind = kind;
        return o;
    }
    DatasetIndex read() const { return read_kermany(options()); }
    std::string message() const {
        return user_error_of([&] { read(); });
    }
};

std::size_t count(const DatasetIndex& index, Split split) {
    return static_cast<std::size_t>(std::count_if(index.images.begin(), index.images.end(),
                                                  [&](const ImageEntry& image) { return image.split == split; }));
}

std::set<std::string> patients_of(const DatasetIndex& index, const std::string& folder) {
    std::set<std::string> patients;
    for (const ImageEntry& image : index.images)
        if (image.id.starts_with(folder + "/")) patients.insert(image.patient);
    return patients;
}

} // namespace

TEST_CASE("kermany: patient and findings come from folder and file name", "[unit]") {
    const KermanyFolder folder;
    const auto index = folder.read();
    using Findings = std::vector<std::string>;
    CHECK(index.classes == Findings{"Pneumonia", "Bacterial pneumonia", "Viral pneumonia"});
    REQUIRE(index.images.size() == 14);
    CHECK(std::is_sorted(index.images.begin(), index.images.end(),
                         [](const ImageEntry& a, const ImageEntry& b) { return a.id < b.id; }));
    const auto check = [&](const std::string& id, const std::string& patient, const Findings& findings) {
        INFO(id);
        CHECK(image_of(index, id).patient == patient);
        CHECK(image_of(index, id).file == folder / "chest_xray" / id);
        CHECK(findings_of(index, id) == findings);
        for (const auto label : image_of(index, id).labels) CHECK(label >= 0);
    };
    const Findings bacterial = {"Pneumonia", "Bacterial pneumonia"}, viral = {"Pneumonia", "Viral pneumonia"};
    check("train/NORMAL/IM-0115-0001.jpeg", "IM-0115", {});
    check("train/NORMAL/IM-0429-0001-0002.jpeg", "IM-0429", {});
    check("train/NORMAL/NORMAL2-IM-0383-0001.jpeg", "NORMAL2-IM-0383", {});
    check("train/PNEUMONIA/person1_bacteria_2.jpeg", "person1", bacterial);
    check("train/PNEUMONIA/person1_virus_447.jpeg", "person1", viral);
    check("train/PNEUMONIA/person447_virus_921_1.jpeg", "person447", viral);
    check("val/PNEUMONIA/person1946_bacteria_4874.jpeg", "person1946", bacterial);
    check("test/PNEUMONIA/person1_virus_6.jpeg", "test person1", viral);
    check("test/NORMAL/NORMAL2-IM-0383-0002.jpeg", "test NORMAL2-IM-0383", {});
    // The folder itself may be given instead of the one above it.
    auto options = folder.options();
    options.root = folder / "chest_xray";
    CHECK(read_kermany(options).images.size() == 14);
}

TEST_CASE("kermany: the test folder is the test split, and val counts as training before validation is carved",
          "[unit]") {
    const KermanyFolder folder;
    auto options = folder.options();
    options.split.validation = 0;
    auto index = read_kermany(options);
    CHECK(count(index, Split::test) == 4);
    CHECK(count(index, Split::train) == 10);
    CHECK(index.provenance.at("splits") ==
          "test is the test folder (4); validation is 0 of the patients of train (8) and val (2)");
    CHECK(index.provenance.at("patients") ==
          "by the file names; 2 of 4 numbers in test also occur in train or val and count as other patients; unknown "
          "whether they are the same");
    require_disjoint_patients(index);

    options.split.validation = 0.9;
    index = read_kermany(options);
    CHECK(count(index, Split::test) == 4);
    CHECK(count(index, Split::validation) >= 5);
    require_disjoint_patients(index);
}

TEST_CASE("kermany: split by patient, a number is one patient in all folders", "[unit]") {
    const KermanyFolder folder;
    for (std::int64_t seed = 0; seed < 20; ++seed) {
        auto options = folder.options("patient");
        options.split.seed = seed;
        const auto index = read_kermany(options);
        CHECK(image_of(index, "test/PNEUMONIA/person1_virus_6.jpeg").patient == "person1");
        require_disjoint_patients(index);
    }
}

TEST_CASE("kermany: pneumonia of unknown kind keeps its patient and has unknown classes", "[unit]") {
    const KermanyFolder folder;
    folder.add("train/PNEUMONIA/person2000_17.jpeg");
    const auto index = folder.read();
    const ImageEntry image = image_of(index, "train/PNEUMONIA/person2000_17.jpeg");
    CHECK(image.patient == "person2000");
    CHECK(image.labels == std::vector<std::int8_t>{1, -1, -1});
}

TEST_CASE("kermany: other files are counted, hidden ones ignored", "[unit]") {
    const KermanyFolder folder;
    CHECK_FALSE(folder.read().provenance.contains("files_left_out"));
    for (const char* hidden : {".DS_Store", "train/.DS_Store", "train/NORMAL/._IM-0115-0001.jpeg"}) folder.add(hidden);
    CHECK_FALSE(folder.read().provenance.contains("files_left_out"));
    for (const char* other : {"chest_xray/train/NORMAL/IM-0115-0001.jpeg", "train/notes.txt", "val/NORMAL/Thumbs.db"})
        folder.add(other);
    const auto index = folder.read();
    CHECK(index.images.size() == 14);
    const auto& others = index.provenance.at("files_left_out").as_object();
    CHECK(others.at("count") == 3);
    CHECK(others.at("first").as_array()[0] == "chest_xray");
}

TEST_CASE("kermany: a layout or a name that is not the original's is refused in one sentence", "[unit]") {
    const auto message_with = [](const fs::path& file) {
        const KermanyFolder folder;
        folder.add(file);
        return folder.message();
    };
    CHECK(contains(message_with("train/PNEUMONIA/scan12.jpeg"),
                   "train/PNEUMONIA/scan12.jpeg: its name gives no patient, expected personN_bacteria_M or "
                   "personN_virus_M"));
    for (const char* name : {"person_bacteria_1", "person1", "person1_", "person1_bacteria_", "person1_fungus_1"})
        CHECK(contains(message_with(fs::path("test/PNEUMONIA") / (std::string(name) + ".jpeg")),
                       "its name gives no patient"));
    for (const char* name : {"IM-0115", "IM--0001", "NORMAL3-IM-0115-0001", "IM-0115-"})
        CHECK(contains(message_with(fs::path("test/NORMAL") / (std::string(name) + ".jpeg")),
                       "its name gives no patient, expected IM-N-M or NORMAL2-IM-N-M"));
    CHECK(contains(message_with("train/NORMAL/person5_virus_1.jpeg"), "its name is that of an image in PNEUMONIA"));
    CHECK(contains(message_with("train/PNEUMONIA/IM-0115-0001.jpeg"), "its name is that of an image in NORMAL"));
    CHECK(contains(message_with("train/BACTERIA/person5_bacteria_1.jpeg"),
                   "unknown folder \"BACTERIA\", expected NORMAL and PNEUMONIA"));

    const KermanyFolder folder;
    fs::remove_all(folder / "chest_xray" / "test" / "NORMAL");
    fs::remove_all(folder / "chest_xray" / "test" / "PNEUMONIA");
    CHECK(contains(folder.message(), "test: has no images, expected NORMAL and PNEUMONIA with JPEG files"));
    fs::remove_all(folder / "chest_xray" / "test");
    CHECK(contains(folder.message(), "has no folder test, here or in chest_xray"));
    auto options = folder.options();
    options.root = folder / "absent";
    CHECK(contains(user_error_of([&] { read_kermany(options); }), "absent: no such folder"));
}

TEST_CASE("kermany: the images without the 16 of val have the counts of an independent script", "[real]") {
    const fs::path root = real_data("kermany");
    if (root.empty() || !fs::exists(root)) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const TempFolder folder;
    SourceOptions options;
    options.root = root;
    const auto index = read_kermany(options);
    std::map<std::string, std::array<std::size_t, 4>> images; // all, pneumonia, bacterial, viral
    for (const ImageEntry& image : index.images) {
        auto& counts = images[image.id.substr(0, image.id.find('/'))];
        ++counts[0];
        for (std::size_t c = 0; c < 3; ++c) counts[c + 1] += image.labels[c] == 1;
    }
    // Counted with Python's regular expressions.
    CHECK(images.at("train") == std::array<std::size_t, 4>{1341 + 3875, 3875, 2530, 1345});
    CHECK(images.at("test") == std::array<std::size_t, 4>{234 + 390, 390, 242, 148});
    CHECK(patients_of(index, "train").size() == 518 + 693 + 1635);
    CHECK(patients_of(index, "test").size() == 65 + 160 + 202);
    CHECK(contains(std::string(index.provenance.at("patients").as_string()),
                   "170 of 427 numbers in test also occur in train or val"));
    CHECK(count(index, Split::test) == 624);
    const double validation = static_cast<double>(count(index, Split::validation)) / 5216;
    CHECK(validation > 0.10);
    CHECK(validation < 0.15);

    prepare(index, {16, 0, false}, folder / "out");
    const std::string text = describe(PreparedDataset(folder / "out"));
    CHECK(contains(text, "5840 images, but 5856 were published"));
    CHECK(contains(text, "624 test images, as published"));
    CHECK(contains(text, "1493 images with viral pneumonia, as published"));
}
