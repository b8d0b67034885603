#include "tests/support/datasets_support.h"

#include "datasets/decode/mask.h"
#include "datasets/importers/rsna.h"

#include <set>

using namespace mlvicx;

namespace {

struct RsnaSource : SourceOptions, RsnaOptions {};
DatasetIndex read_rsna(const RsnaSource& options) {
    return read_rsna(options, options);
}

const std::string opacity = "00436515-870c-4b36-a041-de91049b9ab4", normal = "003d8fa0-6bf1-40ed-b54c-ac657f8495c5",
                  other = "0004cfab-14fd-4e49-80ba-63a80b6bddd6";

/// The tables with an (unread) image for every patient.
struct RsnaFolder : TempFolder {
    RsnaFolder() {
        for (const auto* name : {"stage_2_train_labels.csv", "stage_2_detailed_class_info.csv"})
            fs::copy(fs::path(MLVICX_TEST_DATA) / "rsna" / name, path / name);
        fs::create_directory(path / "stage_2_train_images");
        const std::string text = read_text(labels());
        for (auto at = text.find('\n'); at + 1 < text.size(); at = text.find('\n', at + 1))
            ids.insert(text.substr(at + 1, 36));
        for (const auto& id : ids) put(path / "stage_2_train_images" / (id + ".dcm"), "x");
    }
    fs::path labels() const { return path / "stage_2_train_labels.csv"; }
    fs::path classes() const { return path / "stage_2_detailed_class_info.csv"; }
    RsnaSource options(const std::string& kind = "target") const {
        RsnaSource o;
        o.root = path;
        o.classes = kind;
        o.split.kind = "patient";
        return o;
    }
    std::string message(const std::string& kind = "target") const {
        return user_error_of([&] { read_rsna(options(kind)); });
    }
    std::set<std::string> ids;
};

/// A mapping that assigns images to NIH's patients in pairs.
std::string mapping_of(const std::set<std::string>& ids) {
    std::string text;
    int number = 0;
    for (const auto& id : ids) {
        text += fmt::format(R"({}{{"subset_img_id": "{}", "img_id": "{:08}_{:03}.png"}})", text.empty() ? "[" : ",", id,
                            100 + number / 2, number % 2);
        ++number;
    }
    return text + "]";
}

} // namespace

TEST_CASE("rsna: rows of a patient become one image, with boxes and their union as the mask", "[reference]") {
    const RsnaFolder folder;
    const auto index = read_rsna(folder.options());
    REQUIRE(index.images.size() == 14);
    CHECK(index.classes == std::vector<std::string>{"Pneumonia"});
    CHECK(findings_of(index, opacity).size() == 1);
    CHECK(findings_of(index, other).empty());
    REQUIRE(index.boxes.size() == 8);
    const Box& box = index.boxes[1];
    CHECK(index.images[box.image].id == opacity);
    CHECK((box.x == 562 && box.y == 152 && box.width == 256 && box.height == 453));
    const ImageEntry& image = image_of(index, opacity);
    CHECK(cv::countNonZero(draw_mask(image.masks[0], image.frame)) == 213 * 379 + 256 * 453);
    CHECK(image_of(index, other).masks[0].empty());
    CHECK(image.file.filename() == opacity + ".dcm");
}

TEST_CASE("rsna: there are three detailed classes, and every image has one", "[reference]") {
    const RsnaFolder folder;
    const auto index = read_rsna(folder.options("detailed"));
    CHECK(index.mask_names == std::vector<std::string>{"Lung Opacity"});
    CHECK(findings_of(index, opacity) == std::vector<std::string>{"Lung Opacity"});
    CHECK(findings_of(index, normal) == std::vector<std::string>{"Normal"});
    CHECK(findings_of(index, other) == std::vector<std::string>{"No Lung Opacity / Not Normal"});
    for (const ImageEntry& image : index.images) CHECK(std::count(image.labels.begin(), image.labels.end(), 1) == 1);
    for (const Box& box : index.boxes) CHECK(index.images[box.image].labels[box.label] == 1);
}

TEST_CASE("rsna: the mapping gives NIH's patients, and its test list restricts the images", "[unit]") {
    const RsnaFolder folder;
    put(folder / "map.json", mapping_of(folder.ids));
    auto options = folder.options();
    options.mapping = folder / "map.json";
    const auto all = read_rsna(options);
    CHECK(image_of(all, *folder.ids.begin()).patient == "100"); // named as in NIH's table
    std::set<std::string> patients;
    for (const ImageEntry& image : all.images) patients.insert(image.patient);
    CHECK(patients.size() == 7);
    for (const ImageEntry& a : all.images)
        for (const ImageEntry& b : all.images)
            if (a.patient == b.patient) CHECK(a.split == b.split);

    fs::create_directory(folder / "nih");
    put(folder / "nih" / "test_list.txt", "00000102_000.png\n00000102_001.png\n00099999_000.png\n");
    options.nih_test = folder / "nih";
    options.split.validation = options.split.test = 0.3;
    const auto some = read_rsna(options);
    CHECK(some.images.size() == 2);
    CHECK(some.provenance.at("nih_test").at("of") == 14);
    for (const ImageEntry& image : some.images) CHECK(image.patient == "102");
    REQUIRE(some.boxes.size() == 2); // of the remaining image
    for (const Box& box : some.boxes) CHECK(some.images[box.image].id == opacity);

    options.mapping.clear();
    CHECK(contains(user_error_of([&] { read_rsna(options); }), "only with the mapping"));
}

