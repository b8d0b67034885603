#include "tests/support/datasets_support.h"

#include "datasets/importers/manifest.h"

using namespace mlvicx;

namespace {

struct ManifestSource : SourceOptions, ManifestOptions {};
DatasetIndex read_manifest(const ManifestSource& options) {
    return read_manifest(options, options);
}

/// A folder with images a.png .. d.png, masks m.png and n.png, and one manifest.
struct Own : TempFolder {
    Own() {
        fs::create_directories(path / "images");
        for (const auto* name : {"images/a.png", "images/b.png", "images/c.png", "images/d.png", "m.png", "n.png"})
            put(path / name, "x");
    }
    ManifestSource options(const std::string& text, const std::string& kind = "patient") const {
        put(path / "own.csv", text);
        ManifestSource o;
        o.file = path / "own.csv";
        o.split.kind = kind;
        return o;
    }
    DatasetIndex read(const std::string& text, const std::string& kind = "patient") const {
        return read_manifest(options(text, kind));
    }
    std::string message(const std::string& text, const std::string& kind = "patient") const {
        return user_error_of([&] { read(text, kind); });
    }
};

using Labels = std::vector<std::int8_t>;

} // namespace

TEST_CASE("manifest: a path and numeric columns are enough", "[unit]") {
    const Own own;
    const auto index =
        own.read("path,Mass,site,Edema\nimages/a.png,1,north,0\nimages/b.png,,south,-1\nimages/c.png,0,north,1.0\n");
    CHECK(index.classes == std::vector<std::string>{"Mass", "Edema"});
    REQUIRE(index.images.size() == 3);
    CHECK(index.images[0].labels == Labels{1, 0});
    CHECK(index.images[1].labels == Labels{-1, -1});
    CHECK(index.images[2].labels == Labels{0, 1});
    CHECK(index.images[0].id == "images/a.png");
    CHECK(index.images[0].patient == "images/a.png");
    CHECK(index.images[0].file == own / "images/a.png");
}

TEST_CASE("manifest: paths are relative to the named folder, else to the CSV", "[unit]") {
    const Own own;
    const TempFolder elsewhere;
    put(elsewhere / "list.csv",
        "path,mask,Mass\nimages/a.png,m.png,1\nimages/b.png,,0\nimages/c.png,,0\nimages/d.png,,1\n");
    ManifestSource options;
    options.file = elsewhere / "list.csv";
    options.split.kind = "patient";
    CHECK_THROWS_AS(read_manifest(options), UserError); // there is nothing next to the CSV
    options.root = own.path;
    const auto index = read_manifest(options);
    REQUIRE(index.images.size() == 4);
    CHECK(index.images[0].file == own / "images/a.png");
    CHECK(index.images[0].masks[0].files == std::vector<fs::path>{own / "m.png"});
}

TEST_CASE("manifest: id, patient, split and mask columns are used if they exist", "[unit]") {
    const Own own;
    const auto index = own.read("id,path,patient,split,mask_heart,mask_lung,Mass\n"
                                "1,images/a.png,p,train,m.png,n.png,1\n"
                                "2,images/b.png,p,train,,n.png,0\n"
                                "3,images/c.png,q,val,,,0\n"
                                "4,images/d.png,r,test,m.png,,1\n",
                                "official");
    CHECK(index.mask_names == std::vector<std::string>{"heart", "lung"});
    CHECK(index.classes == std::vector<std::string>{"Mass"});
    CHECK(index.images[1].id == "2");
    CHECK(index.images[1].patient == "p");
    REQUIRE(index.images[1].masks.size() == 2);
    CHECK(index.images[1].masks[0].empty());
    CHECK(index.images[1].masks[1].files == std::vector<fs::path>{own / "n.png"});
    CHECK(index.images[2].split == Split::validation);
    CHECK(index.images[3].split == Split::test);
    CHECK(own.read("path,mask,Mass\nimages/a.png,m.png,1\n").mask_names == std::vector<std::string>{"mask"});
}

