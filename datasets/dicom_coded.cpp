#include "datasets/dicom_coded.h"

#include "core/error.h"

#ifdef MLVICX_HAS_GDCM
#include <gdcmImage.h>
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

gdcm::PixelFormat format_of(const DicomLayout& layout) {
    const auto bits = static_cast<unsigned short>(layout.bits);
    return gdcm::PixelFormat(1, static_cast<unsigned short>(8 * layout.bytes), bits,
                             static_cast<unsigned short>(bits - 1), layout.sign ? 1 : 0);
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

cv::Mat decode_by_gdcm(std::span<const std::uint8_t> coded, const DicomFile& file, const DicomLayout& layout) {
    silence_gdcm();
    cv::Mat values(layout.rows, layout.columns, layout.bytes == 1 ? CV_8U : CV_16U);
    const std::size_t count = values.total() * values.elemSize();
    try {
        gdcm::Image image;
        image.SetNumberOfDimensions(2);
        image.SetDimension(0, static_cast<unsigned>(layout.columns));
        image.SetDimension(1, static_cast<unsigned>(layout.rows));
        image.SetPixelFormat(format_of(layout));
        image.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::MONOCHROME2);
        image.SetTransferSyntax(gdcm::TransferSyntax::GetTSType(file.transfer_syntax().c_str()));
        image.SetDataElement(pixel_element(coded));
        if (image.GetBufferLength() == count && image.GetBuffer(reinterpret_cast<char*>(values.data))) return values;
    } catch (const std::exception&) { // a decoder's own, without a name
    }
    user_error("{}: damaged DICOM: its coded pixels cannot be decoded", file.name());
}

#else

cv::Mat decode_by_gdcm(std::span<const std::uint8_t>, const DicomFile& file, const DicomLayout&) {
    without_gdcm(file.name());
}

#endif

void without_gdcm(const std::string& name) {
    user_error("{}: DICOM of this coding takes GDCM, and this program was built without; install libgdcm-dev and build "
               "again",
               name);
}

} // namespace mlvicx
