#include "datasets/decode/inflate.h"

#include "core/error.h"

#include <zlib.h>

#include <algorithm>

namespace mlvicx {

namespace {

constexpr int raw = -MAX_WBITS;             ///< no header, no checksum
constexpr int with_header = 16 + MAX_WBITS; ///< those of gzip
constexpr std::size_t step = std::size_t{1} << 20;

/// What is harmless however small its file, and how often its size a larger text may be: tables of labels shrink to a
/// tenth, zeros to a thousandth.
constexpr std::size_t harmless = std::size_t{256} << 20, most_often = 200;

/// zlib's state, released with the object.
struct Stream : z_stream {
    explicit Stream(int format) : z_stream{} { ensure(inflateInit2(this, format) == Z_OK, "zlib"); }
    ~Stream() { inflateEnd(this); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
};

} // namespace

std::vector<std::uint8_t> inflate_raw(std::span<const std::uint8_t> bytes, std::size_t largest,
                                      const std::string& name) {
    Stream stream(raw);
    stream.next_in = const_cast<std::uint8_t*>(bytes.data());
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), UINT32_MAX));
    std::vector<std::uint8_t> result;
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

bool is_gzip(std::string_view bytes) {
    return bytes.starts_with("\x1F\x8B");
}

std::string gunzip(std::string_view bytes, const std::string& name) {
    Stream stream(with_header);
    std::string content;
    std::size_t read = 0;
    int status = Z_OK;
    while (read < bytes.size() || status != Z_STREAM_END) {
        if (read == bytes.size()) user_error("{}: truncated gzip data: it ends after {} bytes", name, bytes.size());
        if (status == Z_STREAM_END) inflateReset(&stream); // the next member
        const auto given = static_cast<uInt>(std::min<std::size_t>(bytes.size() - read, step));
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + read));
        stream.avail_in = given;
        do {
            const std::size_t before = content.size();
            if (before > std::max(harmless, most_often * bytes.size()))
                user_error("{}: expands to more than {} MB, {} times its size, as no table does", name,
                           std::max(harmless, most_often * bytes.size()) >> 20, before / bytes.size());
            content.resize(before + step);
            stream.next_out = reinterpret_cast<Bytef*>(content.data() + before);
            stream.avail_out = step;
            status = inflate(&stream, Z_NO_FLUSH);
            content.resize(before + step - stream.avail_out);
            if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
                user_error("{}: damaged gzip data: {}", name, stream.msg ? stream.msg : "not a deflate stream");
        } while (status == Z_OK && stream.avail_out == 0);
        read += given - stream.avail_in;
    }
    return content;
}

std::string gzip(std::string_view content) {
    z_stream stream{};
    ensure(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, with_header, 8, Z_DEFAULT_STRATEGY) == Z_OK,
           "zlib");
    std::string bytes(deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_out = static_cast<uInt>(bytes.size());
    const int status = deflate(&stream, Z_FINISH);
    bytes.resize(bytes.size() - stream.avail_out);
    deflateEnd(&stream);
    ensure(status == Z_STREAM_END, "zlib");
    return bytes;
}

std::uint32_t crc32_of(std::span<const std::uint8_t> bytes) {
    return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size()));
}

} // namespace mlvicx
