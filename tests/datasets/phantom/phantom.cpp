#include "datasets/phantom/phantom.h"
#include "datasets/importers/nih.h"
#include "datasets/phantom/image.h"
#include "datasets/phantom/thorax.h"
#include "tests/support/datasets_support.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

using namespace mlvicx;
using phantom::Finding;
using phantom::ImageKey;

namespace {

/// All files under a folder with their bytes.
std::map<std::string, std::string> contents(const fs::path& root) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(root))
        if (entry.is_regular_file()) files[fs::relative(entry.path(), root).string()] = read_text(entry.path());
    return files;
}

/// The Mann-Whitney statistic as a fraction of all pairs, ties counted half.
double auc(const std::vector<double>& positive, const std::vector<double>& negative) {
    double wins = 0;
    for (const double p : positive)
        for (const double n : negative) wins += p > n ? 1 : p == n ? 0.5 : 0;
    return wins / static_cast<double>(positive.size() * negative.size());
}

/// Mean difference of the pixels in `where` between two images.
double change_under(const cv::Mat1b& where, const cv::Mat1b& a, const cv::Mat1b& b) {
    cv::Mat1b difference;
    cv::absdiff(a, b, difference);
    return cv::mean(difference, where)[0];
}

double change_by(const ImageKey& key, Finding finding, double severity, bool outside = false) {
    phantom::Severities severities;
    const auto healthy = phantom::draw_image(key, 128, severities);
    severities[finding] = severity;
    const auto ill = phantom::draw_image(key, 128, severities);
    const cv::Mat1b mask = ill.masks[static_cast<std::size_t>(finding)];
    return change_under(outside ? cv::Mat1b(255 - mask) : mask, healthy.pixels, ill.pixels);
}

} // namespace

TEST_CASE("phantom: its output reads as NIH's original layout, with a mask and a box for every finding", "[unit]") {
    const TempFolder folder;
    write_phantom({150, 64, 3, 1.6}, folder / "images", 2);
    SourceOptions options;
    options.root = folder / "images";
    const DatasetIndex index = read_nih(options); // rejects unknown findings, missing images and shared patients
    REQUIRE(index.images.size() == 150);
    std::set<std::pair<std::size_t, std::size_t>> boxed;
    for (const Box& box : index.boxes) {
        boxed.insert({box.image, box.label});
        CHECK(box.width > 0);
        CHECK(box.height > 0);
        CHECK(box.x + box.width <= 1024);
        CHECK(box.y + box.height <= 1024);
    }
    std::set<std::string> patients;
    std::size_t tests = 0, healthy = 0;
    for (std::size_t i = 0; i < index.images.size(); ++i) {
        const ImageEntry& image = index.images[i];
        patients.insert(image.patient);
        tests += image.split == Split::test;
        healthy += std::count(image.labels.begin(), image.labels.end(), 1) == 0;
        const cv::Mat pixels = cv::imread(image.file.string(), cv::IMREAD_UNCHANGED);
        REQUIRE(pixels.type() == CV_8U);
        REQUIRE(pixels.size() == cv::Size(64, 64));
        for (std::size_t c = 0; c < index.classes.size(); ++c) {
            INFO(image.id << " " << index.classes[c]);
            const fs::path mask = folder / "images/masks" / index.classes[c] / image.id;
            REQUIRE(fs::exists(mask) == (image.labels[c] == 1));
            CHECK(boxed.contains({i, c}) == (image.labels[c] == 1));
            if (image.labels[c] != 1) continue;
            const cv::Mat shape = cv::imread(mask.string(), cv::IMREAD_UNCHANGED);
            const int inside = cv::countNonZero(shape == 255);
            CHECK(inside > 0);
            CHECK(inside + cv::countNonZero(shape == 0) == 64 * 64);
        }
    }
    CHECK(patients.size() < 130); // 150 images at 1.6 per patient
    CHECK(patients.size() > 70);
    CHECK(tests > 10);
    CHECK(tests < 60);
    CHECK(healthy > 20);
}

TEST_CASE("phantom: the same bytes on one thread and on three, different ones with another seed", "[unit]") {
    const TempFolder folder;
    write_phantom({24, 64, 5, 2}, folder / "one", 1);
    write_phantom({24, 64, 5, 2}, folder / "three", 3);
    const auto one = contents(folder / "one");
    CHECK(one.size() >= 24 + 5);
    CHECK(one == contents(folder / "three"));
    write_phantom({24, 64, 6, 2}, folder / "other", 3);
    const auto other = contents(folder / "other");
    CHECK(one.at("images/00000001_000.png") != other.at("images/00000001_000.png"));
    CHECK(folder.names().size() == 3); // no partial folder is left behind
}

