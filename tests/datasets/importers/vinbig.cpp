#include "tests/support/datasets_support.h"

#include "datasets/importers/vinbig/vinbig.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"

#include <fmt/format.h>

using namespace mlvicx;

namespace {

struct VinbigSource : SourceOptions, VinbigOptions {};
DatasetIndex read_vinbig(const VinbigSource& options) {
    return read_vinbig(options, options);
}

using Words = std::vector<std::string>;
const std::string none = "50a418190bc3fb1ef1633bf9678929b3", air = "6ce61a39f1e1bff629566de047ab8775",
                  mixed = "f8418a411444f8ea00f9b3affe70a758", heart = "d29e22e5ef93b44aef8810130ef9acca";

/// Kaggle's table with an (unread) file for every image, each with another extension.
struct Kaggle : TempFolder {
    Kaggle() {
        fs::copy(fs::path(MLVICX_TEST_DATA) / "vinbig" / "train.csv", table());
        fs::create_directory(path / "train");
        for (const auto& name : {none + ".dicom", air + ".dcm", mixed + ".png", heart + ".JPG"})
            put(path / "train" / name, "x");
    }
    fs::path table() const { return path / "train.csv"; }
    /// train_meta.csv: the originals' sizes, next to copies.
    void write_sizes(int height, int width) const {
        std::string sizes = "image_id,dim0,dim1\n";
        for (const auto& id : {none, air, mixed, heart}) sizes += fmt::format("{},{},{}\n", id, height, width);
        put(path / "train_meta.csv", sizes);
    }
    VinbigSource options(const std::string& readers = "majority") const {
        VinbigSource o;
        o.root = path;
        o.readers = readers;
        o.split.kind = "patient";
        return o;
    }
    DatasetIndex read(const std::string& readers) const { return read_vinbig(options(readers)); }
    std::string message() const {
        return user_error_of([&] { read("majority"); });
    }
};

/// PhysioNet's tables for two training images and one test image.
struct Physionet : TempFolder {
    Physionet() {
        fs::create_directories(path / "annotations");
        fs::create_directories(path / "train");
        fs::create_directories(path / "test");
        put(tables() / "image_labels_train.csv",
            "image_id,rad_id,Cardiomegaly,Edema,Tuberculosis,Other diseases,No finding\n"
            "a,R1,1,0,1,0,0\na,R2,1,0,0,0,0\na,R3,0,0,0,1,0\n"
            "b,R4,0,0,0,0,1\nb,R5,0,0,0,0,1\nb,R6,0,1,0,0,0\n");
        put(tables() / "image_labels_test.csv", "image_id,Cardiomegaly,Tuberculosis,Edema,Other disease,No finding\n"
                                                "c,0,0,1,1,0\n");
        put(tables() / "annotations_train.csv", "image_id,rad_id,class_name,x_min,y_min,x_max,y_max\n"
                                                "a,R1,Cardiomegaly,10,20,30,60\na,R2,Cardiomegaly,11,21,31,61\n"
                                                "b,R6,Edema,1,2,3,4\nb,R4,No finding,,,,\n");
        put(tables() / "annotations_test.csv", "image_id,class_name,x_min,y_min,x_max,y_max\nc,Edema,5,6,7,8\n");
        for (const auto* image : {"train/a.dicom", "train/b.dicom", "test/c.dicom"}) put(path / image, "x");
    }
    fs::path tables() const { return path / "annotations"; }
    DatasetIndex read(const std::string& readers, const std::string& kind = "official") const {
        VinbigSource o;
        o.root = path;
        o.readers = readers;
        o.split.kind = kind;
        o.split.validation = 0;
        return read_vinbig(o);
    }
    std::string message() const {
        return user_error_of([&] { read("any"); });
    }
};

} // namespace

TEST_CASE("vinbig: Kaggle's table gives labels by any, the majority or all readers", "[reference]") {
    const Kaggle folder;
    const auto any = folder.read("any"), most = folder.read("majority"), all = folder.read("unanimous");
    REQUIRE(any.images.size() == 4);
    CHECK(any.classes.size() == 14);
    for (const auto* index : {&any, &most, &all}) CHECK(findings_of(*index, none).empty());
    CHECK(findings_of(any, air) ==
          Words{"Atelectasis", "Consolidation", "Lung Opacity", "Nodule/Mass", "Pneumothorax"});
    CHECK(findings_of(most, air) == Words{"Lung Opacity", "Pneumothorax"});
    CHECK(findings_of(all, air).empty());
    CHECK(findings_of(most, mixed) == Words{"Aortic enlargement", "Pleural effusion"});
    CHECK(findings_of(all, heart) == Words{"Aortic enlargement", "Cardiomegaly"});
    CHECK(most.provenance.at("readers") == "majority");
}

TEST_CASE("vinbig: boxes of present findings are kept, those of every reader who drew one", "[reference]") {
    const Kaggle folder;
    folder.write_sizes(4000, 4000);
    const auto most = folder.read("majority"), all = folder.read("unanimous");
    CHECK(folder.read("any").boxes.size() == 24); // all rows except the three of No finding
    CHECK(all.boxes.size() == 6);
    std::size_t effusions = 0;
    for (const Box& box : most.boxes) {
        CHECK(most.images[box.image].labels[box.label] == 1);
        effusions += most.classes[box.label] == "Pleural effusion";
    }
    CHECK(effusions == 3);
    const Box& first = most.boxes.front();
    CHECK(most.images[first.image].id == air);
    CHECK((first.x == 1425 && first.y == 818 && first.width == 429 && first.height == 766));
}

