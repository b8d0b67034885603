#include "tests/support/datasets_support.h"

#include "core/hash.h"
#include "core/parallel.h"
#include "datasets/decode/decode.h"

#include <cstdlib>

using namespace mlvicx;

namespace {

std::string digest(const cv::Mat& image) {
    return Sha256().add(std::as_bytes(std::span(image.data, image.total()))).hex();
}

const char* real_data() {
    return std::getenv("MLVICX_REAL_DATA");
}

cv::Mat real_image(const std::string& name, std::string* rule = nullptr) {
    return decode_image(fs::path(real_data()) / "dicom" / name, Window::automatic, rule);
}

} // namespace

TEST_CASE("dicom: the lossless forms of one real image give the pixels that pydicom reads", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    // SHA-256 of pydicom 3's pixel_array, 8 bits unchanged.
    const std::string expected = "8a771769a267418e92560b937fcb66b067c71a3e2e857ff4713993a72cfe21e1";
    for (const auto* form : {"explicitLE", "explicitBE", "implicitLE", "deflated", "rle", "jpeg_lossless_57",
                             "jpeg_lossless_sv1_70", "jpegls_lossless", "j2k_lossless_90"}) {
        if (!dicom_supported() && std::string(form).starts_with("j")) continue;
        std::string rule;
        INFO(form);
        CHECK(digest(real_image("NIH_DX_8b_" + std::string(form) + ".dcm", &rule)) == expected);
        CHECK(rule == "DICOM, full range of 8 bits");
    }
    // The same for numpy's sorted values: from the one at floor(0.005 n) to the one as far from the end.
    const std::string expected15 = "f694573be63487357a3e153495578f661567d8610c6631bba79f6b0436a1017f";
    for (const auto* form : {"j2k_lossless_90", "jpeg_lossless_sv1_70", "jpegls_lossless", "rle"}) {
        if (!dicom_supported() && std::string(form).starts_with("j")) continue;
        std::string rule;
        INFO(form);
        CHECK(digest(real_image("RG1_chest_16b15_MONO1_" + std::string(form) + ".dcm", &rule)) == expected15);
        CHECK(rule == "DICOM, 0.5 to 99.5 percentile of 15 bits, MONOCHROME1 inverted");
    }
}

TEST_CASE("dicom: the lossy forms of one real image equal the image except for their loss", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    const cv::Mat image = real_image("NIH_DX_8b_explicitLE.dcm");
    for (const auto* form : {"jpeg_baseline_50", "jpeg_extended_51", "jpegls_near3_81", "j2k_lossy_91"}) {
        if (!dicom_supported() && !std::string(form).starts_with("jpeg_")) continue;
        const cv::Mat lossy = real_image("NIH_DX_8b_" + std::string(form) + ".dcm");
        REQUIRE(lossy.size() == image.size());
        INFO(form);
        CHECK(cv::norm(lossy, image, cv::NORM_L1) / static_cast<double>(image.total()) < 2);
        CHECK(cv::norm(lossy, image, cv::NORM_INF) > 0);
    }
}

TEST_CASE("dicom: the real image relabelled as MONOCHROME1 is the other's negative", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    // Both files have the same coded pixels; only their stated meaning differs.
    const cv::Mat image = real_image("1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819.dcm");
    CHECK(digest(255 - real_image("Fake_MONOHR1.dcm")) == digest(image));
}

TEST_CASE("dicom: real files decode the same on many threads as on one", "[real]") {
    if (!real_data()) SKIP_TEST("MLVICX_REAL_DATA is not set");
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(fs::path(real_data()) / "dicom"))
        if (dicom_supported()) names.push_back(entry.path().filename().string());
    std::vector<std::string> alone(names.size()), together(4 * names.size());
    for (std::size_t i = 0; i < names.size(); ++i) alone[i] = digest(real_image(names[i]));
    parallel_for(together.size(), 8, [&](std::size_t i) { together[i] = digest(real_image(names[i % names.size()])); });
    for (std::size_t i = 0; i < together.size(); ++i) CHECK(together[i] == alone[i % names.size()]);
}
