#include "core/event_file.h"

#include "core/error.h"
#include "core/files.h"

#include <array>
#include <bit>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string_view>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr std::array<std::uint32_t, 256> crc_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        table[i] = i;
        for (int bit = 0; bit < 8; ++bit) table[i] = (table[i] >> 1) ^ ((table[i] & 1) != 0 ? 0x82f63b78U : 0U);
    }
    return table;
}();

/// The CRC of a record's part as the format stores it: rotated and shifted, because a CRC over bytes that contain a CRC
/// is weak.
std::uint32_t masked_crc(std::string_view data) {
    const std::uint32_t crc = crc32c(std::as_bytes(std::span(data)));
    return std::rotr(crc, 15) + 0xa282ead8U;
}

std::string little_endian(std::uint64_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 255U);
    return text;
}

std::uint64_t from_little_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[i]);
    return value;
}

// ---- protocol buffers: a message is a list of (key, value), key = field number * 8 + kind ---------------------------

enum Kind : std::uint64_t { varint_kind = 0, fixed64_kind = 1, bytes_kind = 2, fixed32_kind = 5 };

std::string varint(std::uint64_t value) {
    std::string text;
    for (; value > 127; value >>= 7U) text += static_cast<char>((value & 127U) | 128U);
    return text + static_cast<char>(value);
}

std::string key(std::uint64_t field, Kind kind) {
    return varint(field << 3U | kind);
}

std::string bytes_field(std::uint64_t field, std::string_view bytes) {
    return key(field, bytes_kind) + varint(bytes.size()) + std::string(bytes);
}

std::string record(std::string_view data) {
    const std::string length = little_endian(data.size(), 8);
    return length + little_endian(masked_crc(length), 4) + std::string(data) + little_endian(masked_crc(data), 4);
}

// Fields of Event: 1 wall_time, 2 step, 3 file_version, 5 summary; of Summary: 1 value, repeated; of its Value: 1 tag,
// 2 simple_value.
constexpr std::uint64_t step_field = 2, version_field = 3;

std::string version_record() {
    return record(bytes_field(version_field, "brain.Event:2"));
}

std::string record_of(const Event& event) {
    std::string summary;
    for (const auto& [tag, value] : event.values) {
        const auto number = std::bit_cast<std::uint32_t>(static_cast<float>(value));
        summary += bytes_field(1, bytes_field(1, tag) + key(2, fixed32_kind) + little_endian(number, 4));
    }
    return record(key(1, fixed64_kind) + little_endian(std::bit_cast<std::uint64_t>(event.wall_time), 8) +
                  key(step_field, varint_kind) + varint(static_cast<std::uint64_t>(event.step)) +
                  bytes_field(5, summary));
}

/// Takes a number off the front; nullopt if the bytes end within it.
std::optional<std::uint64_t> take_varint(std::string_view& data) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; !data.empty() && shift < 64; shift += 7) {
        const auto byte = static_cast<unsigned char>(data.front());
        data.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 127U) << shift;
        if (byte < 128) return value;
    }
    return std::nullopt;
}

/// What the records of a file are read for.
struct ReadEvent {
    std::int64_t step = 0;
    bool version = false; ///< the record that begins a file
};

/// nullopt if the bytes are not an event.
std::optional<ReadEvent> read_event(std::string_view data) {
    ReadEvent event;
    while (!data.empty()) {
        const auto found = take_varint(data);
        if (!found) return std::nullopt;
        std::uint64_t length = (*found & 7U) == fixed64_kind ? 8 : (*found & 7U) == fixed32_kind ? 4 : 0;
        if ((*found & 7U) == varint_kind || (*found & 7U) == bytes_kind) {
            const auto value = take_varint(data);
            if (!value) return std::nullopt;
            if (*found == (step_field << 3U | varint_kind)) event.step = static_cast<std::int64_t>(*value);
            if ((*found & 7U) == bytes_kind) length = *value;
        } else if (length == 0) {
            return std::nullopt;
        }
        event.version = event.version || *found >> 3U == version_field;
        if (length > data.size()) return std::nullopt;
        data.remove_prefix(length);
    }
    return event;
}

/// Takes a record off the front: its data; nullopt if it is cut off or damaged.
std::optional<std::string_view> take_record(std::string_view& content) {
    constexpr std::size_t head = 12, tail = 4;
    if (content.size() < head + tail) return std::nullopt;
    const std::uint64_t length = from_little_endian(content.substr(0, 8));
    if (from_little_endian(content.substr(8, 4)) != masked_crc(content.substr(0, 8)) ||
        length > content.size() - head - tail)
        return std::nullopt;
    const auto data = content.substr(head, length);
    if (from_little_endian(content.substr(head + length, tail)) != masked_crc(data)) return std::nullopt;
    content.remove_prefix(head + length + tail);
    return data;
}

/// An event file's events before `end`, and the bytes that they and the version take.
struct Kept {
    std::vector<std::int64_t> steps;
    std::size_t bytes = 0;
};

Kept events_before(const fs::path& file, std::int64_t end) {
    Kept kept;
    if (!fs::exists(file)) return kept;
    const std::string content = read_text(file);
    std::string_view rest = content;
    while (const auto data = take_record(rest)) {
        const auto event = read_event(*data);
        if (!event || (kept.bytes == 0) != event->version) break;
        if (!event->version) {
            if (event->step >= end) return kept;
            kept.steps.push_back(event->step);
        }
        kept.bytes = content.size() - rest.size();
    }
    if (kept.bytes == 0 && content.size() > version_record().size())
        user_error("{}: is not an event file of TensorBoard; expected one, or no file", file.string());
    return kept;
}

} // namespace

std::uint32_t crc32c(std::span<const std::byte> data) {
    std::uint32_t crc = ~0U;
    for (const auto byte : data) crc = crc_table[(crc ^ std::to_integer<std::uint32_t>(byte)) & 255U] ^ (crc >> 8U);
    return ~crc;
}

std::string event_file_bytes(const std::vector<Event>& events) {
    std::string bytes = version_record();
    for (const auto& event : events) bytes += record_of(event);
    return bytes;
}

void write_event(const fs::path& file, const Event& event) {
    const std::size_t kept = events_before(file, event.step).bytes;
    if (kept == 0) return write_text(file, event_file_bytes({event}));
    std::error_code error;
    if (kept < fs::file_size(file)) fs::resize_file(file, kept, error);
    std::ofstream out(file, std::ios::binary | std::ios::app);
    const std::string bytes = record_of(event);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
    if (error || !out) user_error("{}: cannot be written", file.string());
}

std::vector<std::int64_t> event_steps(const fs::path& file) {
    return events_before(file, INT64_MAX).steps;
}

} // namespace mlvicx
