#include "datasets/decode/inflate.h"

#include "core/error.h"

#include <zlib.h>

#include <algorithm>

namespace mlvicx {

namespace {

/// zlib's state, released with the object.
struct Stream : z_stream {
    Stream() : z_stream{} {
        if (inflateInit2(this, -MAX_WBITS) != Z_OK) throw InternalError("zlib"); // negative: no header, no checksum
    }
    ~Stream() { inflateEnd(this); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
};

} // namespace

std::vector<std::uint8_t> inflate_raw(std::span<const std::uint8_t> bytes, std::size_t largest,
                                      const std::string& name) {
    Stream stream;
    stream.next_in = const_cast<std::uint8_t*>(bytes.data());
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), UINT32_MAX));
    std::vector<std::uint8_t> result;
    constexpr std::size_t step = std::size_t{1} << 20;
    for (int status = Z_OK; status != Z_STREAM_END;) {
        const std::size_t before = result.size();
        if (before > largest) user_error("{}: inflates to more than {} bytes", name, largest);
        result.resize(before + step);
        stream.next_out = result.data() + before;
        stream.avail_out = step;
        status = inflate(&stream, Z_NO_FLUSH);
        result.resize(before + step - stream.avail_out);
        if (status != Z_OK && status != Z_STREAM_END)
            user_error("{}: {} deflated data", name, status == Z_BUF_ERROR ? "truncated" : "damaged");
        if (status == Z_OK && result.size() == before) user_error("{}: truncated deflated data", name);
    }
    if (stream.avail_in > 1) user_error("{}: damaged: {} bytes after the deflated data", name, stream.avail_in);
    return result;
}

std::uint32_t crc32_of(std::span<const std::uint8_t> bytes) {
    return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size()));
}

} // namespace mlvicx
