#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4).
std::uint32_t crc32c(std::span<const std::byte> data);

/// A number that a training has at a step, under the name of its curve.
struct EventValue {
    std::string tag;
    double value = 0; ///< stored as float32
};

/// One step of a training, as an event file has it.
struct Event {
    std::int64_t step = 0;
    double wall_time = 0; ///< seconds since 1970
    std::vector<EventValue> values;
};

/// The bytes of an event file with these events, steps ascending: records (TFRecord: length, masked CRC-32C of the
/// length, data, masked CRC-32C of the data) of TensorBoard's protocol buffer `Event`, the first with the version
/// "brain.Event:2", the others with a `Summary` of simple values.
std::string event_file_bytes(const std::vector<Event>& events);

/// Writes an event at the end of a file that TensorBoard may be reading; creates the file and its folders. Events of
/// this step and of later ones are removed first, as is a record that was cut off when a process was killed: a training
/// that is resumed from an earlier step, or begins again, has each step once. Throws UserError if the file cannot be
/// written or is not an event file.
void write_event(const std::filesystem::path& file, const Event& event);

/// The steps of the events in a file, in its order, up to a record that is cut off; empty if there is no file. Throws
/// UserError if the file is not an event file.
std::vector<std::int64_t> event_steps(const std::filesystem::path& file);

} // namespace mlvicx
