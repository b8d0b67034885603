#include "tests/support/audit_support.h"

#include "core/parallel.h"
#include "core/random.h"

#include <bit>
#include <set>

using namespace mlvicx;

namespace {

ImageSketch sketch(const cv::Mat& image) {
    const cv::Mat square = image.isContinuous() ? image : image.clone();
    return sketch_image({square.data, square.total()}, square.rows);
}

MadeImage made(const cv::Mat& pixels, int number, Split split = Split::train) {
    return {pixels, "f" + std::to_string(number), "p" + std::to_string(number / 2), split};
}

} // namespace

TEST_CASE("perceptual hash: an inverted image has the opposite hash, an image without structure is recognised",
          "[unit]") {
    const auto image = drawn_images(1, 128)[0];
    const auto plain = sketch(image), turned = sketch(255 - image);
    int different = 0;
    for (std::size_t i = 0; i < plain.hash.size(); ++i) different += std::popcount(plain.hash[i] ^ turned.hash[i]);
    CHECK(different >= ImageSketch::frequencies - 8);
    CHECK(spectrum_correlation(plain, turned) < -0.99);
    CHECK(spectrum_correlation(plain, plain) == Approx(1));
    CHECK_FALSE(plain.blank);
    CHECK(sketch(cv::Mat(64, 64, CV_8U, cv::Scalar(90))).blank);
    CHECK(sketch(drawn_images(1, 48)[0]).coarse);
}

TEST_CASE("near-duplicates: the search finds every pair of close hashes, within a set and between two", "[unit]") {
    Random random(1, Purpose::phantom);
    std::vector<ImageSketch> images(2300); // more than two tiles, not a multiple of a block
    const auto fill = [&](ImageSketch& image) {
        for (std::size_t i = 0; i < image.spectrum.size(); ++i) {
            image.spectrum[i] = static_cast<std::int8_t>(random.below(201)) - 100;
            if (image.spectrum[i] > 0) image.hash[i / 64] |= std::uint64_t{1} << i % 64;
        }
    };
    for (auto& image : images) fill(image);
    const std::vector<std::pair<std::uint32_t, std::uint32_t>> planted = {
        {0, 2299}, {511, 512}, {1023, 1024}, {3, 1500}, {2047, 2048}};
    for (const auto& [from, to] : planted) {
        images[to] = images[from];
        for (std::size_t bit = 0; bit < 40; ++bit) images[to].hash[bit % 4] ^= std::uint64_t{1} << bit;
    }
    for (auto& word : images[1500].hash) word = ~word; // an inverted copy
    images[1500].hash[3] &= (std::uint64_t{1} << 58) - 1;
    for (auto& value : images[1500].spectrum) value = static_cast<std::int8_t>(-value);
    images[700] = images[900];
    images[700].blank = true;
    std::set<std::pair<std::uint32_t, std::uint32_t>> found;
    for (const auto& pair : duplicate_candidates(images, {})) {
        found.emplace(pair.first, pair.second);
        CHECK(pair.inverted == (pair.second == 1500));
    }
    CHECK(found == std::set<std::pair<std::uint32_t, std::uint32_t>>(planted.begin(), planted.end()));

    const std::vector<ImageSketch> others = {images[2299], images[700], images[1024]};
    std::set<std::pair<std::uint32_t, std::uint32_t>> between;
    for (const auto& pair : duplicate_candidates(images, others)) between.emplace(pair.first, pair.second);
    CHECK(between == std::set<std::pair<std::uint32_t, std::uint32_t>>{{0, 0}, {2299, 0}, {1023, 2}, {1024, 2}});
}

TEST_CASE("audit: copies of an image are found after any modification, and nothing else is", "[unit]") {
    const auto images = drawn_images(40, 192); // both images of twenty patients
    std::vector<ImageSketch> originals;
    for (const auto& image : images) originals.push_back(sketch(image));
    CHECK(near_duplicates(originals, {}).empty());
    for (const auto& [name, change] : image_changes()) {
        std::vector<ImageSketch> copies;
        for (const auto& image : images) {
            cv::Mat square;
            cv::resize(change(image), square, {192, 192}, 0, 0, cv::INTER_AREA);
            copies.push_back(sketch(square));
        }
        std::size_t right = 0, wrong = 0;
        for (const auto& pair : near_duplicates(originals, copies)) ++(pair.first == pair.second ? right : wrong);
        INFO(name);
        CHECK(right == images.size());
        CHECK(wrong == 0);
    }
}

