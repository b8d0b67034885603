#include "tests/support/chexpert_folder.h"

#include <fmt/ranges.h>

using namespace mlvicx;
using namespace mlvicx::chexpert_test;

TEST_CASE("chexpert_layouts: images are found by their path from the patient on in all four layouts", "[unit]") {
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

TEST_CASE("chexpert_layouts: tables may be compressed", "[unit]") {
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

TEST_CASE("chexpert_layouts: missing images are counted and left out if that is allowed", "[unit]") {
    const ChexpertFolder folder;
    fs::remove(folder / "CheXpert-v1.0-small/train" / doubtful);
    CHECK(contains(folder.message(), "1 of 5 images are missing, first " + doubtful));
    auto options = folder.options();
    options.allow_missing = true;
    const auto index = read_chexpert(options, {});
    CHECK(index.images.size() == 4);
    CHECK(index.provenance.at("missing").at("count") == 1);
}

TEST_CASE("chexpert_layouts: tables that are not the dataset's are refused in one sentence", "[unit]") {
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

TEST_CASE("chexpert_layouts: complete tables are compared with the published counts", "[unit]") {
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