TEST_CASE("manifest: a split column without validation has it carved from training", "[unit]") {
    const Own own;
    std::string text = "path,split,Mass\n";
    for (int i = 0; i < 200; ++i) {
        const std::string name = "images/" + std::to_string(i) + ".png";
        put(own / name, "x");
        text += name + (i < 50 ? ",test,1\n" : ",train,0\n");
    }
    const auto index = own.read(text, "official");
    int validation = 0;
    for (int i = 0; i < 200; ++i) {
        const Split split = index.images[static_cast<std::size_t>(i)].split;
        CHECK((split == Split::test) == (i < 50));
        validation += split == Split::validation;
    }
    CHECK(validation > 5); // an eighth of 150
    CHECK(validation < 40);
}

TEST_CASE("manifest: label columns can be named", "[unit]") {
    const Own own;
    auto options = own.options("path,age,Mass,Edema\nimages/a.png,61,1,0\n");
    options.labels = {"Edema", "Mass"};
    const auto index = read_manifest(options);
    CHECK(index.classes == options.labels);
    CHECK(index.images[0].labels == Labels{0, 1});
    options.labels = {"Hernia"};
    CHECK(contains(user_error_of([&] { read_manifest(options); }), "has no column \"Hernia\"; found: path, age"));
}

TEST_CASE("manifest: every mistake is named with its row", "[unit]") {
    const Own own;
    CHECK(contains(own.message("path,dose\nimages/a.png,1\nimages/b.png,61\n"),
                   "own.csv, row 3: label column \"dose\" holds \"61\""));
    CHECK(contains(own.message("file,Mass\nimages/a.png,1\n"), "has no column \"path\"; found: file, Mass"));
    CHECK(contains(own.message("path,site\nimages/a.png,north\n"), "expected label columns"));
    CHECK(contains(own.message("path,patient,Mass\nimages/a.png,,1\n"), "row 2: column \"patient\" is empty"));
    CHECK(contains(own.message("path,Mass\n,1\n"), "row 2: column \"path\" is empty"));
    CHECK(contains(own.message("path,split,Mass\nimages/a.png,holdout,1\n"), "row 2: split is \"holdout\""));
    CHECK(contains(own.message("path,Mass\nimages/a.png,1\nimages/a.png,1\n"), "duplicate image images/a.png"));
    CHECK(contains(own.message("path,Mass\n"), "has no images"));
    CHECK(contains(own.message("path,Mass\nimages/a.png,1\n", "official"), "has no column \"split\""));
    CHECK(contains(own.message("path,patient,split,Mass\nimages/a.png,p,train,1\nimages/b.png,p,test,1\n"),
                   "patient p has images in two splits"));
    CHECK(
        contains(own.message("id,path,Mass\n\"a\nb\",images/a.png,1\n"), "row 2: column \"id\" contains a line break"));
}

TEST_CASE("manifest: missing images and masks are counted and named", "[unit]") {
    const Own own;
    const std::string text = "path,mask,Mass\nimages/a.png,m.png,1\nimages/x.png,,0\nimages/b.png,lost.png,0\n";
    const auto message = own.message(text);
    CHECK(contains(message, "1 of 3 images are missing, first images/x.png; tried " + (own / "images/x.png").string()));
    CHECK(contains(message, "1 of 2 masks are missing, first of images/b.png; tried " + (own / "lost.png").string()));
    auto options = own.options(text);
    options.allow_missing = true;
    const auto index = read_manifest(options);
    CHECK(index.images.size() == 1);
    CHECK(index.provenance.at("missing").at("count") == 2);
}

TEST_CASE("manifest: what is in a file's place is named", "[unit]") {
    const Own own;
    fs::create_symlink(own / "gone.png", own / "link.png");
    CHECK(contains(own.message("path,Mass\nlink.png,1\n"), "link.png (a dangling link)"));
    CHECK(contains(own.message("path,Mass\nimages,1\n"), "images (a folder)"));
    CHECK(contains(own.message("path,Mass\nimages/A.PNG,1\n"), "images/A.PNG (not found, but a.png exists)"));
    CHECK(contains(own.message("path,Mass\nimages/a,1\n"), "images/a (not found, but a.png exists)"));
    CHECK(contains(own.message("path,Mass\nnone/a.png,1\n"), "none/a.png (neither it nor its folder exists)"));
    CHECK(contains(own.message("path,Mass\n" + std::string(5000, 'x') + ",1\n"), "1 of 1 images are missing"));
    CHECK(contains(own.message("path,mask_present,Mass\nimages/a.png,1,1\nimages/b.png,0,0\n"),
                   "2 of 2 masks are missing, first of images/a.png, images/b.png"));
    CHECK(contains(own.message("path,mask_present,Mass\nimages/a.png,1,1\n"),
                   "column \"mask_present\" holds \"1\", expected mask paths"));
    auto options = own.options("path,mask_present,Mass\nimages/a.png,1,1\nimages/b.png,0,0\n");
    options.labels = {"Mass", "mask_present"};
    CHECK(read_manifest(options).images[0].labels == Labels{1, 1});
    CHECK(own.read("path,mask,Mass\nimages/a.png,nan,1\nimages/b.png,m.png,0\n").images[0].masks[0].empty());
}

