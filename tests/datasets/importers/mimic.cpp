#include "datasets/importers/mimic.h"

#include "tests/support/datasets_support.h"

#include <fmt/ranges.h>

#include <map>

using namespace mlvicx;

namespace {

using Labels = std::vector<std::int8_t>;

const std::string classes =
    "Atelectasis,Cardiomegaly,Consolidation,Edema,Enlarged Cardiomediastinum,Fracture,Lung Lesion,"
    "Lung Opacity,No Finding,Pleural Effusion,Pleural Other,Pneumonia,Pneumothorax,"
    "Support Devices"; // MIMIC's order is not CheXpert's

/// An image: its name, its study, its view.
struct Listed {
    std::string id, subject, study, view, split;
    std::string file() const {
        return fmt::format("files/p{}/p{}/s{}/{}.jpg", subject.substr(0, 2), subject, study, id);
    }
};
const std::vector<Listed> listed = {
    {"02aa804e-bde0afdd-112c0b34-7bc16630-4e384014", "10000032", "50414267", "PA", "train"},
    {"174413ec-4ec4c1f7-34ea26b7-c5f994f8-79ef1962", "10000032", "50414267", "LATERAL", "train"},
    {"2a2277a9-b0ded155-c0de8eb9-c124d10e-82c5caab", "10000032", "53189527", "AP", "train"},
    {"68b5c4b1-227d0485-9cc38c3f-7b84ab51-4b472714", "10000764", "57375967", "AP", "validate"},
    {"096052b7-d256dc40-453a102b-fa7d01c6-1b22c6b4", "10000764", "57375967", "LL", "validate"},
    {"b79e55c3-735ce5ac-64412506-cdc9ea79-f1af521f", "11000898", "50771383", "PA", "test"},
    {"dc28eb80-1b5f5e4b-b1d1b1e4-b1e4b1e4-b1e4b1e4", "11000898", "50771383", "", "test"},
    {"ea030e7a-2e3b1346-bc518786-7a8fd698-f673b44c", "11000898", "54205396", "XTABLE LATERAL", "test"},
};

/// The tables in a folder, and an (unread) file for each image.
struct MimicFolder : TempFolder {
    explicit MimicFolder(bool packed = true) : packed_(packed) {
        std::string metadata =
                        "dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns,"
                        "StudyDate,StudyTime\n",
                    split = "dicom_id,study_id,subject_id,split\n";
        for (const Listed& image : listed) {
            metadata += fmt::format("{},{},{},CHEST (PA AND LAT),{},3056,2544,21800506,213014.531\n", image.id,
                                    image.subject, image.study, image.view);
            split += fmt::format("{},{},{},{}\n", image.id, image.study, image.subject, image.split);
            fs::create_directories((path / image.file()).parent_path());
            put(path / image.file(), "x");
        }
        write("metadata", metadata);
        write("split", split);
        // Study 54205396 has no row.
        write("chexpert", "subject_id,study_id," + classes +
                              "\n"
                              "10000032,50414267,,,,,,,,,1.0,,,,,\n"
                              "10000032,53189527,-1.0,,,0.0,,,,1.0,,1.0,,-1.0,,\n"
                              "10000764,57375967,,,1.0,,,,,,,,,-1.0,,\n"
                              "11000898,50771383,,1.0,,,,,,,,,,,,1.0\n");
        write("negbio", "subject_id,study_id," + classes +
                            "\n"
                            "10000032,50414267,,,,,,,,,1.0,,,,,\n"
                            "10000032,53189527,1.0,,,0.0,,,,1.0,,1.0,,-1.0,,\n"
                            "10000764,57375967,,,1.0,,,,,,,,,1.0,,\n"
                            "11000898,50771383,,1.0,,,,,,,,,,,,1.0\n");
    }
    void write(const std::string& kind, const std::string& text) const {
        put(table(kind), packed_ ? gzip(text) : text);
    }
    void edit(const std::string& kind, const std::string& from, const std::string& to) const {
        std::string text = packed_ ? gunzip(read_text(table(kind)), kind) : read_text(table(kind));
        const auto at = text.find(from);
        REQUIRE(at != std::string::npos);
        write(kind, text.replace(at, from.size(), to));
    }
    fs::path table(const std::string& kind) const {
        return path / ("mimic-cxr-2.0.0-" + kind + (packed_ ? ".csv.gz" : ".csv"));
    }
    SourceOptions options(const std::string& kind = "official") const {
        SourceOptions o;
        o.root = path;
        o.split.kind = kind;
        return o;
    }
    DatasetIndex read(const StudyLabelOptions& labels = {}, const MimicOptions& own = {}) const {
        return read_mimic(options(), own, labels);
    }
    std::string message(const std::string& kind = "official") const {
        return user_error_of([&] { read_mimic(options(kind), {}, {}); });
    }

private:
    bool packed_;
};

std::int64_t counted(const DatasetIndex& index, const char* group, const std::string& name) {
    return index.provenance.at(group).at(name).at("count").to_number<std::int64_t>();
}

} // namespace

