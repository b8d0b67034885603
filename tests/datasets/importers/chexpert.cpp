#include "datasets/importers/chexpert.h"

#include "tests/support/datasets_support.h"

#include "datasets/inspect.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"
#include "datasets/source_record.h"

#include <fmt/ranges.h>

#include <functional>
#include <map>
#include <set>

using namespace mlvicx;

namespace {

using Labels = std::vector<std::int8_t>;

const std::string header = "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,"
                           "Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,"
                           "Pleural Effusion,Pleural Other,Fracture,Support Devices\n";
const std::string effusion_and_doubts = ",,,0.0,,-1.0,-1.0,,,,1.0,,,1.0";

/// One row of a table; the patients' numbers go on from train to valid.
struct Row {
    std::string split, place, person, view, labels;
};
const std::vector<Row> rows = {
    {"train", "patient00001/study1/view1_frontal.jpg", "Female,68", "Frontal,AP", "1.0,,,,,,,,,0.0,,,,1.0"},
    {"train", "patient00002/study2/view1_frontal.jpg", "Female,87", "Frontal,AP", effusion_and_doubts},
    {"train", "patient00002/study2/view2_lateral.jpg", "Female,87", "Lateral,", effusion_and_doubts},
    {"train", "patient21514/study1/view1_frontal.jpg", "Unknown,0", "Frontal,PA", ",,,,,,,,,,,,,"},
    {"train", "patient43018/study1/view1_frontal.jpg", "Male,31", "Frontal,PA", ",,1.0,,,,,,-1.0,,,,,"},
    {"valid", "patient64541/study1/view1_frontal.jpg", "Male,73", "Frontal,AP",
     "0.0,1.0,1.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0,"
     "0.0,0.0,0.0,0.0"},
    {"valid", "patient64541/study1/view2_lateral.jpg", "Male,73", "Lateral,",
     "0.0,1.0,1.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0,"
     "0.0,0.0,0.0,0.0"},
};

/// The folder of an image's patient, as its owner laid it out.
using Where = std::function<std::string(const Row&)>;

/// The tables, and an (unread) file for each row.
struct ChexpertFolder : TempFolder {
    explicit ChexpertFolder(
        std::string tables = "CheXpert-v1.0-small", const std::string& in_path = "CheXpert-v1.0-small",
        const Where& where = [](const Row& row) { return "CheXpert-v1.0-small/" + row.split; })
        : tables_(std::move(tables)) {
        std::map<std::string, std::string> texts = {{"train", header}, {"valid", header}};
        for (const Row& row : rows) {
            texts[row.split] +=
                fmt::format("{}/{}/{},{},{},{}\n", in_path, row.split, row.place, row.person, row.view, row.labels);
            const fs::path file = path / where(row) / row.place;
            fs::create_directories(file.parent_path());
            put(file, "x");
        }
        fs::create_directories(path / tables_);
        for (const auto& [name, text] : texts) put(table(name), text);
    }
    fs::path table(const std::string& name = "train") const { return path / tables_ / (name + ".csv"); }
    SourceOptions options(const std::string& kind = "official") const {
        SourceOptions o;
        o.root = path;
        o.split.kind = kind;
        return o;
    }
    DatasetIndex read(const StudyLabelOptions& labels = {}, const std::string& kind = "official") const {
        return read_chexpert(options(kind), labels);
    }
    std::string message(const std::string& kind = "official") const {
        return user_error_of([&] { read({}, kind); });
    }

private:
    std::string tables_;
};

const std::string first = "patient00001/study1/view1_frontal.jpg", doubtful = "patient00002/study2/view1_frontal.jpg",
                  lateral = "patient00002/study2/view2_lateral.jpg";

std::size_t count(const DatasetIndex& index, Split split) {
    return static_cast<std::size_t>(std::count_if(index.images.begin(), index.images.end(),
                                                  [&](const ImageEntry& image) { return image.split == split; }));
}

std::int64_t counted(const DatasetIndex& index, const char* group, const std::string& name) {
    return index.provenance.at(group).at(name).at("count").to_number<std::int64_t>();
}

} // namespace