TEST_CASE("manifest: labels are read from words, and the words are recorded", "[unit]") {
    const Own own;
    const auto index = own.read("path,Mass,Edema,Nodule\nimages/a.png,True,positive,1.0\nimages/b.png,FALSE,NA,-1.0\n"
                                "images/c.png,yes,u,\nimages/d.png,nan,No,0\n");
    CHECK(index.images[0].labels == Labels{1, 1, 1});
    CHECK(index.images[1].labels == Labels{0, -1, -1});
    CHECK(index.images[2].labels == Labels{1, -1, -1});
    CHECK(index.images[3].labels == Labels{-1, 0, 0});
    const auto& words = index.provenance.at("label_words").as_object();
    CHECK(words.at("FALSE") == json::value{{"label", "absent"}, {"cells", 1}});
    CHECK(words.at("u") == json::value{{"label", "unknown"}, {"cells", 1}});
    CHECK(words.at("(blank)") == json::value{{"label", "unknown"}, {"cells", 1}});
    CHECK(words.at("-1.0") == json::value{{"label", "unknown"}, {"cells", 1}});
}

TEST_CASE("manifest: a label column does not vanish because of one odd cell, other columns are left out by name",
          "[unit]") {
    const Own own;
    const auto index = own.read("path,age,Sex,view,notes,Mass,Edema,year\nimages/a.png,61,F,PA,,1,,2001\n"
                                "images/b.png,1,M,AP,NA,0,,2002\nimages/c.png,50,F,PA,see report,NA,,2003\n");
    CHECK(index.classes == std::vector<std::string>{"Mass"});
    const auto& left_out = index.provenance.at("columns_left_out").as_object();
    CHECK_FALSE(left_out.contains("age")); // an attribute
    CHECK(left_out.at("year") == "3 of its 3 cells are not labels, first \"2001\"");
    CHECK(left_out.at("notes") == "1 of its 1 cells are not labels, first \"see report\"");
    CHECK(left_out.at("Edema") == "is blank in every row");
    CHECK(left_out.size() == 3);
    for (const std::string odd : {"1*", "2", "possible", "0.7"})
        CHECK(contains(own.message("path,Mass\nimages/a.png,1\nimages/b.png," + odd + "\nimages/c.png,0\n"),
                       "own.csv, row 3: label column \"Mass\" holds \"" + odd + "\""));
    // A table written by pandas with its index.
    CHECK(own.read(",path,Mass\n0,images/a.png,1\n1,images/b.png,0\n").classes == std::vector<std::string>{"Mass"});
    CHECK(own.read("Unnamed: 0,path,Mass\n0,images/a.png,1\n1,images/b.png,0\n").classes.size() == 1);
}

TEST_CASE("manifest: the patient column is found by its common names, or named", "[unit]") {
    const Own own;
    for (const std::string name :
         {"patient", "Patient", "PatientID", "patient_id", "patientId", "Patient ID", "subject_id", "Subject", "MRN"}) {
        INFO(name);
        const auto index = own.read("path," + name + ",Mass\nimages/a.png,7,1\nimages/b.png,7,0\nimages/c.png,8,0\n");
        CHECK(index.images[1].patient == "7");
        CHECK(index.classes == std::vector<std::string>{"Mass"});
        CHECK(index.provenance.at("patients").as_string() == "by column \"" + name + "\"");
    }
    const std::string text = "path,PatientID,subject_id,Mass\nimages/a.png,p,x,1\nimages/b.png,q,x,0\n";
    CHECK(contains(own.message(text), "the columns \"PatientID\" and \"subject_id\" may both be the patient"));
    auto options = own.options(text);
    options.patient_column = "subject_id";
    CHECK(read_manifest(options).images[1].patient == "x");
    options.patient_column = "person";
    CHECK(contains(user_error_of([&] { read_manifest(options); }), "has no column \"person\"; found: path"));
    const auto none = own.read("path,PatientAge,Mass\nimages/a.png,60,1\nimages/b.png,61,0\n");
    CHECK(none.images[0].patient == "images/a.png");
    CHECK(contains(none.provenance.at("patients").as_string().c_str(), "every image counts as its own"));
}

