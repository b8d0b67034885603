#include "datasets/decode/jpeg.h"

#include "core/error.h"

#include <opencv2/imgproc.hpp>

#include <csetjmp>
#include <cstdio> // jpeglib.h needs it

#include <jpeglib.h>

#include <jerror.h> // after jpeglib.h

namespace mlvicx {

namespace {

constexpr int most_scans = 200; ///< a progressive image has about ten; thousands of tiny scans would take hours

/// Warnings that do not concern coded pixels: a JFIF version or Adobe colour transform unknown to libjpeg.
bool is_harmless(int message) {
    return message == JWRN_JFIF_MAJOR || message == JWRN_ADOBE_XFORM;
}

/// Errors about what libjpeg cannot do, not about the file.
bool is_unsupported(int message) {
    return message == JERR_CONVERSION_NOTIMPL || message == JERR_NOTIMPL || message == JERR_NOT_COMPILED ||
           message == JERR_ARITH_NOTIMPL || message == JERR_BAD_PRECISION || message == JERR_SOF_UNSUPPORTED ||
           message == JERR_CCIR601_NOTIMPL || message == JERR_FRACT_SAMPLE_NOTIMPL;
}

/// Grey from four inks. Inks are stored inverted, 255 meaning none, as Adobe introduced and all readers expect.
cv::Mat luma_of_inks(const cv::Mat& inks) {
    cv::Mat colours(inks.size(), CV_8UC3), luma;
    for (int y = 0; y < inks.rows; ++y)
        for (int x = 0; x < inks.cols; ++x) {
            const auto& ink = inks.at<cv::Vec4b>(y, x);
            for (int c = 0; c < 3; ++c) // of red, green, blue
                colours.at<cv::Vec3b>(y, x)[c] = static_cast<std::uint8_t>((ink[c] * ink[3] + 127) / 255);
        }
    cv::cvtColor(colours, luma, cv::COLOR_RGB2GRAY);
    return luma;
}

/// libjpeg leaves an error by a longjmp, which must not skip a C++ destructor: everything is owned by the caller of
/// `decode`.
struct Decoder {
    jpeg_error_mgr errors{};
    jpeg_progress_mgr progress{};
    jpeg_decompress_struct state{};
    std::jmp_buf way_out{};
    char reason[JMSG_LENGTH_MAX] = {};
    bool unsupported = false; ///< the cause is libjpeg, not the file

    Decoder() {
        state.err = jpeg_std_error(&errors);
        state.client_data = this;
        errors.error_exit = [](j_common_ptr info) { fail(info); };
        errors.emit_message = [](j_common_ptr info, int level) {
            if (level < 0 && !is_harmless(info->err->msg_code)) fail(info); // a warning: damaged data
        };
        progress.progress_monitor = [](j_common_ptr info) {
            auto& self = *static_cast<Decoder*>(info->client_data);
            if (self.state.input_scan_number <= most_scans) return;
            std::snprintf(self.reason, sizeof self.reason, "more than %d scans", most_scans);
            std::longjmp(self.way_out, 1);
        };
    }
    ~Decoder() { jpeg_destroy_decompress(&state); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    [[noreturn]] static void fail(j_common_ptr info) {
        auto& self = *static_cast<Decoder*>(info->client_data);
        self.errors.format_message(info, self.reason);
        self.unsupported = is_unsupported(self.errors.msg_code);
        std::longjmp(self.way_out, 1);
    }

    bool decode(std::span<const std::uint8_t> bytes, const cv::Mat& out) {
        if (setjmp(way_out) != 0) return false;
        jpeg_create_decompress(&state);
        state.progress = &progress;
        jpeg_mem_src(&state, const_cast<std::uint8_t*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
        jpeg_read_header(&state, TRUE);
        state.out_color_space = out.channels() == 4 ? JCS_CMYK : JCS_GRAYSCALE;
        jpeg_start_decompress(&state);
        if (state.output_width != static_cast<JDIMENSION>(out.cols) ||
            state.output_height != static_cast<JDIMENSION>(out.rows)) {
            std::snprintf(reason, sizeof reason, "contradictory sizes");
            return false;
        }
        while (state.output_scanline < state.output_height) {
            JSAMPROW row = out.data + state.output_scanline * out.step[0];
            jpeg_read_scanlines(&state, &row, 1);
        }
        jpeg_finish_decompress(&state); // reads up to the end marker, and warns about anything before it
        return true;
    }
};

} // namespace

cv::Mat decode_jpeg(std::span<const std::uint8_t> bytes, const ImageHead& head, const std::string& name) {
    const bool inks = head.components == 4;
    const cv::Mat pixels(static_cast<int>(head.height), static_cast<int>(head.width), inks ? CV_8UC4 : CV_8U);
    Decoder decoder;
    if (!decoder.decode(bytes, pixels))
        user_error("{}: {}: {}", name, decoder.unsupported ? "unsupported kind of JPEG" : "damaged JPEG",
                   decoder.reason);
    return inks ? luma_of_inks(pixels) : pixels;
}

} // namespace mlvicx