TEST_CASE("chexpert: labels, patients and attributes of the two tables are read as their authors mean them", "[unit]") {
    const ChexpertFolder folder;
    const auto index = folder.read();
    CHECK(index.classes.size() == 14);
    CHECK(index.classes.front() == "No Finding");
    CHECK(index.classes[10] == "Pleural Effusion");
    REQUIRE(index.images.size() == 5); // the frontal ones
    // -1 is unknown, nothing is absent.
    CHECK(image_of(index, first).labels == Labels{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
    CHECK(image_of(index, doubtful).labels == Labels{0, 0, 0, 0, 0, -1, -1, 0, 0, 0, 1, 0, 0, 1});
    CHECK(image_of(index, first).patient == "1");
    CHECK(image_of(index, "patient64541/study1/view1_frontal.jpg").patient == "64541");
    CHECK(image_of(index, first).attributes == AttributeTexts{"female", "68", "AP"});
    CHECK(image_of(index, "patient43018/study1/view1_frontal.jpg").attributes == AttributeTexts{"male", "31", "PA"});
    // The dataset's ways to say that nothing is known of a person.
    CHECK(image_of(index, "patient21514/study1/view1_frontal.jpg").attributes == AttributeTexts{"", "", "PA"});
    CHECK(counted(index, "attribute_notes", "sex unknown") == 1);
    CHECK(counted(index, "attribute_notes", "age 0, taken as unknown") == 1);
}

TEST_CASE("chexpert: images are found by their path from the patient on in all four layouts", "[unit]") {
    const std::string batch = "CheXpert-v1.0 batch ";
    const auto batches = [&](const Row& row) {
        if (row.split == "valid") return batch + "1 (validate & csv)/valid";
        const int patient = std::stoi(row.place.substr(7, 5));
        return batch + (patient < 21514 ? "2 (train 1)" : patient < 43018 ? "3 (train 2)" : "4 (train 3)");
    };
    const auto whole = [](const Row& row) { return "CheXpert-v1.0/" + row.split; };
    const auto by_hand = [](const Row& row) { return row.split; };
    const ChexpertFolder small, full("CheXpert-v1.0", "CheXpert-v1.0", whole),
        parts(batch + "1 (validate & csv)", "CheXpert-v1.0", batches), merged(".", "CheXpert-v1.0-small", by_hand);
    const auto expected = small.read({"all"});
    REQUIRE(expected.images.size() == rows.size());
    for (const auto* folder : {&small, &full, &parts, &merged}) {
        const auto index = folder->read({"all"});
        REQUIRE(index.images.size() == rows.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            CHECK(fs::is_regular_file(index.images[i].file));
            CHECK(index.images[i].file.string().ends_with(rows[i].place));
            CHECK(index.images[i].id == rows[i].place);
            CHECK(index.images[i].labels == expected.images[i].labels);
            CHECK(index.images[i].split == expected.images[i].split);
        }
    }
    // The folder itself may be given, tables and images may lie apart, and copies may have another format.
    auto options = small.options();
    options.root = small / "CheXpert-v1.0-small";
    CHECK(read_chexpert(options, {}).images.size() == 5);
    options.root = "/nonexistent", options.metadata = small.path, options.images = full.path;
    CHECK(read_chexpert(options, {}).images.size() == 5);
    fs::rename(full / "CheXpert-v1.0/train" / first,
               full / "CheXpert-v1.0/train/patient00001/study1/view1_frontal.png");
    CHECK(image_of(full.read(), first).file.extension() == ".png");
    // The original next to the small copy: which of them is meant?
    fs::copy(full / "CheXpert-v1.0", small / "CheXpert-v1.0", fs::copy_options::recursive);
    CHECK(contains(small.message(), "train.csv is in CheXpert-v1.0 and in CheXpert-v1.0-small; expected one"));
    options = small.options();
    options.metadata = small / "CheXpert-v1.0";
    CHECK(contains(user_error_of([&] { read_chexpert(options, {}); }), "exists twice"));
    options.images = small / "CheXpert-v1.0";
    CHECK(read_chexpert(options, {}).images.size() == 5);
}

TEST_CASE("chexpert: tables may be compressed", "[unit]") {
    const ChexpertFolder folder;
    const auto plain = folder.read();
    for (const char* name : {"train", "valid"}) {
        put(folder.table(name).string() + ".gz", gzip(read_text(folder.table(name))));
        fs::remove(folder.table(name));
    }
    const auto index = folder.read();
    REQUIRE(index.images.size() == plain.images.size());
    for (std::size_t i = 0; i < index.images.size(); ++i) CHECK(index.images[i].labels == plain.images[i].labels);
    CHECK(index.provenance.at("sources").as_object().contains("CheXpert-v1.0-small/train.csv.gz"));
    const fs::path packed = folder.table().string() + ".gz";
    const std::string bytes = read_text(packed);
    put(packed, bytes.substr(0, bytes.size() / 2));
    CHECK(contains(folder.message(), "train.csv.gz: truncated gzip data"));
    put(packed, bytes);
    put(folder.table(), "x");
    CHECK(contains(folder.message(), "expected one of train.csv, train.csv.gz, found train.csv, train.csv.gz"));
}

TEST_CASE("chexpert: options say which views are taken and what uncertain and unmentioned labels mean, and count them",
          "[unit]") {
    const ChexpertFolder folder;
    auto index = folder.read();
    CHECK(counted(index, "left_out_by_view", "Lateral") == 2);
    CHECK(counted(index, "label_rules", "uncertain (-1) as unknown") == 3);
    // 14 labels of 5 images, without those that are written.
    CHECK(counted(index, "label_rules", "not mentioned (empty) as absent") == 70 - (3 + 5 + 0 + 2 + 14));
    CHECK(index.provenance.at("view") == "frontal");

    index = folder.read({"lateral", "present", "unknown"});
    REQUIRE(index.images.size() == 2);
    CHECK(counted(index, "left_out_by_view", "Frontal") == 5);
    CHECK(image_of(index, lateral).labels == Labels{-1, -1, -1, 0, -1, 1, 1, -1, -1, -1, 1, -1, -1, 1});
    CHECK(image_of(index, lateral).attributes == AttributeTexts{"female", "87", "lateral"});
    CHECK(counted(index, "label_rules", "uncertain (-1) as present") == 2);
    CHECK(counted(index, "label_rules", "not mentioned (empty) as unknown") == 9);

    index = folder.read({"all", "absent", "absent"});
    CHECK(index.images.size() == 7);
    CHECK(index.provenance.at("left_out_by_view").as_object().empty());
    for (const ImageEntry& image : index.images)
        for (const auto label : image.labels) CHECK(label >= 0);
    CHECK(image_of(index, doubtful).labels == image_of(index, lateral).labels); // labels are of the study
}

TEST_CASE("chexpert: valid.csv is the test split, and validation is carved from train by patient", "[unit]") {
    const ChexpertFolder folder;
    auto options = folder.options();
    options.split.validation = 0.5;
    const auto index = read_chexpert(options, {"all"});
    CHECK(count(index, Split::test) == 2);
    CHECK(count(index, Split::validation) > 0);
    CHECK(count(index, Split::train) > 0);
    for (const ImageEntry& image : index.images) CHECK((image.split == Split::test) == (image.patient == "64541"));
    CHECK(index.provenance.at("splits") ==
          "test is valid.csv (2 images of all views); validation is 0.5 of the patients of train.csv (5)");

    options.split.kind = "patient";
    for (options.split.seed = 0; options.split.seed < 20; ++options.split.seed)
        require_disjoint_patients(read_chexpert(options, {"all"}));
    fs::remove(folder.table("valid"));
    CHECK(contains(folder.message(), "has no valid.csv, which the official split requires"));
    CHECK(folder.read({}, "patient").images.size() == 4);
}

TEST_CASE("chexpert: lists name images as the tables do, or from the patient on, and never another patient's image",
          "[unit]") {
    const ChexpertFolder folder;
    put(folder / "train.txt", "CheXpert-v1.0-small/train/" + first + "\n" + doubtful + "\n");
    put(folder / "test.txt", "CheXpert-v1.0/valid/patient64541/study1/view1_frontal.jpg\n");
    auto options = folder.options("lists");
    options.split.train_list = folder / "train.txt", options.split.test_list = folder / "test.txt";
    options.split.validation = 0;
    const auto index = read_chexpert(options, {});
    CHECK(index.images.size() == 3);
    CHECK(count(index, Split::train) == 2);
    CHECK(image_of(index, "patient64541/study1/view1_frontal.jpg").split == Split::test);
    // view2_lateral is the name of one image only, but of another patient.
    fs::remove(folder / "CheXpert-v1.0-small/valid/patient64541/study1/view2_lateral.jpg");
    edit(folder.table("valid"), "study1/view2_lateral.jpg", "study1/view3_lateral.jpg");
    put(folder / "CheXpert-v1.0-small/valid/patient64541/study1/view3_lateral.jpg", "x");
    put(folder / "train.txt", first + "\npatient09999/study1/view2_lateral.jpg\n");
    CHECK(contains(user_error_of([&] { read_chexpert(options, {"all"}); }), "patient09999/study1/view2_lateral.jpg"));
}

TEST_CASE("chexpert: missing images are counted and left out if that is allowed", "[unit]") {
    const ChexpertFolder folder;
    fs::remove(folder / "CheXpert-v1.0-small/train" / doubtful);
    CHECK(contains(folder.message(), "1 of 5 images are missing, first " + doubtful));
    auto options = folder.options();
    options.allow_missing = true;
    const auto index = read_chexpert(options, {});
    CHECK(index.images.size() == 4);
    CHECK(index.provenance.at("missing").at("count") == 1);
}

TEST_CASE("chexpert: tables that are not the dataset's are refused in one sentence", "[unit]") {
    const auto message_with = [](const std::string& from, const std::string& to) {
        const ChexpertFolder folder;
        edit(folder.table(), from, to);
        return folder.message();
    };
    CHECK(contains(message_with("Lung Opacity,Lung Lesion", "Airspace Opacity,Lung Lesion"),
                   "train.csv: lacks 1 of the 14 label columns: Lung Opacity; found: Path, Sex"));
    CHECK(contains(message_with("Frontal/Lateral", "View"), "has no column \"Frontal/Lateral\""));
    CHECK(
        contains(message_with("train/patient00001/", "train/00001/"),
                 "row 2: Path is \"CheXpert-v1.0-small/train/00001/study1/view1_frontal.jpg\", expected one that ends "
                 "like patient00001/study1/view1_frontal.jpg"));
    for (const char* path : {"train/patient/", "train/patient12x/", "patient00001/train/"})
        CHECK(contains(message_with("train/patient00001/", path), "row 2: Path is "));
    CHECK(contains(message_with(",Frontal,AP,1.0,", ",Frontal,AP,2.0,"),
                   "row 2: No Finding is \"2.0\", expected 1.0, 0.0, -1.0 (uncertain) or nothing (not mentioned)"));
    CHECK(contains(message_with("patient00002/study2/view1_frontal.jpg", "patient00001/study1/view1_frontal.jpg"),
                   "duplicate image " + first));
    const ChexpertFolder folder;
    std::string text = read_text(folder.table("valid"));
    put(folder.table("valid"), text.substr(0, text.size() - 20));
    CHECK(contains(folder.message(), "valid.csv"));
    put(folder.table("valid"), text);
    edit(folder.table("valid"), "patient64541/study1/view1_frontal", "patient00001/study9/view1_frontal");
    CHECK(contains(folder.message(), "patient 1 has images in two splits"));
    put(folder.table(), header);
    CHECK(contains(folder.message(), "train.csv: has no images, only a header"));
    fs::remove(folder.table());
    CHECK(contains(folder.message(), "has no train.csv (or train.csv.gz), here or in one of its folders"));
    const ChexpertFolder other;
    CHECK(contains(user_error_of([&] {
                       auto options = other.options();
                       options.root = other / "absent";
                       read_chexpert(options, {});
                   }),
                   "absent: no such folder"));
    edit(other.table(), "Lateral,,", "Frontal,PA,");
    edit(other.table("valid"), "Lateral,,", "Frontal,PA,");
    CHECK(contains(user_error_of([&] { other.read({"lateral"}); }),
                   "view \"lateral\" takes none of 7 images (Frontal 7); expected another --view"));
}

TEST_CASE("chexpert: complete tables are compared with the published counts", "[unit]") {
    const TempFolder folder;
    const std::string labels = ",,,,,,,,,,,,,,\n";
    std::string train = header, valid = header;
    for (int i = 0; i < 223414; ++i)
        train +=
            fmt::format("a/train/patient{:05}/study1/view{}_frontal.jpg,Male,50,Frontal,PA{}", i / 4, i % 4, labels);
    for (int i = 0; i < 234; ++i)
        valid += fmt::format("a/valid/patient{:05}/study1/view1_frontal.jpg,Male,50,{}{}", 64541 + i,
                             i < 202 ? "Frontal,PA" : "Lateral,", labels);
    put(folder / "train.csv", train);
    put(folder / "valid.csv", valid);
    for (const char* place :
         {"train/patient00000/study1/view0_frontal.jpg", "valid/patient64541/study1/view1_frontal.jpg"}) {
        fs::create_directories((folder / place).parent_path());
        put(folder / place, "x");
    }
    SourceOptions options;
    options.root = folder.path;
    options.allow_missing = true;
    const auto index = read_chexpert(options, {});
    CHECK(index.images.size() == 2);
    const auto& published = index.provenance.at("published").as_array();
    REQUIRE(published.size() == 4);
    CHECK(published[0] == "223648 images, as published");
    CHECK(published[1] == "223414 images in train.csv, as published");
    CHECK(published[2] == "234 images in valid.csv, as published");
    CHECK(published[3] == "202 frontal images in valid.csv, as published");
}

TEST_CASE("chexpert: the options change the fingerprint, and the prepared file says what they did", "[unit]") {
    const ChexpertFolder folder;
    for (std::size_t i = 0; i < rows.size(); ++i)
        write_image(folder / "CheXpert-v1.0-small" / rows[i].split / rows[i].place,
                    test_image(40, 32, static_cast<int>(i)));
    std::set<std::string> fingerprints;
    const std::vector<StudyLabelOptions> all = {{"frontal"},           {"all"},
                                                {"lateral"},           {"frontal", "present"},
                                                {"frontal", "absent"}, {"frontal", "unknown", "unknown"}};
    for (const auto& options : all)
        fingerprints.insert(prepare(folder.read(options), {16, 1, false}, folder / "out").fingerprint);
    CHECK(fingerprints.size() == all.size());
    prepare(folder.read(), {16, 1, false}, folder / "out");
    const std::string text = summary(PreparedDataset(folder / "out"));
    CHECK(contains(text, "Labels       uncertain (-1) as unknown: 3\n"));
    CHECK(contains(text, "Labels       not mentioned (empty) as absent: 46\n"));
    CHECK(contains(text, "Left out     view Lateral: 2\n"));
    CHECK(contains(text, "Note         age 0, taken as unknown: 1, first patient21514/study1/view1_frontal.jpg\n"));
    CHECK(contains(text, "view PA"));
    CHECK_FALSE(contains(text, "\nNo finding "));
    // The tables are found again where they were, below the root.
    CHECK(changed_tables(PreparedDataset(folder / "out")).empty());
    edit(folder.table("valid"), "Male,73", "Male,74");
    CHECK(contains(changed_tables(PreparedDataset(folder / "out")), "CheXpert-v1.0-small/valid.csv changed"));
}
