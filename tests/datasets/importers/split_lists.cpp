#include "tests/support/datasets_support.h"

#include "datasets/import.h"
#include "datasets/importers/manifest.h"
#include "datasets/inspect.h"
#include "datasets/phantom/phantom.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"
#include "datasets/source_record.h"

#include <fmt/ranges.h>

#include <map>

using namespace mlvicx;

namespace {

/// A manifest of eight images of six patients, p0 and p1 with two images each, in a folder with lists.
struct Listed : TempFolder {
    Listed() {
        std::string text = "id,path,patient,split,Mass\n";
        fs::create_directory(path / "images");
        for (int i = 0; i < 8; ++i) {
            write_image(path / fmt::format("images/film{}.png", i), test_image(24, 24, i));
            text += fmt::format("case {0},images/film{0}.png,p{1},test,{2}\n", i, i < 4 ? i / 2 : i - 2, i % 2);
        }
        put(path / "own.csv", text);
        put(path / "train.txt", "film0\nfilm1\nfilm2\nfilm3\n");
        put(path / "val.txt", "film4\n");
        put(path / "test.txt", "film5\nfilm6\n");
    }
    ImportOptions options() const {
        ImportOptions o;
        o.importer = "manifest";
        o.own<ManifestOptions>().file = path / "own.csv";
        o.split.kind = "lists";
        o.split.train_list = path / "train.txt";
        o.split.validation_list = path / "val.txt";
        o.split.test_list = path / "test.txt";
        o.size = 16;
        return o;
    }
    /// The message about a list with this text instead.
    std::string message(const std::string& list, const std::string& text) const {
        const std::string before = read_text(path / list);
        put(path / list, text);
        const std::string message = user_error_of([&] { import_dataset(options()); });
        put(path / list, before);
        return message;
    }
};

std::map<std::string, Split> splits_of(const DatasetIndex& index) {
    std::map<std::string, Split> result;
    for (const ImageEntry& image : index.images) result[image.id] = image.split;
    return result;
}

std::map<std::string, std::string> ids_by_split(const DatasetIndex& index) {
    std::map<std::string, std::string> text;
    for (const auto& [id, split] : splits_of(index)) text[name_of(split)] += id + '\n';
    return text;
}

} // namespace

TEST_CASE("split_lists: lists decide over a split column; unlisted images are left out and counted", "[unit]") {
    const Listed folder;
    const auto index = import_dataset(folder.options());
    const std::map<std::string, Split> expected = {
        {"case 0", Split::train},      {"case 1", Split::train}, {"case 2", Split::train}, {"case 3", Split::train},
        {"case 4", Split::validation}, {"case 5", Split::test},  {"case 6", Split::test}};
    CHECK(splits_of(index) == expected);
    CHECK(index.provenance.at("unlisted").at("count") == 1);
    CHECK(index.provenance.at("unlisted").at("first").at(0) == "case 7");
    CHECK(index.provenance.at("lists").at("train").at("images") == 4);
    CHECK(index.provenance.at("splits") == "lists: train by train.txt (4), validation by val.txt (1), test by test.txt "
                                           "(2)");
}

TEST_CASE("split_lists: images are listed by id or file name, with or without folders and suffix", "[unit]") {
    const Listed folder;
    const auto expected = splits_of(import_dataset(folder.options()));
    for (const std::string text : {"case 0\ncase 1\ncase 2\ncase 3\n",
                                   "\xEF\xBB\xBFImage,Mass\r\nimages/film0.png,1\r\nfilm1.PNG,0\r\n"
                                   "/elsewhere/film2.jpg,0\r\n\"film3\",1\r\n",
                                   "film3 1\nfilm1 0\nfilm2 0\nfilm0 1\n"}) {
        INFO(text);
        put(folder / "train.txt", text);
        CHECK(splits_of(import_dataset(folder.options())) == expected);
    }
}

TEST_CASE("split_lists: without a list, validation is carved from the training patients, or left empty", "[unit]") {
    const Listed folder;
    auto options = folder.options();
    options.split.validation_list.clear();
    options.split.validation = 0.999999;
    auto index = import_dataset(options);
    for (const auto& [id, split] : splits_of(index)) CHECK(split != Split::train);
    CHECK(index.images.size() == 6); // film4 is in no list
    options.split.validation = 0;
    index = import_dataset(options);
    CHECK(index.images.size() == 6);
    for (const auto& [id, split] : splits_of(index)) CHECK(split != Split::validation);
}