TEST_CASE("audit: pairs, leaks, conflicting labels and patients in two splits are reported", "[unit]") {
    const TempFolder folder;
    auto images = drawn_images(10, 96);
    std::vector<MadeImage> first, second;
    for (int i = 0; i < 8; ++i) first.push_back(made(images[static_cast<std::size_t>(i)], i, Split(i / 2 % 3)));
    first.push_back(made(images[0], 8, Split::test)); // repeats f0 of the training split
    first[0].labels = {1, -1};
    first[8].labels = {0, 1};
    // Images of the same patients in another split, one inverted copy, one new blank image.
    second = {made(255 - images[6], 0, Split::test), made(images[9], 2, Split::test)};
    cv::Mat blank(96, 96, CV_8U, cv::Scalar(7));
    blank.at<std::uint8_t>(0, 0) = 8; // an image of a single value would not be prepared
    second.push_back({blank, "blank", "p9", Split::test});
    for (auto& image : second) image.labels = {0, 1};
    const PreparedDataset a(prepared_images(folder.path, "a", first, 96));
    const PreparedDataset b(
        prepared_images(folder.path, "b", second, 96, {"Nodule", "Mass"})); // classes in another order
    const Audit audit = audit_datasets({&a, &b});
    REQUIRE(audit.pairs.size() == 3); // a, a and b, b
    REQUIRE(audit.pairs[0].shared.images.size() == 1);
    const SharedImage& repeat = audit.pairs[0].shared.images[0];
    CHECK((repeat.first == 0 && repeat.second == 8 && repeat.identical));
    CHECK(label_conflicts(a, a, repeat) == std::vector<std::string>{"Mass"}); // the other is unknown in one
    CHECK(seen_test_images(a, a, audit.pairs[0].shared.images, {Split::train}).tested == std::vector<std::int64_t>{8});
    CHECK(seen_test_images(a, a, audit.pairs[0].shared.images, {Split::train}).copies == std::vector<std::int64_t>{0});
    REQUIRE(audit.pairs[1].shared.images.size() == 1);
    const SharedImage& copy = audit.pairs[1].shared.images[0];
    CHECK((copy.first == 6 && copy.second == 0 && copy.inverted && !copy.identical));
    CHECK(label_conflicts(a, b, copy) == std::vector<std::string>{"Mass"});
    CHECK(across_splits(a, b, copy));
    CHECK(seen_test_images(a, b, audit.pairs[1].shared.images, {Split::train}).tested == std::vector<std::int64_t>{0});
    CHECK(seen_test_images(a, b, audit.pairs[1].shared.images, {Split::validation}).tested.empty());
    CHECK(audit.pairs[1].patients.empty()); // two datasets: equal ids are different patients
    CHECK(audit.pairs[2].shared.images.empty());
    CHECK(audit.leaks() == 2);
    CHECK(audit.datasets[1].blank() == 1);

    const std::string text = audit_text(audit);
    INFO(text);
    for (const char* part : {"1 of 3 test images also in training or validation", "f0 (train) and f8 (test): identical",
                             "f6 (train) and f0 (test): inverted copy", "labels differ in Mass", "1 of them are blank",
                             "In two splits: 2"})
        CHECK(contains(text, part));
    const auto report = audit_json(audit);
    CHECK(report.at("leaks") == 2);
    CHECK(report.at("images").as_array().size() == 2);
    CHECK(report.at("images").as_array()[1].as_object().at("kind") == "inverted copy");
    CHECK(audit_sheets(audit, folder / "pairs.png") == std::vector<fs::path>{folder / "pairs.png"});
    const cv::Mat sheet = cv::imread((folder / "pairs.png").string());
    REQUIRE(sheet.cols > 900);
    // The copy was inverted and turned back, so both differences are mid-grey everywhere.
    for (const int left : {14, 14 + 3 * 226 + 12}) {
        const cv::Mat difference = sheet(cv::Rect(left + 2 * 226, 14, 224, 224));
        double least = 0, most = 0;
        cv::minMaxIdx(difference.reshape(1), &least, &most);
        CHECK(least >= 127);
        CHECK(most <= 129);
    }
}

TEST_CASE("audit: many pairs are drawn in pages", "[unit]") {
    const TempFolder folder;
    const auto images = drawn_images(25, 64);
    std::vector<MadeImage> made_twice;
    for (int i = 0; i < 50; ++i)
        made_twice.push_back(
            made(images[static_cast<std::size_t>(i % 25)], i < 25 ? i : i + 1, i < 25 ? Split::train : Split::test));
    const PreparedDataset data(prepared_images(folder.path, "twice", made_twice, 64));
    const Audit audit = audit_datasets({&data});
    const auto pairs = audit.pairs[0].shared.images.size();
    REQUIRE(pairs >= 25);
    CHECK(audit_sheets(audit, folder / "p.png", 25) == std::vector<fs::path>{folder / "p.png", folder / "p-2.png"});
    const int row = 224 + 3 * 16 + 14;
    CHECK(cv::imread((folder / "p.png").string()).rows == 14 + 10 * row);
    CHECK(cv::imread((folder / "p-2.png").string()).rows == 14 + 3 * row);
}

