#include "tests/support/datasets_support.h"

#include "datasets/decode/mask.h"
#include "datasets/dicom/dicom.h"
#include "datasets/import.h"
#include "datasets/importers/chexpert.h"
#include "datasets/importers/nih.h"
#include "datasets/importers/published.h"
#include "datasets/importers/rsna.h"
#include "datasets/importers/siim.h"
#include "datasets/importers/vinbig/vinbig.h"
#include "datasets/phantom/image.h"
#include "datasets/phantom/phantom.h"
#include "datasets/prepared.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

using namespace mlvicx;

namespace {

constexpr std::int64_t images = 80;

ImportOptions options_of(const TempFolder& folder, const std::string& layout) {
    ImportOptions options;
    options.importer = "phantom";
    options.root = folder / layout;
    options.size = 64;
    options.split.kind = layout == "nih" ? "official" : "patient";
    options.own<PhantomOptions>().layout = layout;
    options.own<PhantomOptions>().images = images;
    options.own<PhantomOptions>().size = 96;
    options.own<PhantomOptions>().seed = 4;
    options.own<PhantomOptions>().images_per_patient = 1.6; // the same in every layout
    return options;
}

/// Findings of the same images in NIH's layout, which writes all of them, in image order.
std::vector<bool> present(const DatasetIndex& nih, const std::string& finding) {
    const auto c =
        static_cast<std::size_t>(std::find(nih.classes.begin(), nih.classes.end(), finding) - nih.classes.begin());
    std::vector<bool> result;
    for (const ImageEntry& image : nih.images) result.push_back(image.labels[c] == 1);
    return result;
}

std::vector<bool> positive(const DatasetIndex& index, std::size_t c) {
    std::vector<bool> result;
    for (const ImageEntry& image : index.images) result.push_back(image.labels[c] == 1);
    return result;
}

} // namespace

TEST_CASE("layouts: RSNA's images have consolidation as their pneumonia, with a mapping to the same NIH images",
          "[unit]") {
    const TempFolder folder;
    const auto nih = import_dataset(options_of(folder, "nih"));
    auto options = options_of(folder, "rsna");
    options.own<RsnaOptions>().mapping = folder / "rsna" / "pneumonia-challenge-dataset-mappings_2018.json";
    const auto rsna = import_dataset(options);
    CHECK(rsna.dataset == "phantom rsna");
    CHECK(positive(rsna, 0) == present(nih, "Consolidation"));
    for (std::size_t i = 0; i < images; ++i) CHECK(rsna.images[i].patient == nih.images[i].patient);
    for (const ImageEntry& image : rsna.images) CHECK(image.masks[0].areas.empty() == (image.labels[0] == 0));
    CHECK(rsna.images.front().file.extension() == (dicom_supported() ? ".dcm" : ".png"));

    options.own<RsnaOptions>().classes = "detailed";
    const auto detailed = import_dataset(options);
    for (std::size_t c = 0; c < 3; ++c) CHECK(positive(detailed, c) != std::vector<bool>(images));
    options.own<RsnaOptions>().nih_test = folder / "nih";
    const auto clean = import_dataset(options);
    std::set<std::string> tests;
    for (const ImageEntry& image : nih.images)
        if (image.split == Split::test) tests.insert(image.patient);
    CHECK(clean.images.size() > 3);
    for (const ImageEntry& image : clean.images) CHECK(tests.contains(image.patient));
}

TEST_CASE("layouts: SIIM's codes are the drawn pneumothoraces, some in two parts", "[unit]") {
    const TempFolder folder;
    const auto nih = import_dataset(options_of(folder, "nih"));
    const auto siim = import_dataset(options_of(folder, "siim"));
    CHECK(positive(siim, 0) == present(nih, "Pneumothorax"));
    const std::string table = read_text(folder / "siim" / "train-rle.csv");
    CHECK(std::count(table.begin(), table.end(), '\n') > images + 1); // images with two masks
    for (std::size_t i = 0; i < images; ++i) {
        const ImageEntry& image = siim.images[i];
        const std::string path = fs::relative(image.file, folder / "siim").string();
        CHECK(std::count(path.begin(), path.end(), '/') == 3); // dicom-images-train, study, series
        if (image.labels[0] != 1) continue;
        const fs::path drawn = folder / "nih" / "masks" / "Pneumothorax" / nih.images[i].id;
        cv::Mat1b expected = cv::imread(drawn.string(), cv::IMREAD_UNCHANGED);
        const cv::Mat1b mask = draw_mask(image.masks[0], image.frame);
        REQUIRE(mask.size() == cv::Size(1024, 1024));
        for (int y = 5; y < 1024; y += 11) // nearest neighbours: corners of enlarged pixels may fall on either side
            for (int x = 5; x < 1024; x += 11) {
                const double fx = x * 96.0 / 1024, fy = y * 96.0 / 1024;
                if (std::abs(fx - std::round(fx)) < 0.1 || std::abs(fy - std::round(fy)) < 0.1) continue;
                REQUIRE(mask(y, x) == expected(static_cast<int>(fy), static_cast<int>(fx)));
            }
    }
}