TEST_CASE("split_lists: unknown, repeated and shared images are refused with count and examples", "[unit]") {
    const Listed folder;
    CHECK(contains(folder.message("train.txt", "film0\nfilm8\nfilm9\n"),
                   "train.txt: 2 of 3 listed images are not in dataset \"manifest\" (8 images), such as film8 (row 2), "
                   "film9 (row 3); expected ids or file names of its images; --allow-missing"));
    CHECK(contains(folder.message("train.txt", "film0\nfilm1\ncase 0\n"),
                   "1 of 3 lines repeat an image, such as case 0 (rows 1 and 3); expected each image once"));
    CHECK(contains(folder.message("train.txt", "film0\nfilm1\nfilm5\nfilm6\n"),
                   "2 images are in both, such as case 5, case 6; expected each image in one list"));
    CHECK(contains(folder.message("val.txt", "film6\nfilm5\n"),
                   "list the same 2 images for validation and for test; to choose by the test images as published"));
    CHECK(contains(folder.message("val.txt", ""), "val.txt: is empty"));
    auto options = folder.options();
    options.split.test_list = folder / "none.txt";
    CHECK(contains(user_error_of([&] { import_dataset(options); }), "none.txt"));
}

TEST_CASE("split_lists: a name that fits several images is refused, unless its folder tells them apart", "[unit]") {
    const Listed folder;
    fs::create_directories(folder / "other");
    fs::copy(folder / "images/film0.png", folder / "other/film0.png");
    put(folder / "own.csv", read_text(folder / "own.csv") + "case 8,other/film0.png,p9,test,0\n");
    CHECK(contains(folder.message("train.txt", "film1\nfilm0\n"), "row 2: \"film0\" fits 2 images, such as case 0 and "
                                                                  "case 8; expected a name that fits one"));
    put(folder / "own.csv", "path,Mass\nimages/film0.png,1\nother/film0.png,0\nimages/film1.png,0\nimages/film2.png,1\n"
                            "images/film3.png,0\nimages/film4.png,0\nimages/film5.png,0\nimages/film6.png,1\n");
    put(folder / "train.txt", "other/film0.png\n");
    const auto index = import_dataset(folder.options());
    CHECK(splits_of(index).at("other/film0.png") == Split::train);
    CHECK_FALSE(splits_of(index).contains("images/film0.png"));
}

TEST_CASE("split_lists: patients in two splits are refused, or accepted on request and recorded", "[unit]") {
    const Listed folder;
    put(folder / "train.txt", "film0\nfilm2\nfilm3\n");
    put(folder / "test.txt", "film1\nfilm5\nfilm6\n");
    auto options = folder.options();
    const std::string text = "1 patients have images in two splits, such as patient p0 (1 training, 0 validation, 1 "
                             "test images); 1 of 3 test images are theirs";
    CHECK(contains(user_error_of([&] { import_dataset(options); }), text));
    CHECK(contains(user_error_of([&] { import_dataset(options); }), "--allow-shared-patients"));
    options.split.allow_shared_patients = true;
    const auto index = import_dataset(options);
    CHECK(index.provenance.at("shared_patients").at("count") == 1);
    CHECK(index.provenance.at("shared_patients").at("test_images") == 1);
    prepare_dataset(options, folder / "out.safetensors");
    const PreparedDataset prepared(folder / "out.safetensors");
    CHECK(contains(summary(prepared), "patients in two splits: 1, first p0"));
}

TEST_CASE("split_lists: listed images that the dataset lacks count as missing only on request", "[unit]") {
    const Listed folder;
    put(folder / "train.txt", "film0\nfilm1\nfilm17\n");
    fs::remove(folder / "images/film1.png");
    auto options = folder.options();
    options.allow_missing = true;
    const auto index = import_dataset(options);
    CHECK(ids_by_split(index) == std::map<std::string, std::string>{
                                     {"train", "case 0\n"}, {"validation", "case 4\n"}, {"test", "case 5\ncase 6\n"}});
    CHECK(index.provenance.at("listed_but_missing").at("count") == 2); // film1 has no file, film17 no row
    put(folder / "train.txt", "film17\n");
    CHECK(contains(user_error_of([&] { import_dataset(options); }), "1 of 1 listed images are not in dataset"));
}

