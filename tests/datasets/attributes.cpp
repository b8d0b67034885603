#include "tests/support/changed_tensors.h"
#include "tests/support/datasets_support.h"

#include "datasets/dicom/dicom.h"
#include "datasets/fingerprint.h"
#include "datasets/import.h"
#include "datasets/importers/manifest.h"
#include "datasets/importers/nih.h"
#include "datasets/inspect.h"
#include "datasets/phantom/phantom.h"
#include "datasets/prepare.h"
#include "datasets/prepared.h"

#include <algorithm>
#include <cstdlib>
#include <map>

using namespace mlvicx;

namespace {

constexpr std::size_t sex = 0, age = 1, view = 2; ///< in attribute_table()

/// "?" if the word cannot be read.
std::string read(std::size_t kind, const std::string& word) {
    return attribute_table()[kind].read(word).value_or("?");
}

DatasetIndex manifest_of(const TempFolder& folder, const std::string& table) {
    for (int i = 0; i < 4; ++i) write_image(folder / (std::to_string(i) + ".png"), test_image(40, 40, i));
    put(folder / "m.csv", table);
    SourceOptions source;
    source.split.kind = "patient";
    ManifestOptions options;
    options.file = folder / "m.csv";
    return read_manifest(source, options);
}

std::vector<std::string> values_of(const DatasetIndex& index, std::size_t kind) {
    std::vector<std::string> values;
    for (const ImageEntry& image : index.images) values.push_back(image.attributes[kind]);
    return values;
}

std::map<std::string, std::int64_t> counts_of(const PreparedDataset& dataset, const std::string& name) {
    std::map<std::string, std::int64_t> counts;
    for (const auto& attribute : dataset.attributes())
        if (attribute.name == name)
            for (const auto& value : attribute.values) ++counts[value];
    return counts;
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("attributes: the words of tables and of DICOM headers become the same values", "[unit]") {
    for (const char* word : {"F", "f", "Female", "FEMALE", " woman "}) CHECK(read(sex, word) == "female");
    for (const char* word : {"M", "male", "Man"}) CHECK(read(sex, word) == "male");
    for (const char* word : {"57", "57.0", "057Y", "57Y", "57.9"}) CHECK(read(age, word) == "57");
    for (const char* word : {"0", "006M", "011D", "051W"}) CHECK(read(age, word) == "0");
    CHECK(read(age, "013M") == "1");
    CHECK(read(age, "120") == "120");
    for (const char* word : {"PA", "pa", "Postero-anterior"}) CHECK(read(view, word) == "PA");
    for (const char* word : {"AP", "AP_horizontal", "AP SUPINE"}) CHECK(read(view, word) == "AP");
    for (const char* word : {"LL", "RL", "Lateral", "L"}) CHECK(read(view, word) == "lateral");
}

TEST_CASE("attributes: what says that it is unknown is unknown, and what is impossible is not read", "[unit]") {
    for (const std::size_t kind : {sex, age, view})
        for (const char* word : {"", "NA", "nan", "None"}) CHECK(read(kind, word).empty());
    for (const char* word : {"U", "unknown", "O", "-"}) CHECK(read(sex, word).empty());
    for (const char* word : {"1", "0", "Z"}) CHECK(read(sex, word) == "?");
    for (const char* word : {"411", "-1", "121", "000Y", "Y", "fifty", "0x20Y7", "1e3"}) CHECK(read(age, word) == "?");
    CHECK(read(view, "sideways") == "?");
    for (const auto& kind : attribute_table())
        for (const char* word : {"F", "120", "lateral", "decubitus"})
            CHECK(kind.read(word).value_or("").size() <= longest_attribute);
}

TEST_CASE("attributes: a manifest's columns are found by their usual names, and what cannot be read is counted",
          "[unit]") {
    const TempFolder folder;
    const auto index = manifest_of(folder, "path,Patient Sex,AGE,Frontal/Lateral,AP/PA,Mass\n"
                                           "0.png,F,61,Frontal,PA,1\n1.png,M,411,Lateral,,0\n"
                                           "2.png,,NA,Frontal,,1\n3.png,X,012M,Frontal,AP,0\n");
    CHECK(index.classes == Texts{"Mass"});
    CHECK(values_of(index, sex) == Texts{"female", "male", "", ""});
    CHECK(values_of(index, age) == Texts{"61", "", "", "1"});
    CHECK(values_of(index, view) == Texts{"PA", "lateral", "frontal", "AP"}); // the direction takes precedence
    CHECK_FALSE(index.provenance.contains("columns_left_out"));
    CHECK(index.provenance.at("attributes").at("view") == "columns \"AP/PA\", \"Frontal/Lateral\"");
    const auto& notes = index.provenance.at("attribute_notes").as_object();
    CHECK(notes.size() == 2);
    const auto& ages = notes.at("age that cannot be read or is impossible, taken as unknown").as_object();
    CHECK(ages.at("count") == 1);
    CHECK(ages.at("first").as_array().at(0) == "1.png (\"411\")");
}

TEST_CASE("attributes: a manifest's column whose cells are all labels stays a label", "[unit]") {
    const TempFolder folder;
    const auto index = manifest_of(folder, "path,sex,Mass\n0.png,0,1\n1.png,1,0\n2.png,1,0\n3.png,0,1\n");
    CHECK(index.classes == Texts{"sex", "Mass"});
    CHECK(values_of(index, sex) == Texts(4));
}

TEST_CASE("attributes: they are read back from a prepared file and leave its fingerprint as it was", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 6);
    const auto plain = prepare(index, {16, 1, false}, folder / "plain");
    CHECK(PreparedDataset(folder / "plain").attributes().empty());
    CHECK(contains(summary(PreparedDataset(folder / "plain")), "Attributes   none\n"));
    for (std::size_t i = 0; i < 6; ++i)
        index.images[i].attributes = {i % 2 ? "male" : "female", std::to_string(17 * i), ""};
    const auto described = prepare(index, {16, 1, false}, folder / "described");
    CHECK(described.fingerprint == plain.fingerprint);
    verify_fingerprint(folder / "described");
    const PreparedDataset read(folder / "described");
    CHECK(read.attributes() ==
          std::vector<ImageAttribute>{{"sex", {"female", "male", "female", "male", "female", "male"}},
                                      {"age", {"0", "17", "34", "51", "68", "85"}}});
    const std::string told = summary(read);
    CHECK(contains(told, "sex female"));
    CHECK(contains(told, "age 40-59"));
    CHECK(contains(told, "age unknown"));
    CHECK_FALSE(contains(told, "view"));
}

TEST_CASE("attributes: a prepared file without them opens, one whose attributes were changed is refused", "[unit]") {
    const TempFolder folder;
    auto index = small_dataset(folder, 6);
    for (auto& image : index.images) image.attributes = {"female", "50", "PA"};
    prepare(index, {16, 1, false}, folder / "new");
    copy_changed(folder / "new", folder / "old", [](auto& infos, auto&, auto& metadata) {
        std::erase_if(infos, [](const TensorInfo& info) { return info.name == "attributes"; });
        metadata.erase("attributes");
    });
    CHECK(PreparedDataset(folder / "old").attributes().empty());
    verify_fingerprint(folder / "old");
    const auto message = [&](auto change) {
        copy_changed(folder / "new", folder / "bad", change);
        return user_error_of([&] { const PreparedDataset bad(folder / "bad"); });
    };
    CHECK(contains(message([](auto&, auto& data, auto&) { data["attributes"][0] = std::byte{'m'}; }), "digest"));
    CHECK(contains(message([](auto&, auto&, auto& metadata) { metadata.erase("attributes"); }), "attributes"));
    for (const char* entry : {"{", "[]", "{\"names\": [\"sex\", \"sex\", \"view\"], \"digest\": \"0\"}"})
        CHECK(contains(message([&](auto&, auto&, auto& metadata) { metadata["attributes"] = entry; }),
                       "damaged prepared dataset: metadata \"attributes\""));
}

TEST_CASE("attributes: a DICOM header gives what no table says, and what it says wrongly is noted", "[unit]") {
    if (!dicom_supported()) SKIP_TEST("this build has no GDCM");
    const TempFolder folder;
    DatasetIndex index;
    index.dataset = "small";
    index.classes = {"Mass"};
    const std::vector<AttributeTexts> headers = {
        {"F", "034Y", "PA"}, {"M", "411Y", "LL"}, {"", "", ""}, {"M", "007Y", ""}};
    for (std::size_t i = 0; i < headers.size(); ++i) {
        ImageEntry image;
        image.id = image.patient = std::to_string(i);
        image.file = folder / (image.id + ".dcm");
        image.labels = {1};
        write_dicom(image.file, test_image(40, 40, static_cast<int>(i)), "1.2." + image.id, "p", DicomCoding::jpeg,
                    headers[i]);
        index.images.push_back(image);
    }
    index.images[3].attributes[age] = "8";
    const auto report = prepare(index, {16, 1, false}, folder / "out");
    const PreparedDataset read(folder / "out");
    CHECK(read.attributes() == std::vector<ImageAttribute>{{"sex", {"female", "male", "", "male"}},
                                                           {"age", {"34", "", "", "8"}},
                                                           {"view", {"PA", "lateral", "", ""}}});
    const auto& note = report.notes.at("age that cannot be read or is impossible, taken as unknown").as_object();
    CHECK(note.at("count") == 1);
    CHECK(note.at("first").as_array().at(0) == "1 (\"411Y\")");
    CHECK(read.provenance().at("attributes").at("sex") == "DICOM headers of 3 images");
}

TEST_CASE("attributes: synthetic images have the same sex, age and view in every layout that gives them", "[unit]") {
    if (!dicom_supported()) SKIP_TEST("this build has no GDCM");
    const TempFolder folder;
    std::vector<std::vector<ImageAttribute>> found;
    for (const char* layout : {"nih", "siim"}) {
        ImportOptions options;
        options.importer = "phantom";
        options.root = folder / layout;
        options.size = 16;
        options.split.kind = "patient";
        auto& phantom = options.own<PhantomOptions>();
        phantom = {12, 48, 5, 1, layout};
        prepare_dataset(options, folder / (std::string(layout) + ".safetensors"), 1);
        found.push_back(PreparedDataset(folder / (std::string(layout) + ".safetensors")).attributes());
    }
    REQUIRE(found[0].size() == 3);
    CHECK(found[0] == found[1]);
}

TEST_CASE("attributes: the thousand NIH images have their published views, sexes and ages", "[real]") {
    const char* data = std::getenv("MLVICX_REAL_DATA");
    if (!data) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const TempFolder folder;
    SourceOptions options;
    options.root = fs::path(data) / "nih1000", options.metadata = fs::path(data) / "metadata" / "nih";
    options.allow_missing = true, options.split.kind = "patient";
    prepare(read_nih(options), {32, 2, false}, folder / "out");
    const PreparedDataset read(folder / "out");
    CHECK(counts_of(read, "view") == std::map<std::string, std::int64_t>{{"AP", 567}, {"PA", 433}});
    CHECK(counts_of(read, "sex") == std::map<std::string, std::int64_t>{{"female", 477}, {"male", 523}});
    std::map<std::string, std::int64_t> groups;
    for (const auto& [value, count] : counts_of(read, "age")) groups[subgroup_of("age", value)] += count;
    CHECK(groups == std::map<std::string, std::int64_t>{{"0-39", 383}, {"40-59", 441}, {"60-79", 167}, {"80+", 9}});
}