TEST_CASE("layouts: today's download of SIIM has the same masks as files, and a test split", "[unit]") {
    const TempFolder folder;
    const auto nih = import_dataset(options_of(folder, "nih"));
    auto options = options_of(folder, "siim_png");
    options.split.kind = "official";
    const auto siim = import_dataset(options);
    CHECK(siim.dataset == "phantom siim_png");
    std::size_t tests = 0;
    REQUIRE(siim.images.size() == images);
    for (const ImageEntry& image : siim.images) tests += image.split == Split::test;
    CHECK(tests > 0);
    CHECK(tests < images / 3);
    const auto expected = present(nih, "Pneumothorax");
    std::size_t positives = 0;
    for (const ImageEntry& image : siim.images) {
        // NUMBER_train_1_.png, where the number reserves 20 images per patient.
        const int number = std::stoi(image.file.filename().string());
        const auto id = fmt::format("{:08}_{:03}.png", number / 20, number % 20);
        const auto at =
            std::find_if(nih.images.begin(), nih.images.end(), [&](const ImageEntry& f) { return f.id == id; });
        REQUIRE(at != nih.images.end());
        CHECK((image.labels[0] == 1) == expected[static_cast<std::size_t>(at - nih.images.begin())]);
        CHECK(read_text(image.file) == read_text(at->file));
        if (image.labels[0] == 0) continue;
        ++positives;
        CHECK(read_text(image.masks[0].files.at(0)) == read_text(folder / "nih" / "masks" / "Pneumothorax" / id));
    }
    CHECK(positives > 0);
}

TEST_CASE("layouts: VinBig's three readers disagree more about fainter findings", "[unit]") {
    const TempFolder folder;
    auto options = options_of(folder, "vinbig");
    options.own<PhantomOptions>().images = 300;
    options.own<PhantomOptions>().size = 48;
    const auto read = [&](const char* rule) {
        options.own<VinbigOptions>().readers = rule;
        const auto index = import_dataset(options);
        std::int64_t findings = 0;
        for (const ImageEntry& image : index.images)
            findings += std::count(image.labels.begin(), image.labels.end(), 1);
        return findings;
    };
    const auto any = read("any"), most = read("majority"), all = read("unanimous");
    CHECK(all > 50);
    CHECK(most > all + 10);
    CHECK(any > most + 10);
    const std::string table = read_text(folder / "vinbig" / "train.csv");
    CHECK(contains(table, ",No finding,14,R"));
    CHECK(contains(table, ",Pneumothorax,12,R"));
}

TEST_CASE("layouts: Kermany's folders have consolidation as their pneumonia, and the published folders' splits",
          "[unit]") {
    const TempFolder folder;
    const auto nih = import_dataset(options_of(folder, "nih"));
    auto options = options_of(folder, "kermany");
    options.split.kind = "official";
    const auto kermany = import_dataset(options);
    CHECK(kermany.dataset == "phantom kermany");
    REQUIRE(kermany.images.size() == images);
    const auto ill = present(nih, "Consolidation"), fluid = present(nih, "Edema");
    std::int64_t viral = 0;
    for (std::size_t i = 0; i < ill.size(); ++i) viral += ill[i] && fluid[i];
    const auto count = [](const std::vector<bool>& of) { return std::count(of.begin(), of.end(), true); };
    CHECK(count(positive(kermany, 0)) == count(ill));
    CHECK(count(positive(kermany, 2)) == viral);
    CHECK(count(positive(kermany, 1)) == count(ill) - viral);
    for (const ImageEntry& image : kermany.images) CHECK((image.split == Split::test) == image.id.starts_with("test/"));
    CHECK(kermany.images.front().file.extension() == ".jpeg");
    CHECK(prepare_dataset(options, folder / "kermany.safetensors", 2).images == images);
}

