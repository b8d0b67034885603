#include "datasets/dicom/gdcm.h"

#include "core/contained.h"
#include "core/error.h"

#ifdef MLVICX_HAS_GDCM
#include <gdcmJPEG2000Codec.h>
#include <gdcmJPEGCodec.h>
#include <gdcmJPEGLSCodec.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmTrace.h>
#endif

namespace mlvicx {

#ifdef MLVICX_HAS_GDCM

namespace {

gdcm::DataElement pixel_element(std::span<const std::uint8_t> coded) {
    gdcm::Fragment fragment;
    fragment.SetByteValue(reinterpret_cast<const char*>(coded.data()), static_cast<std::uint32_t>(coded.size()));
    const auto fragments = gdcm::SequenceOfFragments::New();
    fragments->AddFragment(fragment);
    gdcm::DataElement element(gdcm::Tag(0x7fe0, 0x0010));
    element.SetVR(gdcm::VR::OB);
    element.SetValue(*fragments);
    return element;
}

constexpr const char* undecodable = "the decoder gives no picture";

int bytes_of(const ImageHead& head) {
    return head.bits <= 8 ? 1 : 2;
}

gdcm::PixelFormat format_of(const ImageHead& head) {
    const auto bits = static_cast<unsigned short>(head.bits);
    return gdcm::PixelFormat(1, static_cast<unsigned short>(8 * bytes_of(head)), bits,
                             static_cast<unsigned short>(bits - 1), head.sign ? 1 : 0);
}

void silence_gdcm() {
    static const bool once = [] {
        gdcm::Trace::WarningOff();
        gdcm::Trace::ErrorOff();
        return true;
    }();
    (void)once;
}

/// Decodes into `values`, row by row. Returns why it cannot, or nothing.
std::string decode_into(std::span<std::byte> values, Coding coding, std::span<const std::uint8_t> coded,
                        const ImageHead& head) {
    silence_gdcm();
    gdcm::JPEGCodec jpeg;
    gdcm::JPEGLSCodec jpeg_ls;
    gdcm::JPEG2000Codec jpeg2000;
    jpeg2000.SetNumberOfThreadsForDecompression(0); // images are decoded in parallel already
    gdcm::ImageCodec& codec = coding == Coding::jpeg2000  ? static_cast<gdcm::ImageCodec&>(jpeg2000)
                              : coding == Coding::jpeg_ls ? static_cast<gdcm::ImageCodec&>(jpeg_ls)
                                                          : jpeg;
    const unsigned size[3] = {head.width, head.height, 1};
    codec.SetNumberOfDimensions(2);
    codec.SetDimensions(size);
    codec.SetPlanarConfiguration(0);
    codec.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::MONOCHROME2);
    // The JPEG decoder takes its bit depth from this format, so set it last.
    codec.SetPixelFormat(format_of(head));
    gdcm::DataElement decoded;
    if (!codec.Decode(pixel_element(coded), decoded)) return undecodable;
    const gdcm::ByteValue* bytes = decoded.GetByteValue();
    const std::size_t count = values.size(); // GDCM pads an odd length to an even one
    const bool whole = bytes && (bytes->GetLength() == count || bytes->GetLength() == count + count % 2) &&
                       bytes->GetBuffer(reinterpret_cast<char*>(values.data()), count);
    return whole ? "" : undecodable;
}

} // namespace

// GDCM and what it uses were not written for damaged files: on some they abort, leak, or read past their input.
cv::Mat decode_by_gdcm(Coding coding, std::span<const std::uint8_t> coded, const ImageHead& head,
                       const std::string& name) {
    const int bytes = bytes_of(head);
    const SharedBytes values(std::size_t{head.width} * head.height * static_cast<std::size_t>(bytes));
    constexpr std::size_t spare = std::size_t{512} << 20;
    const auto memory = 32 * values.bytes().size() + 4 * coded.size() + spare; // JPEG 2000 takes 4 bytes for a value
    const auto reason = contained(memory, [&] { return decode_into(values.bytes(), coding, coded, head); });
    if (!reason.empty()) user_error("{}: damaged: its coded pixels cannot be decoded ({})", name, reason);
    return cv::Mat(static_cast<int>(head.height), static_cast<int>(head.width), bytes == 1 ? CV_8U : CV_16U,
                   values.bytes().data())
        .clone();
}

#else

cv::Mat decode_by_gdcm(Coding, std::span<const std::uint8_t>, const ImageHead&, const std::string& name) {
    without_gdcm(name);
}

#endif

void without_gdcm(const std::string& name) {
    user_error("{}: pixels of this coding require GDCM, but this program was built without it; install libgdcm-dev and "
               "rebuild",
               name);
}

} // namespace mlvicx
