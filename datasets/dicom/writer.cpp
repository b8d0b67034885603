#include "datasets/dicom/dicom.h"

#include "core/error.h"
#include "datasets/dicom/gdcm.h"

#ifdef MLVICX_HAS_GDCM

#include <gdcmAttribute.h>
#include <gdcmImage.h>
#include <gdcmImageChangeTransferSyntax.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmUIDGenerator.h>
#include <gdcmWriter.h>
#include <opencv2/imgcodecs.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

namespace mlvicx {

namespace {

constexpr const char* secondary_capture = "1.2.840.10008.5.1.4.1.1.7";

gdcm::TransferSyntax syntax_of(DicomCoding coding) {
    switch (coding) {
    case DicomCoding::uncompressed:
        return gdcm::TransferSyntax::ExplicitVRLittleEndian;
    case DicomCoding::jpeg:
        return gdcm::TransferSyntax::JPEGBaselineProcess1;
    case DicomCoding::jpeg2000:
        return gdcm::TransferSyntax::JPEG2000Lossless;
    }
    throw InternalError("unknown coding");
}

void set_bytes(gdcm::DataElement& element, const void* bytes, std::size_t count) {
    element.SetByteValue(static_cast<const char*>(bytes), static_cast<std::uint32_t>(count));
}

/// Encodes the pixels as JPEG with OpenCV (at about the quality of RSNA's files), wrapped as a single fragment.
void set_jpeg(gdcm::DataElement& element, const cv::Mat& pixels) {
    std::vector<std::uint8_t> bytes;
    if (!cv::imencode(".jpg", pixels, bytes, {cv::IMWRITE_JPEG_QUALITY, 90})) throw InternalError("JPEG encoder");
    if (bytes.size() % 2 != 0) bytes.push_back(0); // a fragment has even length
    gdcm::Fragment fragment;
    set_bytes(fragment, bytes.data(), bytes.size());
    const auto fragments = gdcm::SequenceOfFragments::New();
    fragments->AddFragment(fragment);
    element.SetValue(*fragments);
}

/// Encodes the pixels with GDCM's own coder.
gdcm::DataElement jpeg2000_of(const gdcm::DataElement& raw, const cv::Mat& pixels) {
    const gdcm::SmartPointer<gdcm::Image> image = new gdcm::Image;
    image->SetNumberOfDimensions(2);
    image->SetDimension(0, static_cast<unsigned>(pixels.cols));
    image->SetDimension(1, static_cast<unsigned>(pixels.rows));
    image->SetPixelFormat(gdcm::PixelFormat(gdcm::PixelFormat::UINT8));
    image->SetPhotometricInterpretation(gdcm::PhotometricInterpretation::MONOCHROME2);
    image->SetTransferSyntax(gdcm::TransferSyntax::ExplicitVRLittleEndian);
    image->SetDataElement(raw);
    gdcm::ImageChangeTransferSyntax coder;
    coder.SetInput(*image);
    coder.SetTransferSyntax(gdcm::TransferSyntax::JPEG2000Lossless);
    if (!coder.Change()) throw InternalError("JPEG 2000 encoder");
    return coder.GetOutput().GetDataElement();
}

gdcm::DataElement pixel_data(const cv::Mat& pixels, DicomCoding coding) {
    gdcm::DataElement element(gdcm::Tag(0x7fe0, 0x0010));
    element.SetVR(gdcm::VR::OB);
    if (coding == DicomCoding::jpeg) {
        set_jpeg(element, pixels);
        return element;
    }
    const cv::Mat whole = pixels.isContinuous() ? pixels : pixels.clone();
    std::vector<std::uint8_t> bytes(whole.data, whole.data + whole.total());
    if (coding == DicomCoding::uncompressed && bytes.size() % 2 != 0) bytes.push_back(0);
    set_bytes(element, bytes.data(), bytes.size());
    return coding == DicomCoding::uncompressed ? element : jpeg2000_of(element, whole);
}

template <std::uint16_t Group, std::uint16_t Element>
void put(gdcm::DataSet& data, const typename gdcm::Attribute<Group, Element>::ArrayType& value) {
    gdcm::Attribute<Group, Element> attribute;
    attribute.SetValue(value);
    data.Replace(attribute.GetAsDataElement());
}

void describe(gdcm::DataSet& data, const std::string& instance_uid, const std::string& patient, DicomCoding coding) {
    put<0x0008, 0x0016>(data, gdcm::UIComp(secondary_capture));
    put<0x0008, 0x0018>(data, gdcm::UIComp(instance_uid));
    put<0x0008, 0x0060>(data, "CR");  // Modality
    put<0x0008, 0x0064>(data, "WSD"); // Conversion Type: workstation
    put<0x0010, 0x0010>(data, patient);
    put<0x0010, 0x0020>(data, patient);
    put<0x0018, 0x0015>(data, "CHEST");
    put<0x0020, 0x000d>(data, gdcm::UIComp(instance_uid + ".1")); // study
    put<0x0020, 0x000e>(data, gdcm::UIComp(instance_uid + ".2")); // series
    put<0x0020, 0x0011>(data, 1);
    put<0x0020, 0x0013>(data, 1);
    if (coding == DicomCoding::jpeg) {
        put<0x0028, 0x2110>(data, "01");        // lossy
        gdcm::Attribute<0x0028, 0x2114> method; // may have several values, one per compression
        method.SetNumberOfValues(1);
        method.SetValue(0, "ISO_10918_1");
        data.Replace(method.GetAsDataElement());
    }
}

void describe(gdcm::DataSet& data, const cv::Mat& pixels) {
    put<0x0028, 0x0002>(data, 1); // samples per pixel
    put<0x0028, 0x0004>(data, "MONOCHROME2");
    put<0x0028, 0x0010>(data, static_cast<std::uint16_t>(pixels.rows));
    put<0x0028, 0x0011>(data, static_cast<std::uint16_t>(pixels.cols));
    put<0x0028, 0x0100>(data, 8); // bits allocated, bits stored, high bit, unsigned
    put<0x0028, 0x0101>(data, 8);
    put<0x0028, 0x0102>(data, 7);
    put<0x0028, 0x0103>(data, 0);
}

/// As text; a value has an even number of bytes.
void describe(gdcm::DataSet& data, const AttributeTexts& attributes) {
    for (std::size_t kind = 0; kind < attribute_count; ++kind) {
        std::string text = attributes[kind];
        if (text.empty()) continue;
        if (text.size() % 2 != 0) text += ' ';
        const std::uint32_t tag = attribute_table()[kind].dicom_tag;
        gdcm::DataElement element(
            gdcm::Tag(static_cast<std::uint16_t>(tag >> 16), static_cast<std::uint16_t>(tag & 0xffff)));
        element.SetVR(std::string_view(attribute_table()[kind].name) == "age" ? gdcm::VR::AS : gdcm::VR::CS);
        set_bytes(element, text.data(), text.size());
        data.Replace(element);
    }
}

} // namespace

void write_dicom(const std::filesystem::path& file, const cv::Mat& pixels, const std::string& instance_uid,
                 const std::string& patient, DicomCoding coding, const AttributeTexts& attributes) {
    if (pixels.type() != CV_8UC1 || pixels.empty() || pixels.rows > 65535 || pixels.cols > 65535)
        throw InternalError("a DICOM image is 8-bit grey, at most 65535 pixels a side");
    if (instance_uid.size() > 62 || !gdcm::UIDGenerator::IsValid(instance_uid.c_str()))
        user_error("{}: \"{}\" is not a UID, expected at most 62 digits and dots", file.string(), instance_uid);
    gdcm::Writer writer;
    gdcm::DataSet& data = writer.GetFile().GetDataSet();
    describe(data, instance_uid, patient, coding);
    describe(data, pixels);
    describe(data, attributes);
    data.Replace(pixel_data(pixels, coding));
    writer.GetFile().GetHeader().SetDataSetTransferSyntax(syntax_of(coding));
    std::ostringstream bytes; // GDCM ends the process if a disk is full
    writer.SetStream(bytes);
    ensure(writer.Write(), "a DICOM file could not be composed");
    std::ofstream out(file, std::ios::binary);
    out << bytes.view();
    out.close();
    if (!out) user_error("{}: cannot be written: {}", file.string(), std::strerror(errno));
}

bool dicom_supported() {
    return true;
}

} // namespace mlvicx

#else

namespace mlvicx {

void write_dicom(const std::filesystem::path& file, const cv::Mat&, const std::string&, const std::string&, DicomCoding,
                 const AttributeTexts&) {
    without_gdcm(file.string());
}

bool dicom_supported() {
    return false;
}

} // namespace mlvicx

#endif