TEST_CASE("manifest: CheXpert's own table is read unchanged, with its capital Path", "[unit]") {
    const Own own;
    const std::string study = "CheXpert-v1.0-small/train/patient00007/study1";
    fs::create_directories(own / study);
    put(own / study / "view1_frontal.jpg", "x");
    const auto index = own.read("Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Edema,Fracture\n" + study +
                                "/view1_frontal.jpg,Male,61,Frontal,AP,,-1.0,1.0\n");
    CHECK(index.classes == std::vector<std::string>{"Fracture"}); // the others are unknown for every image
    CHECK(index.images[0].patient == "patient00007");
    CHECK(contains(own.message("Path,PATH,Mass\na,b,1\n"), "\"Path\" and \"PATH\" may both be path"));
}

TEST_CASE("manifest: a patient that is not a name, or one number in two spellings, is refused", "[unit]") {
    const Own own;
    for (const std::string word : {"nan", "NA", "None", "null"})
        CHECK(contains(own.message("path,patient,Mass\nimages/a.png,p,1\nimages/b.png," + word + ",0\n"),
                       "row 3: column \"patient\" holds \"" + word + "\""));
    CHECK(contains(own.message("path,patient,Mass\nimages/a.png,7,1\nimages/b.png,8,1\nimages/c.png,7.0,0\n"),
                   "row 4: patient \"7.0\" is the same number as \"7\" in "));
    // Beyond 2^53 two numbers may be the same double, but are still two patients.
    CHECK(own.read("path,patient,Mass\nimages/a.png,90071992547409931,1\nimages/b.png,90071992547409932,0\n")
              .images.size() == 2);
}

TEST_CASE("manifest: paths of CheXpert and MIMIC-CXR name their patients", "[unit]") {
    const Own own;
    for (const std::string folder :
         {"CheXpert-v1.0-small/train/patient00001/study1", "files/p10/p10000032/s50414267"}) {
        fs::create_directories(own / folder);
        put(own / folder / "a.jpg", "x");
        put(own / folder / "b.jpg", "x");
        const std::string rows = "path,Mass\n" + folder + "/a.jpg,1\n" + folder + "/b.jpg,0\n";
        const auto index = own.read(rows);
        CHECK(index.images[0].patient == index.images[1].patient);
        CHECK(contains(folder, "/" + index.images[0].patient + "/"));
        CHECK(own.read(rows + "images/a.png,1\n").images[0].patient == folder + "/a.jpg"); // not every path has one
    }
}

TEST_CASE("manifest: without a split column it is split by patient, and columns that look like one are named",
          "[unit]") {
    const Own own;
    CHECK(own.read("path,Mass\nimages/a.png,1\n").provenance.at("splits") == "by a hash of the patient");
    const auto index = own.read("path,Split,Mass\nimages/a.png,TRAIN,1\nimages/b.png,Dev,0\nimages/c.png,Testing,0\n");
    CHECK(index.images[0].split == Split::train);
    CHECK(index.images[1].split == Split::validation);
    CHECK(index.images[2].split == Split::test);
    const std::string fold = "path,fold,Mass\nimages/a.png,train,1\nimages/b.png,test,0\n";
    CHECK(contains(own.message(fold, "official"), "column \"fold\" holds names of splits"));
    CHECK(contains(own.read(fold).provenance.at("columns_left_out").at("fold").as_string().c_str(), "names of splits"));
    CHECK(contains(own.message("path,split,Mass\nimages/a.png,0,1\n"), "row 2: split is \"0\""));
    CHECK(contains(own.message("path,split,Mass\nimages/a.png,,1\n"), "row 2: column \"split\" is empty"));
}