TEST_CASE("vinbig: boxes fit smaller copies if the table has the original size, and are left out if not", "[unit]") {
    const Kaggle folder;
    for (const auto& name : {none + ".dicom", air + ".dcm", mixed + ".png", heart + ".JPG"})
        fs::remove(folder / "train" / name);
    for (const auto& id : {none, air, mixed, heart}) write_image(folder / "train" / (id + ".png"), test_image(64, 64));
    const auto plain = folder.read("any");
    CHECK(plain.boxes.empty());
    CHECK(contains(plain.provenance.at("boxes_left_out").as_string().c_str(), "24 of 24 boxes are left out"));
    CHECK(findings_of(plain, air).size() == 5); // labels need no size
    folder.write_sizes(2560, 3200);
    const auto index = folder.read("any");
    prepare(index, {32, 1, false}, folder / "out");
    const PreparedDataset dataset(folder / "out");
    CHECK(dataset.boxes()[0].x == Approx(1425.0 * 32 / 3200));
    CHECK(dataset.boxes()[0].y == Approx(818.0 * 32 / 2560));
    put(folder / "train_meta.csv", "image_id,dim0,dim1\n" + air + ",2560,wide\n");
    CHECK(contains(user_error_of([&] { folder.read("any"); }), "train_meta.csv, row 2: width \"wide\""));
}

TEST_CASE("vinbig: rows of Kaggle's table that contradict themselves are named with file and row", "[unit]") {
    const auto refusal = [](const std::string& from, const std::string& to) {
        const Kaggle folder;
        edit(folder.table(), from, to);
        return folder.message();
    };
    CHECK(contains(refusal("Lung Opacity,7,R10", "Lung Opacity,8,R10"), "row 3: class_id of Lung Opacity is \"8\""));
    CHECK(contains(refusal("Lung Opacity,7,R10", "Opacity,7,R10"), "row 3: unknown finding \"Opacity\""));
    CHECK(contains(refusal("1425.0,818.0,1854.0", "1854.0,818.0,1425.0"), "row 3: the box from (1854, 818) to (1425"));
    CHECK(contains(refusal("1425.0,818.0,1854.0", "x,818.0,1854.0"), "row 3: the box has \"x\""));
    CHECK(contains(refusal("1425.0,818.0,1854.0,1584.0", ",,,"), "row 3: \"Lung Opacity\" without a box"));
    CHECK(contains(refusal("R11,,,,", "R11,1,1,2,2"), "row 2: \"No finding\" with a box"));
    CHECK(contains(refusal("Lung Opacity,7,R10", "Lung Opacity,7,"), "row 3: has no reader"));
    CHECK(contains(refusal("Lung Opacity,7,R10,1425.0,818.0,1854.0,1584.0", "No finding,14,R10,,,,"),
                   "reader R10 has both findings and \"No finding\" for image " + air));
    const Kaggle folder;
    auto options = folder.options();
    options.split.kind = "official";
    CHECK(contains(user_error_of([&] { read_vinbig(options); }), "VinBig on Kaggle publishes no split"));
}

TEST_CASE("vinbig: PhysioNet's tables give readers' training labels, consensus test labels and boxes", "[unit]") {
    const Physionet folder;
    const auto any = folder.read("any"), most = folder.read("majority"), all = folder.read("unanimous");
    CHECK(any.classes == Words{"Cardiomegaly", "Edema", "Tuberculosis", "Other diseases"});
    CHECK(findings_of(any, "a") == Words{"Cardiomegaly", "Tuberculosis", "Other diseases"});
    CHECK(findings_of(most, "a") == Words{"Cardiomegaly"});
    CHECK(findings_of(all, "a").empty());
    CHECK(findings_of(most, "b").empty());
    for (const auto* index : {&any, &most, &all}) // another order of columns, another spelling
        CHECK(findings_of(*index, "c") == Words{"Edema", "Other diseases"});
    CHECK(image_of(any, "a").split == Split::train);
    CHECK(image_of(any, "c").split == Split::test);
    CHECK(any.boxes.size() == 4);
    CHECK(most.boxes.size() == 3);
    CHECK(folder.read("any", "patient").images.size() == 3);
}

TEST_CASE("vinbig: PhysioNet's tables that do not fit each other are refused", "[unit]") {
    const auto refusal = [](const std::string& file, const std::string& from, const std::string& to) {
        const Physionet folder;
        edit(folder.tables() / file, from, to);
        return folder.message();
    };
    const std::string train = "image_labels_train.csv", test = "image_labels_test.csv";
    CHECK(contains(refusal(train, "a,R2,1", "a,R2,2"), "row 3: Cardiomegaly is \"2\", expected 0 or 1"));
    CHECK(contains(refusal(train, "a,R2,", "a,R1,"), "row 3: duplicate row for image a read by R1"));
    CHECK(contains(refusal(train, "b,R6,0,1,0,0,0", "b,R6,0,1,0,0,1"), "row 7: has both findings and"));
    CHECK(contains(refusal(test, "c,0", "a,0"), "row 2: image a is among the training images too"));
    CHECK(contains(refusal(test, "Edema", "Oedema"), "has the findings Cardiomegaly, Tuberculosis, Oedema"));
    CHECK(contains(refusal("annotations_train.csv", "a,R1", "z,R1"), "row 2: image z has no row in the label table"));
    CHECK(contains(refusal("annotations_test.csv", "Edema", "Oedema"), "unknown finding \"Oedema\""));
    const Physionet folder;
    fs::remove(folder.tables() / test);
    CHECK(contains(folder.message(), test));
}