TEST_CASE(
    "layouts: CheXpert's and MIMIC's studies have the drawn findings, present or uncertain, and lateral views besides",
    "[unit]") {
    const TempFolder folder;
    const auto nih = import_dataset(options_of(folder, "nih"));
    const auto heart = present(nih, "Cardiomegaly"), fluid = present(nih, "Effusion");
    for (const std::string layout : {"chexpert", "mimic"}) {
        INFO(layout);
        auto options = options_of(folder, layout);
        options.split.kind = "official";
        options.own<StudyLabelOptions>().uncertain = "present";
        const auto frontal = import_dataset(options);
        CHECK(frontal.dataset == "phantom " + layout);
        CHECK(frontal.classes == study_classes());
        REQUIRE(frontal.images.size() == images);
        // MIMIC's table has the order of NIH's, CheXpert's two have not.
        const auto image = [&](const DatasetIndex& index, std::size_t i) -> const ImageEntry& {
            if (layout == "mimic") return index.images[i];
            const std::string& id = nih.images[i].id; // patient and follow-up, 00000012_003.png
            return image_of(index, fmt::format("patient{:05}/study{}/view1_frontal.jpg", std::stoi(id.substr(0, 8)),
                                               std::stoi(id.substr(9, 3)) + 1));
        };
        std::map<Split, std::size_t> splits;
        std::size_t without_row = 0;
        for (std::size_t i = 0; i < images; ++i) {
            const auto& labels = image(frontal, i).labels;
            ++splits[image(frontal, i).split];
            without_row += labels[0] == -1;
            for (const auto& [label, drawn] : {std::pair(labels[2], heart[i]), {labels[10], fluid[i]}})
                if (drawn) CHECK(label != 0);
        }
        CHECK(splits.size() == 3);
        CHECK((without_row > 0) == (layout == "mimic"));
        CHECK(without_row < 8);
        options.own<StudyLabelOptions>().uncertain = "absent";
        const auto certain = import_dataset(options);
        for (std::size_t i = 0; i < images; ++i)
            if (image(certain, i).labels[2] == 1) CHECK(heart[i]);
        CHECK(positives(certain, 2) > 3);

        const auto count = [&](const std::string& view) {
            options.own<StudyLabelOptions>().view = view;
            return import_dataset(options).images.size();
        };
        const auto lateral = count("lateral"), all = count("all");
        CHECK(lateral > 5);
        CHECK((all > images + lateral) == (layout == "mimic")); // some of MIMIC's have no ViewPosition
        CHECK(all >= images + lateral);
        const auto report = prepare_dataset(options, folder / (layout + ".safetensors"), 2);
        CHECK(report.images == static_cast<std::int64_t>(all));
        if (layout == "mimic") continue;
        options.own<StudyLabelOptions>().unmentioned = "unknown";
        CHECK(prepare_dataset(options, folder / "other.safetensors", 2).fingerprint != report.fingerprint);
    }
}

TEST_CASE("layouts: every layout is prepared from its original files, and all have the same images", "[unit]") {
    const TempFolder folder;
    const std::string layouts[] = {"nih", "rsna", "siim", "vinbig"}; // siim_png has another order
    for (const auto& layout : layouts)
        CHECK(prepare_dataset(options_of(folder, layout), folder / (layout + ".safetensors"), 2).images == images);
    const PreparedDataset nih(folder / "nih.safetensors");
    for (const auto& layout : layouts) {
        INFO(layout);
        const PreparedDataset dataset(folder / (layout + ".safetensors"));
        double difference = 0;
        for (std::size_t i = 0; i < nih.images().size(); ++i)
            difference += std::abs(int{nih.images()[i]} - int{dataset.images()[i]});
        difference /= static_cast<double>(nih.images().size());
        const bool lossy = dicom_supported() && (layout == "rsna" || layout == "siim");
        CHECK(difference <= (lossy ? 3 : 0));
        CHECK((difference > 0) == lossy);
        for (const Split split : {Split::train, Split::validation, Split::test})
            CHECK_FALSE(dataset.images_of(split).empty());
    }
    CHECK(PreparedDataset(folder / "rsna.safetensors").mask_names() == std::vector<std::string>{"Pneumonia"});
    CHECK(PreparedDataset(folder / "vinbig.safetensors").boxes().size() > 0);
}

TEST_CASE("layouts: the same bytes on one thread and on three", "[unit]") {
    const TempFolder folder;
    for (const std::string layout : {"rsna", "siim", "siim_png", "vinbig", "kermany", "chexpert", "mimic"}) {
        PhantomOptions options{12, 64, 5, 2, layout};
        write_phantom(options, folder / "one", 1);
        write_phantom(options, folder / "three", 3);
        std::size_t files = 0;
        for (const auto& entry : fs::recursive_directory_iterator(folder / "one")) {
            if (!entry.is_regular_file()) continue;
            ++files;
            CHECK(read_text(entry.path()) == read_text(folder / "three" / fs::relative(entry.path(), folder / "one")));
        }
        CHECK(files >= 13);
        fs::remove_all(folder / "one");
        fs::remove_all(folder / "three");
    }
}

TEST_CASE(
    "layouts: by default patients have as many images as in the originals: NIH's, CheXpert's and MIMIC's several, "
    "the others' one",
    "[unit]") {
    const TempFolder folder;
    const auto tables = [&](const std::string& layout, double images_per_patient) {
        const auto root = folder / fmt::format("{} {}", layout, images_per_patient);
        write_phantom({30, 32, 3, images_per_patient, layout}, root, 1);
        std::set<std::string> texts; // tables, and names, which is all that kermany has
        for (const auto& entry : fs::recursive_directory_iterator(root)) {
            texts.insert(fs::relative(entry.path(), root).string());
            if (entry.path().extension() == ".csv") texts.insert(read_text(entry.path()));
        }
        return texts;
    };
    for (const auto& layout : phantom_layouts()) {
        INFO(layout);
        const std::map<std::string, double> several = {{"nih", 1.6}, {"chexpert", 2.9}, {"mimic", 3.5}};
        const bool one = !several.contains(layout);
        CHECK(tables(layout, 0) == tables(layout, one ? 1 : several.at(layout)));
        CHECK((tables(layout, 0) == tables(layout, 1)) == one);
        CHECK((tables(layout, 0) == tables(layout, 1.6)) == (layout == "nih"));
    }
    CHECK(contains(user_error_of([&] { tables("nih", 0.5); }), "images_per_patient is 0.5"));
}