TEST_CASE("split_lists: kind and lists must agree", "[unit]") {
    const Listed folder;
    auto options = folder.options();
    options.split.kind = "patient";
    CHECK(contains(user_error_of([&] { import_dataset(options); }), "but kind \"patient\" uses no lists"));
    options.split.kind = "lists";
    options.split.test_list.clear();
    CHECK(contains(user_error_of([&] { import_dataset(options); }), "split.test names no list"));
}

TEST_CASE("split_lists: a changed list is noticed, and another one gives another fingerprint", "[unit]") {
    const Listed folder;
    const auto first = prepare_dataset(folder.options(), folder / "out.safetensors");
    const PreparedDataset prepared(folder / "out.safetensors");
    CHECK(changed_sources(prepared, folder.options()).empty());
    CHECK(changed_tables(prepared).empty());
    put(folder / "test.txt", "film5\n");
    CHECK(changed_sources(prepared, folder.options()) == "test list test.txt and images or masks changed");
    CHECK(changed_tables(prepared) == (folder / "test.txt").string() + " changed");
    CHECK(prepare_dataset(folder.options(), folder / "out2.safetensors").fingerprint != first.fingerprint);
}

TEST_CASE("split_lists: every importer splits by lists", "[unit]") {
    for (const std::string layout : {"nih", "rsna", "siim", "siim_png", "vinbig"}) {
        INFO(layout);
        const TempFolder folder;
        ImportOptions options;
        options.importer = "phantom";
        options.root = folder / layout;
        options.split.kind = "patient";
        options.split.validation = 0.2;
        options.own<PhantomOptions>().layout = layout;
        options.own<PhantomOptions>().images = 40;
        options.own<PhantomOptions>().size = 64;
        const auto by_patient = import_dataset(options);
        const auto ids = ids_by_split(by_patient);
        for (const auto& [split, text] : ids) put(folder / (split + ".txt"), text);
        options.split.kind = "lists";
        options.split.train_list = folder / "train.txt";
        options.split.validation_list = folder / "validation.txt";
        options.split.test_list = folder / "test.txt";
        const auto by_lists = import_dataset(options);
        CHECK(splits_of(by_lists) == splits_of(by_patient));
        CHECK(by_lists.boxes.size() == by_patient.boxes.size());
    }
}

TEST_CASE("split_lists: SIIM's PNG copy is listed by its file names", "[unit]") {
    const TempFolder folder;
    ImportOptions options;
    options.importer = "phantom";
    options.root = folder / "siim";
    options.split.kind = "official";
    options.own<PhantomOptions>().layout = "siim_png";
    options.own<PhantomOptions>().images = 40;
    options.own<PhantomOptions>().size = 64;
    const auto official = import_dataset(options);
    std::map<Split, std::string> text;
    for (const ImageEntry& image : official.images) text[image.split] += image.file.stem().string() + '\n';
    for (const auto& [split, names] : text) put(folder / name_of(split), names);
    options.split.kind = "lists";
    options.split.train_list = folder / "train";
    options.split.validation_list = folder / "validation";
    options.split.test_list = folder / "test";
    CHECK(splits_of(import_dataset(options)) == splits_of(official));
}

TEST_CASE("split_lists: options at their defaults leave the resolved configuration as it was", "[unit]") {
    SplitOptions options;
    CHECK(json::serialize(resolved([&](Fields& f) { fields(f, options); })) ==
          R"({"kind":"official","seed":0,"validation":1.25E-1,"test":2E-1,"keep_copies_together":false})");
    options.train_list = "a";
    options.test_list = "b";
    const auto with_lists = resolved([&](Fields& f) { fields(f, options); });
    CHECK(with_lists.at("train") == "a");
    CHECK(with_lists.at("test") == "b");
    CHECK(with_lists.at("validation") == 0.125);
    SplitOptions read;
    overlay(with_lists, "here", "$", [&](Fields& f) { fields(f, read); });
    CHECK((read.train_list == "a" && read.test_list == "b" && read.validation_list.empty()));
    CHECK(contains(user_error_of([&] {
                       overlay(json::parse(R"({"validation": true})"), "here", "$",
                               [&](Fields& f) { fields(f, read); });
                   }),
                   "here: $.validation is a boolean, expected a number or a file"));
}
