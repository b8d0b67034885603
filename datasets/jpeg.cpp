#include "datasets/jpeg.h"

#include "core/error.h"

#include <csetjmp>
#include <cstdio> // jpeglib.h needs it

#include <jpeglib.h>

namespace mlvicx {

namespace {

constexpr int most_scans = 200; ///< a progressive film has ten; thousands of tiny ones would take hours

/// libjpeg's way out of an error is a jump, which must pass no C++ object: all is owned by the caller of `decode`.
struct Decoder {
    jpeg_error_mgr errors{};
    jpeg_progress_mgr progress{};
    jpeg_decompress_struct state{};
    std::jmp_buf way_out{};
    char reason[JMSG_LENGTH_MAX] = {};

    Decoder() {
        state.err = jpeg_std_error(&errors);
        state.client_data = this;
        errors.error_exit = [](j_common_ptr info) { fail(info); };
        errors.emit_message = [](j_common_ptr info, int level) {
            if (level < 0) fail(info); // a warning: damaged data
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
        std::longjmp(self.way_out, 1);
    }

    bool decode(std::span<const std::uint8_t> bytes, const cv::Mat& out) {
        if (setjmp(way_out) != 0) return false;
        jpeg_create_decompress(&state);
        state.progress = &progress;
        jpeg_mem_src(&state, const_cast<std::uint8_t*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
        jpeg_read_header(&state, TRUE);
        state.out_color_space = JCS_GRAYSCALE;
        jpeg_start_decompress(&state);
        if (state.output_width != static_cast<JDIMENSION>(out.cols) ||
            state.output_height != static_cast<JDIMENSION>(out.rows)) {
            std::snprintf(reason, sizeof reason, "two sizes");
            return false;
        }
        while (state.output_scanline < state.output_height) {
            JSAMPROW row = out.data + state.output_scanline * out.step[0];
            jpeg_read_scanlines(&state, &row, 1);
        }
        jpeg_finish_decompress(&state); // reads on to the end marker, and warns of what lies before it
        return true;
    }
};

} // namespace

cv::Mat decode_jpeg(std::span<const std::uint8_t> bytes, const ImageHead& head, const std::string& name) {
    const cv::Mat pixels(static_cast<int>(head.height), static_cast<int>(head.width), CV_8U);
    Decoder decoder;
    if (!decoder.decode(bytes, pixels)) user_error("{}: damaged JPEG: {}", name, decoder.reason);
    return pixels;
}

} // namespace mlvicx