TEST_CASE("mimic: labels are of the study, in the order of their names, from packed tables as from unpacked ones",
          "[unit]") {
    for (const bool packed : {true, false}) {
        const MimicFolder folder(packed);
        const auto index = folder.read();
        REQUIRE(index.images.size() == 4);
        CHECK(index.classes == study_classes());
        CHECK(findings_of(index, listed[0].id) == std::vector<std::string>{"No Finding"});
        CHECK(findings_of(index, listed[2].id) == std::vector<std::string>{"Lung Opacity", "Pleural Effusion"});
        CHECK(image_of(index, listed[2].id).labels == Labels{0, 0, 0, 1, 0, 0, 0, -1, -1, 0, 1, 0, 0, 0});
        CHECK(findings_of(index, listed[5].id) == std::vector<std::string>{"Cardiomegaly", "Support Devices"});
        CHECK(image_of(index, listed[2].id).patient == "10000032");
        CHECK(image_of(index, listed[2].id).file == folder / listed[2].file());
        CHECK(image_of(index, listed[2].id).attributes == AttributeTexts{"", "", "AP"});
        CHECK(index.provenance.at("sources").as_object().contains(folder.table("chexpert").filename().string()));
    }
    const MimicFolder folder;
    const auto negbio = folder.read({}, {"negbio", ""});
    CHECK(image_of(negbio, listed[2].id).labels == Labels{0, 0, 0, 1, 0, 0, 0, -1, 1, 0, 1, 0, 0, 0});
    CHECK(negbio.provenance.at("labeler") == "negbio");
}

TEST_CASE("mimic: AP and PA are frontal, LATERAL and LL lateral, and others are left out and counted by name",
          "[unit]") {
    const MimicFolder folder;
    auto index = folder.read();
    CHECK(counted(index, "left_out_by_view", "LATERAL") == 1);
    CHECK(counted(index, "left_out_by_view", "LL") == 1);
    CHECK(counted(index, "left_out_by_view", "XTABLE LATERAL") == 1);
    CHECK(counted(index, "left_out_by_view", "empty") == 1);
    index = folder.read({"lateral"});
    REQUIRE(index.images.size() == 2);
    CHECK(index.images[0].id == listed[1].id);
    CHECK(index.images[1].id == listed[4].id);
    CHECK(index.images[1].attributes[2] == "lateral");
    CHECK(findings_of(index, listed[1].id) == std::vector<std::string>{"No Finding"});
    index = folder.read({"all"});
    CHECK(index.images.size() == listed.size());
    CHECK(image_of(index, listed[6].id).attributes[2].empty());
}