TEST_CASE("phantom: no finding can be inferred from an image's mean brightness or contrast", "[unit]") {
    constexpr std::uint32_t images = 500;
    std::vector<std::array<double, 2>> looks;
    std::vector<phantom::Severities> severities;
    for (std::uint32_t patient = 1; patient <= images; ++patient) {
        const auto image = phantom::draw_image({11, patient, 0}, 64);
        cv::Scalar mean, deviation;
        cv::meanStdDev(image.pixels, mean, deviation);
        looks.push_back({mean[0], deviation[0]});
        severities.push_back(image.severities);
    }
    for (std::size_t f = 0; f < phantom::finding_count; ++f)
        for (std::size_t look = 0; look < 2; ++look) {
            std::vector<double> with, without;
            for (std::size_t i = 0; i < images; ++i)
                (severities[i].value[f] > 0 ? with : without).push_back(looks[i][look]);
            INFO(phantom::finding_names[f] << (look == 0 ? " by brightness" : " by contrast"));
            CHECK(with.size() >= images / 20); // enough for an AUC on a small test split
            CHECK(with.size() <= images * 3 / 10);
            CHECK(auc(with, without) == Approx(0.5).margin(look == 0 ? 0.12 : 0.2));
        }
}

TEST_CASE("phantom: exposures vary more with their spread; findings are at least as severe as the mildest", "[unit]") {
    std::vector<double> narrow, wide;
    for (std::uint32_t patient = 1; patient <= 100; ++patient) {
        const ImageKey key{4, patient, 0};
        const auto findings = phantom::draw_findings(key);
        narrow.push_back(cv::mean(phantom::draw_image(key, 32, findings).pixels)[0]);
        wide.push_back(cv::mean(phantom::draw_image(key, 32, findings, 1).pixels)[0]);
        const auto raised = findings.at_least(0.3);
        for (std::size_t f = 0; f < phantom::finding_count; ++f) {
            REQUIRE((findings.value[f] > 0) == (raised.value[f] > 0));
            if (raised.value[f] > 0) CHECK(raised.value[f] == Approx(0.3 + 0.7 * findings.value[f]));
        }
        CHECK(findings.at_least(0).value == findings.value);
    }
    const auto deviation = [](const std::vector<double>& values) {
        cv::Scalar mean, result;
        cv::meanStdDev(values, mean, result);
        return result[0];
    };
    CHECK(deviation(wide) > 1.5 * deviation(narrow));
}

TEST_CASE("phantom: a patient keeps body and chronic findings from image to image", "[unit]") {
    int chronic = 0, changed = 0;
    for (std::uint32_t patient = 1; patient <= 200; ++patient) {
        const ImageKey first{2, patient, 0}, second{2, patient, 1};
        const auto a = phantom::draw_anatomy(first), b = phantom::draw_anatomy(second);
        CHECK((a.chest == b.chest && a.heart_ratio == b.heart_ratio && a.age == b.age));
        const auto before = phantom::draw_findings(first), after = phantom::draw_findings(second);
        for (const Finding finding : {Finding::cardiomegaly, Finding::mass, Finding::nodule}) {
            REQUIRE(before.has(finding) == after.has(finding));
            chronic += before.has(finding);
            CHECK(std::abs(before[finding] - after[finding]) <= 0.2);
        }
        changed += before.has(Finding::effusion) != after.has(Finding::effusion);
    }
    CHECK(chronic > 40);
    CHECK(changed > 10);
}

TEST_CASE("phantom: findings change the image where their masks are, more so the more severe they are", "[unit]") {
    for (std::size_t f = 0; f < phantom::finding_count; ++f) {
        const auto finding = static_cast<Finding>(f);
        INFO(phantom::finding_names[f]);
        double faint = 0, obvious = 0, elsewhere = 0;
        for (std::uint32_t patient = 1; patient <= 8; ++patient) {
            faint += change_by({1, patient, 0}, finding, 0.03);
            obvious += change_by({1, patient, 0}, finding, 1);
            elsewhere += change_by({1, patient, 0}, finding, 1, true);
        }
        CHECK(faint > 0);
        CHECK(obvious > 1.3 * faint);
        CHECK(obvious > 1.5 * elsewhere);
    }
}

TEST_CASE("phantom: a finished folder is kept, any other is refused and left unchanged", "[unit]") {
    const TempFolder folder;
    const PhantomOptions options{6, 64, 1, 1.6};
    write_phantom(options, folder / "images", 1);
    const auto before = fs::last_write_time(folder / "images" / "images" / "00000001_000.png");
    write_phantom(options, folder / "images", 1);
    CHECK(fs::last_write_time(folder / "images" / "images" / "00000001_000.png") == before);

    const auto files = contents(folder / "images");
    const std::string other = user_error_of([&] { write_phantom({7, 64, 1, 1.6}, folder / "images", 1); });
    CHECK(contains(other, (folder / "images").string()));
    CHECK(contains(other, "\"images\":7"));
    CHECK(contents(folder / "images") == files);

    write_text(folder / "letters" / "a.txt", "dear");
    CHECK(contains(user_error_of([&] { write_phantom(options, folder / "letters", 1); }), "letters"));
    CHECK(contents(folder / "letters").size() == 1);
    write_text(folder / "file", "x");
    CHECK(contains(user_error_of([&] { write_phantom(options, folder / "file" / "images", 1); }), "file"));
    CHECK(folder.names().size() == 3);
}