TEST_CASE("rsna: NIH's table next to the mapping, or in the folder of its list, gives sex, age and view", "[unit]") {
    const RsnaFolder folder;
    const TempFolder nih;
    put(nih / "map.json", mapping_of(folder.ids));
    auto options = folder.options();
    options.mapping = nih / "map.json";
    CHECK(read_rsna(options).images[0].attributes == AttributeTexts());
    const std::string first = *folder.ids.begin();
    const std::string table = "Image Index,Finding Labels,Patient Age,Patient Gender,View Position\n"
                              "00000100_000.png,No Finding,061Y,F,AP\n";
    put(nih / "Data_Entry_2017.csv", table);
    CHECK(image_of(read_rsna(options), first).attributes == AttributeTexts{"female", "61", "AP"});
    fs::create_directory(nih / "lists");
    fs::rename(nih / "Data_Entry_2017.csv", nih / "lists" / "Data_Entry_2017.csv");
    put(nih / "lists" / "test_list.txt", "00000100_000.png\n");
    options.nih_test = nih / "lists";
    const auto index = read_rsna(options);
    REQUIRE(index.images.size() == 1);
    CHECK(index.images[0].attributes == AttributeTexts{"female", "61", "AP"});
    CHECK(index.provenance.at("sources").as_object().contains("Data_Entry_2017.csv"));
}

TEST_CASE("rsna: an invalid mapping, or one for other images, is refused", "[unit]") {
    const RsnaFolder folder;
    auto options = folder.options();
    options.mapping = folder / "map.json";
    const auto refusal = [&](const std::string& text) {
        put(options.mapping, text);
        return user_error_of([&] { read_rsna(options); });
    };
    const std::string good = R"({"subset_img_id": "a", "img_id": "00000001_000.png"})";
    CHECK(contains(refusal("{}"), "map.json: is not a list"));
    CHECK(contains(refusal("[1]"), "map.json, entry 0: has no string \"subset_img_id\""));
    CHECK(contains(refusal("[" + good + R"(, {"subset_img_id": "b", "img_id": 7}])"),
                   "entry 1: has no string \"img_id\""));
    CHECK(contains(refusal("[" + good + R"(, {"subset_img_id": "b", "img_id": "1_0.png"}])"),
                   "entry 1: img_id is \"1_0.png\""));
    CHECK(contains(refusal("[" + good + "," + good + "]"), "entry 1: duplicate image a"));
    CHECK(contains(refusal("[" + good + "]"), "lacks 14 of 14 images"));
    put(options.mapping, mapping_of(folder.ids));
    put(folder / "test_list.txt", "00000777_000.png\n");
    options.nih_test = folder.path;
    CHECK(contains(user_error_of([&] { read_rsna(options); }), "lists none of the 14 images"));
    put(folder / "test_list.txt", "some.png\n");
    CHECK(contains(user_error_of([&] { read_rsna(options); }), "contains \"some.png\""));
}

TEST_CASE("rsna: rows that contradict themselves or each other are named with file and row", "[unit]") {
    const auto refusal = [](const std::string& from, const std::string& to) {
        const RsnaFolder folder;
        edit(folder.labels(), from, to);
        return folder.message();
    };
    CHECK(contains(refusal("213.0,379.0,1", "213.0,379.0,2"), "row 6: Target is \"2\""));
    CHECK(contains(refusal("213.0,379.0,1", "213.0,379.0,0"), "row 6: Target is 0 with a box"));
    CHECK(contains(refusal("264.0,152.0,213.0,379.0", ",,,"), "row 6: Target is 1 without a box"));
    CHECK(contains(refusal("264.0,152.0", "wide,152.0"), "row 6: x is \"wide\""));
    CHECK(contains(refusal("264.0,152.0", ",152.0"), "row 6: the box"));
    CHECK(contains(refusal("264.0,152.0", "864.0,152.0"), "row 6: the box (864, 152, 213 x 379) is empty or exceeds"));
    CHECK(contains(refusal("562.0,152.0,256.0,453.0,1", ",,,,0"), "row 7: repeated patient " + opacity));
    CHECK(contains(refusal("00322d4d-1c29-4943-afc9-b6754be640eb", other), "row 4: repeated patient " + other));
    CHECK(contains(refusal("Target", "target"), "has no column \"Target\""));
}

TEST_CASE("rsna: class info that contradicts the labels is refused", "[unit]") {
    const auto refusal = [](const std::string& from, const std::string& to) {
        const RsnaFolder folder;
        edit(folder.classes(), from, to);
        CHECK(read_rsna(folder.options()).images.size() == 14); // it matters only if it is requested
        return folder.message("detailed");
    };
    CHECK(contains(refusal(normal + ",Normal", normal + ",Lung Opacity"), "but its Target is 0"));
    CHECK(contains(refusal(normal + ",Normal", normal + ",Healthy"), "row 5: class is \"Healthy\""));
    CHECK(contains(refusal(normal, "someone"), "has no row for patient " + normal));
    CHECK(contains(refusal("00322d4d-1c29-4943-afc9-b6754be640eb,No Lung Opacity / Not Normal", other + ",Normal"),
                   "row 4: patient " + other + " is \"Normal\", but \""));
}