TEST_CASE("audit: two files of one dataset that split its patients differently leak", "[unit]") {
    const TempFolder folder, other;
    const auto images = drawn_images(6, 64);
    std::vector<MadeImage> one, two;
    for (int i = 0; i < 6; ++i) {
        one.push_back(made(images[static_cast<std::size_t>(i)], i, Split(i / 2)));
        two.push_back(made(images[static_cast<std::size_t>(i)], i, i / 2 == 1 ? Split::test : Split(i / 2)));
    }
    const PreparedDataset a(prepared_images(folder.path, "same", one, 64)),
        b(prepared_images(other.path, "same", two, 64));
    const Audit audit = audit_datasets({&a, &b});
    CHECK(audit.pairs[1].shared.images.size() == 6);
    REQUIRE(audit.pairs[1].patients.size() == 1);
    CHECK(audit.pairs[1].patients[0].patient == "p1");
    CHECK(audit.leaks() == 3); // the patient and both images
    CHECK(contains(audit_text(audit), "patient p1: validation and test"));
    CHECK(contains(user_error_of([&] { audit_datasets({&a, &a}); }), "are the same prepared dataset"));
}

TEST_CASE("audit: a thousand synthetic images of one anatomy are distinguished, and copies among them are found",
          "[unit]") {
    // Drawn at thumbnail size, at which 8 of 1000 pairs look alike to a hash of the whole image.
    std::vector<cv::Mat> drawn(1000);
    parallel_for(drawn.size(), 0, [&](std::size_t i) {
        drawn[i] = phantom::draw_image({0, static_cast<std::uint32_t>(i), 0}, 64).pixels;
    });
    std::vector<ImageSketch> images;
    for (const auto& image : drawn) images.push_back(sketch(image));
    CHECK(duplicate_candidates(images, {}).size() < 200); // of 499,500 pairs
    CHECK(near_duplicates(images, {}).empty());
    std::vector<std::pair<std::uint32_t, std::uint32_t>> planted;
    for (const auto& [name, change] : image_changes()) {
        if (name == "JPEG of quality 50") continue; // too little is left of a 64-pixel image
        const auto copied = 31 * planted.size();
        cv::Mat square;
        cv::resize(change(drawn[copied]), square, {64, 64}, 0, 0, cv::INTER_AREA);
        planted.emplace_back(copied, images.size());
        images.push_back(sketch(square));
    }
    std::vector<std::pair<std::uint32_t, std::uint32_t>> found;
    for (const auto& pair : near_duplicates(images, {})) found.emplace_back(pair.first, pair.second);
    CHECK(found == planted);
}

TEST_CASE("audit: a set consisting only of copies takes bounded memory, and what was left out is counted", "[unit]") {
    const std::vector<ImageSketch> images(2500, sketch(drawn_images(1, 64)[0]));
    const auto search = search_duplicates(images, {});
    const std::size_t pairs = 2500 * 2499 / 2, nearest = 4'000'000 / 2500;
    CHECK(search.copies.size() + static_cast<std::size_t>(search.left_out) == pairs);
    CHECK(search.copies.size() <= 2500 * nearest);
    CHECK(search.left_out > 0);
    std::set<std::uint32_t> found;
    for (const auto& pair : search.copies) {
        found.insert(pair.first);
        found.insert(pair.second);
    }
    CHECK(found.size() == 2500); // every image has a reported copy
}

TEST_CASE("audit: if distinct images are very similar, copies start where less than a tenth of a pair is expected",
          "[unit]") {
    // Quantiles of a half-normal with standard deviation 0.15 from z = atanh(0.75), cut at atanh(0.895). By hand with
    // Python's math: N(z) = n * erfc((z - z0) / (0.15 * sqrt(2))) = 0.1 gives 0.9106 for n = 500 and 0.9450 for 3000
    // times that: statistics.NormalDist().inv_cdf(1 - 0.05 / n) * 0.15 + z0.
    std::vector<double> below;
    constexpr int count = 500;
    for (int i = 0; i < count; ++i) {
        double low = 0, high = 2; // the quantile of (i + 0.5) / count, by bisection
        for (int k = 0; k < 50; ++k) {
            const double z = 0.5 * (low + high);
            (std::erf(z / (0.15 * std::sqrt(2.0))) < (i + 0.5) / count ? low : high) = z;
        }
        below.push_back(std::tanh(std::atanh(0.75) + low));
    }
    CHECK(tail_limit(below, 0.75, 0.895, 1) == Approx(0.9106).margin(0.002));
    CHECK(tail_limit(below, 0.75, 0.895, 3000) == Approx(0.9450).margin(0.002));
    CHECK(tail_limit({below.begin(), below.begin() + 19}, 0.75, 0.895, 3000) == 0.895); // too few to tell
}
