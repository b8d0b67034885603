#include "tests/datasets_support.h"

#include "datasets/manifest.h"

using namespace mlvicx;

namespace {

/// A folder with images a.png .. d.png, masks m.png and n.png, and one manifest.
struct Own : TempFolder {
    Own() {
        fs::create_directories(path / "films");
        for (const auto* name : {"films/a.png", "films/b.png", "films/c.png", "films/d.png", "m.png", "n.png"})
            put(path / name, "x");
    }
    ManifestOptions options(const std::string& text, const std::string& kind = "patient") const {
        put(path / "own.csv", text);
        ManifestOptions o;
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
        own.read("path,Mass,site,Edema\nfilms/a.png,1,north,0\nfilms/b.png,,south,-1\nfilms/c.png,0,north,1.0\n");
    CHECK(index.classes == std::vector<std::string>{"Mass", "Edema"});
    REQUIRE(index.films.size() == 3);
    CHECK(index.films[0].labels == Labels{1, 0});
    CHECK(index.films[1].labels == Labels{-1, -1});
    CHECK(index.films[2].labels == Labels{0, 1});
    CHECK(index.films[0].id == "films/a.png");
    CHECK(index.films[0].patient == "films/a.png");
    CHECK(index.films[0].image == own / "films/a.png");
}

TEST_CASE("manifest: paths begin at the folder that is named, else beside the CSV", "[unit]") {
    const Own own;
    const TempFolder elsewhere;
    put(elsewhere / "list.csv",
        "path,mask,Mass\nfilms/a.png,m.png,1\nfilms/b.png,,0\nfilms/c.png,,0\nfilms/d.png,,1\n");
    ManifestOptions options;
    options.file = elsewhere / "list.csv";
    options.split.kind = "patient";
    CHECK_THROWS_AS(read_manifest(options), UserError); // nothing lies beside the CSV
    options.root = own.path;
    const auto index = read_manifest(options);
    REQUIRE(index.films.size() == 4);
    CHECK(index.films[0].image == own / "films/a.png");
    CHECK(index.films[0].masks[0].files == std::vector<fs::path>{own / "m.png"});
}

TEST_CASE("manifest: id, patient, split and mask columns are used where they are", "[unit]") {
    const Own own;
    const auto index = own.read("id,path,patient,split,mask_heart,mask_lung,Mass\n"
                                "1,films/a.png,p,train,m.png,n.png,1\n"
                                "2,films/b.png,p,train,,n.png,0\n"
                                "3,films/c.png,q,val,,,0\n"
                                "4,films/d.png,r,test,m.png,,1\n",
                                "official");
    CHECK(index.mask_names == std::vector<std::string>{"heart", "lung"});
    CHECK(index.classes == std::vector<std::string>{"Mass"});
    CHECK(index.films[1].id == "2");
    CHECK(index.films[1].patient == "p");
    REQUIRE(index.films[1].masks.size() == 2);
    CHECK(index.films[1].masks[0].empty());
    CHECK(index.films[1].masks[1].files == std::vector<fs::path>{own / "n.png"});
    CHECK(index.films[2].split == Split::validation);
    CHECK(index.films[3].split == Split::test);
    CHECK(own.read("path,mask,Mass\nfilms/a.png,m.png,1\n").mask_names == std::vector<std::string>{"mask"});
}

TEST_CASE("manifest: a split column without validation has it carved from training", "[unit]") {
    const Own own;
    std::string text = "path,split,Mass\n";
    for (int i = 0; i < 200; ++i) {
        const std::string name = "films/" + std::to_string(i) + ".png";
        put(own / name, "x");
        text += name + (i < 50 ? ",test,1\n" : ",train,0\n");
    }
    const auto index = own.read(text, "official");
    int validation = 0;
    for (int i = 0; i < 200; ++i) {
        const Split split = index.films[static_cast<std::size_t>(i)].split;
        CHECK((split == Split::test) == (i < 50));
        validation += split == Split::validation;
    }
    CHECK(validation > 5); // an eighth of 150
    CHECK(validation < 40);
}

TEST_CASE("manifest: label columns can be named", "[unit]") {
    const Own own;
    auto options = own.options("path,age,Mass,Edema\nfilms/a.png,61,1,0\n");
    options.labels = {"Edema", "Mass"};
    const auto index = read_manifest(options);
    CHECK(index.classes == options.labels);
    CHECK(index.films[0].labels == Labels{0, 1});
    options.labels = {"Hernia"};
    CHECK(contains(user_error_of([&] { read_manifest(options); }), "has no column \"Hernia\"; found: path, age"));
}

TEST_CASE("manifest: every mistake is named with its row", "[unit]") {
    const Own own;
    CHECK(contains(own.message("path,age\nfilms/a.png,1\nfilms/b.png,61\n"),
                   "own.csv, row 3: label column \"age\" holds \"61\""));
    CHECK(contains(own.message("file,Mass\nfilms/a.png,1\n"), "has no column \"path\"; found: file, Mass"));
    CHECK(contains(own.message("path,site\nfilms/a.png,north\n"), "expected label columns"));
    CHECK(contains(own.message("path,patient,Mass\nfilms/a.png,,1\n"), "row 2: column \"patient\" is empty"));
    CHECK(contains(own.message("path,Mass\n,1\n"), "row 2: column \"path\" is empty"));
    CHECK(contains(own.message("path,split,Mass\nfilms/a.png,holdout,1\n"), "row 2: split is \"holdout\""));
    CHECK(contains(own.message("path,Mass\nfilms/a.png,1\nfilms/a.png,1\n"), "films/a.png is named twice"));
    CHECK(contains(own.message("path,Mass\n"), "holds no films"));
    CHECK(contains(own.message("path,Mass\nfilms/a.png,1\n", "official"), "has no column \"split\""));
    CHECK(contains(own.message("path,patient,split,Mass\nfilms/a.png,p,train,1\nfilms/b.png,p,test,1\n"),
                   "patient p has films in two splits"));
    CHECK(contains(own.message("id,path,Mass\n\"a\nb\",films/a.png,1\n"), "row 2: column \"id\" holds a line break"));
}

TEST_CASE("manifest: missing images and masks are counted and named", "[unit]") {
    const Own own;
    const std::string text = "path,mask,Mass\nfilms/a.png,m.png,1\nfilms/x.png,,0\nfilms/b.png,lost.png,0\n";
    CHECK(contains(own.message(text), "2 of 3 images are missing, first films/x.png, films/b.png"));
    auto options = own.options(text);
    options.allow_missing = true;
    CHECK(read_manifest(options).films.size() == 1);
}