TEST_CASE("mimic: a study without a row has unknown labels, which are counted", "[unit]") {
    const MimicFolder folder;
    const auto index = folder.read({"all", "present", "absent"});
    CHECK(image_of(index, listed[7].id).labels == Labels(14, -1));
    CHECK(counted(index, "label_rules", "images without a row, as unknown") == 1);
    CHECK(index.provenance.at("label_rules").at("images without a row, as unknown").at("first").as_array()[0] ==
          json::value(listed[7].id));
    // Two of study 53189527; one of each of the two images of 57375967.
    CHECK(counted(index, "label_rules", "uncertain (-1) as present") == 4);
    CHECK(counted(index, "label_rules", "not mentioned (empty) as absent") == 7 * 14 - (2 * 1 + 5 + 2 * 2 + 2 * 2));
}

TEST_CASE("mimic: studies with labels that the metadata lack are counted, whatever view is taken", "[unit]") {
    const MimicFolder folder;
    CHECK_FALSE(folder.read({"lateral"}).provenance.contains("studies_without_images"));
    folder.edit("chexpert", "11000898,50771383", "11000898,59999999");
    const auto index = folder.read();
    CHECK(index.provenance.at("studies_without_images") == json::value({{"count", 1}, {"first", "11000898/59999999"}}));
}

TEST_CASE("mimic: the split table's splits are the official ones, and other kinds do not need it", "[unit]") {
    const MimicFolder folder;
    const auto index = folder.read({"all"});
    const std::map<std::string, Split> expected = {
        {"train", Split::train}, {"validate", Split::validation}, {"test", Split::test}};
    for (const Listed& image : listed) CHECK(image_of(index, image.id).split == expected.at(image.split));
    CHECK(index.provenance.at("splits") == "train, validate and test of mimic-cxr-2.0.0-split.csv.gz");
    fs::remove(folder.table("split"));
    CHECK(contains(folder.message(), "expected one of mimic-cxr-2.0.0-split.csv, mimic-cxr-2.0.0-split.csv.gz"));
    CHECK(read_mimic(folder.options("patient"), {}, {}).images.size() == 4);
}

TEST_CASE("mimic: images are found in a copy under another root, and a part of the folders is enough if allowed",
          "[unit]") {
    const MimicFolder folder;
    const TempFolder copy;
    for (const Listed& image : listed) {
        const fs::path file = copy / "resized" / fs::path(image.file()).replace_extension(".png");
        fs::create_directories(file.parent_path());
        put(file, "x");
    }
    auto options = folder.options();
    options.images = copy.path;
    CHECK(image_of(read_mimic(options, {}, {}), listed[0].id).file.string().starts_with(copy.path.string()));
    fs::remove_all(copy / "resized/files/p11");
    CHECK(contains(user_error_of([&] { read_mimic(options, {}, {}); }),
                   "1 of 4 images are missing, first " + listed[5].id));
    options.allow_missing = true;
    const auto part = read_mimic(options, {}, {"all"});
    CHECK(part.images.size() == 5);
    CHECK(part.provenance.at("missing").at("count") == 3);
    options.images = (copy / "resized/files/p10").string();
    CHECK(read_mimic(options, {}, {"all"}).images.size() == 5);
}

TEST_CASE("mimic: sex and age come from MIMIC-IV's patients, with the age at the study", "[unit]") {
    const MimicFolder folder;
    const auto read = [&](const std::string& text) {
        put(folder / "patients.csv.gz", gzip(text));
        return folder.read({}, {"chexpert", folder / "patients.csv.gz"});
    };
    // The first study is of 2180, as all.
    auto index = read("subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod\n"
                      "10000032,F,52,2180,2014 - 2016,2180-09-09\n"
                      "10000764,M,86,2176,2014 - 2016,\n");
    CHECK(image_of(index, listed[0].id).attributes == AttributeTexts{"female", "52", "PA"});
    CHECK(image_of(index, listed[3].id).attributes == AttributeTexts{"male", "90", "AP"});
    CHECK(image_of(index, listed[5].id).attributes == AttributeTexts{"", "", "PA"});
    CHECK(counted(index, "attribute_notes", "patient not in MIMIC-IV's table, sex and age unknown") == 1);
    index = read("subject_id,gender,anchor_age\n10000032,F,52\n10000764,M,86\n11000898,,0\n");
    CHECK(image_of(index, listed[3].id).attributes == AttributeTexts{"male", "86", "AP"});
    CHECK(image_of(index, listed[5].id).attributes == AttributeTexts{"", "", "PA"});
    CHECK(counted(index, "attribute_notes", "age 0, taken as unknown") == 1);
    CHECK(contains(user_error_of([&] { read("subject_id,gender,anchor_age\n10000032,F,52\n10000032,F,52\n"); }),
                   "patients.csv.gz, row 3: repeated subject_id 10000032"));
    CHECK(contains(user_error_of([&] { read("subject_id,sex,anchor_age\n10000032,F,52\n"); }),
                   "has no column \"gender\""));
    CHECK(contains(user_error_of([&] { folder.read({}, {"chexpert", folder / "absent.csv"}); }), "absent.csv"));
}

