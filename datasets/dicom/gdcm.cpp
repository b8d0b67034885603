#include "datasets/dicom/gdcm.h"

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

} // namespace

cv::Mat decode_by_gdcm(Coding coding, std::span<const std::uint8_t> coded, const ImageHead& head,
                       const std::string& name) {
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
    cv::Mat values(static_cast<int>(head.height), static_cast<int>(head.width), bytes_of(head) == 1 ? CV_8U : CV_16U);
    std::string reason = "cannot be decoded";
    try {
        // The JPEG decoder takes its bit depth from this format, so set it last.
        codec.SetPixelFormat(format_of(head));
        gdcm::DataElement decoded;
        if (codec.Decode(pixel_element(coded), decoded)) {
            const gdcm::ByteValue* bytes = decoded.GetByteValue();
            const std::size_t count = values.total() * values.elemSize(); // GDCM pads an odd length to an even one
            if (bytes && (bytes->GetLength() == count || bytes->GetLength() == count + count % 2) &&
                bytes->GetBuffer(reinterpret_cast<char*>(values.data), count))
                return values;
        }
    } catch (const std::exception& error) { // from a decoder, without the file name
        reason += fmt::format(" ({})", error.what());
    }
    user_error("{}: damaged: its coded pixels {}", name, reason);
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
