#include "tests/support/chexpert_folder.h"

#include "datasets/inspect.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"
#include "datasets/source_record.h"

#include <set>

using namespace mlvicx;
using namespace mlvicx::chexpert_test;

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