TEST_CASE("mimic: tables that are not the dataset's, or contradict each other, are refused in one sentence", "[unit]") {
    const auto message_with = [](const std::string& kind, const std::string& from, const std::string& to) {
        const MimicFolder folder;
        folder.edit(kind, from, to);
        return folder.message();
    };
    CHECK(contains(message_with("chexpert", "Lung Opacity", "Airspace Opacity"),
                   "chexpert.csv.gz: lacks 1 of the 14 label columns: Lung Opacity; found: subject_id, study_id"));
    CHECK(
        contains(message_with("chexpert", "53189527,-1.0", "53189527,2.0"), "row 3: Atelectasis is \"2.0\", expected"));
    CHECK(contains(message_with("chexpert", "10000032,53189527", "10000032,50414267"),
                   "row 3: repeated study 10000032/50414267, expected each once"));
    CHECK(contains(message_with("chexpert", "10000032,53189527", "p10000032,53189527"),
                   "row 3: subject_id is \"p10000032\", expected a whole number"));
    CHECK(contains(message_with("metadata", listed[2].id, listed[0].id), "duplicate image " + listed[0].id));
    CHECK(contains(message_with("metadata", listed[2].id, ""), "row 4: has no dicom_id"));
    CHECK(contains(message_with("metadata", "ViewPosition", "View"), "has no column \"ViewPosition\""));
    CHECK(contains(message_with("split", listed[2].id, listed[0].id), "row 4: repeated image " + listed[0].id));
    CHECK(contains(message_with("split", ",train\n", ",fold1\n"),
                   "row 2: split is \"fold1\", expected train, validate or"));
    CHECK(contains(message_with("split", listed[2].id, "0"),
                   "split.csv.gz: lacks 1 of 4 images, first " + listed[2].id + "; expected a row for each"));
    CHECK(contains(message_with("split", "50414267,10000032", "50414267,10000764"),
                   "is of study 10000764/50414267, but of 10000032/50414267 in the metadata"));
    CHECK(contains(message_with("split", "53189527,10000032,train", "53189527,10000032,test"),
                   "patient 10000032 has images in two splits"));

    const MimicFolder folder;
    const std::string bytes = read_text(folder.table("split"));
    put(folder.table("split"), bytes.substr(0, bytes.size() - 5));
    CHECK(contains(folder.message(), "mimic-cxr-2.0.0-split.csv.gz: truncated gzip data"));
    put(folder.table("split"), bytes);
    put(folder / "mimic-cxr-2.0.0-split.csv", "x");
    CHECK(contains(folder.message(), "found mimic-cxr-2.0.0-split.csv, mimic-cxr-2.0.0-split.csv.gz"));
    fs::remove(folder / "mimic-cxr-2.0.0-split.csv");
    folder.write("metadata", "dicom_id,subject_id,study_id,ViewPosition\n");
    CHECK(contains(folder.message(), "metadata.csv.gz: has no images, only a header"));
    fs::remove(folder.table("metadata"));
    CHECK(contains(folder.message(), "expected one of mimic-cxr-2.0.0-metadata.csv, mimic-cxr-2.0.0-metadata.csv.gz"));
}
