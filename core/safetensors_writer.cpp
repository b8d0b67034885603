#include "core/error.h"
#include "core/safetensors.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mlvicx {

struct SafetensorsWriter::State {
    std::filesystem::path file, partial;
    std::vector<TensorInfo> tensors;
    std::map<std::string, std::size_t> offsets; ///< from the start of the data
    std::size_t header_room = 0;                ///< bytes between the length field and the data
    std::size_t data_size = 0;
    int fd = -1;

    void write_at(std::size_t position, const void* data, std::size_t size) const {
        const auto* bytes = static_cast<const char*>(data);
        while (size > 0) {
            const ssize_t count = ::pwrite(fd, bytes, size, static_cast<off_t>(position));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) user_error("{}: cannot be written: {}", file.string(), std::strerror(errno));
            bytes += count, position += static_cast<std::size_t>(count), size -= static_cast<std::size_t>(count);
        }
    }
    json::object header(const std::map<std::string, std::string>& metadata) const {
        json::object object;
        if (!metadata.empty()) object["__metadata__"] = json::value_from(metadata);
        for (const auto& tensor : tensors) {
            const std::size_t begin = offsets.at(tensor.name);
            object[tensor.name] = {{"dtype", name_of(tensor.type)},
                                   {"shape", json::value_from(tensor.shape)},
                                   {"data_offsets", json::array{begin, begin + tensor.bytes()}}};
        }
        return object;
    }
};

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& file, std::vector<TensorInfo> tensors,
                                     std::size_t metadata_reserve)
    : state_(std::make_unique<State>()) {
    std::stable_sort(tensors.begin(), tensors.end(),
                     [](const TensorInfo& a, const TensorInfo& b) { return size_of(a.type) > size_of(b.type); });
    state_->file = file;
    state_->tensors = std::move(tensors);
    for (const auto& tensor : state_->tensors) {
        ensure(state_->offsets.emplace(tensor.name, state_->data_size).second, "tensor names must be distinct");
        state_->data_size += tensor.bytes();
    }
    const std::size_t room = json::serialize(state_->header({})).size() + metadata_reserve;
    state_->header_room = (room + 8 + 63) / 64 * 64 - 8; // the data starts at a multiple of 64
    std::error_code error;
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
    state_->partial = partial_name(file);
    state_->fd = ::open(state_->partial.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (state_->fd < 0) user_error("{}: cannot be written: {}", file.string(), std::strerror(errno));
}

SafetensorsWriter::~SafetensorsWriter() {
    if (state_->fd < 0) return;
    ::close(state_->fd);
    ::unlink(state_->partial.c_str());
}

void SafetensorsWriter::write(const std::string& name, std::size_t offset, std::span<const std::byte> data) {
    const auto found = std::find_if(state_->tensors.begin(), state_->tensors.end(),
                                    [&](const TensorInfo& tensor) { return tensor.name == name; });
    ensure(found != state_->tensors.end(), "write to an undeclared tensor");
    ensure(offset <= found->bytes() && data.size() <= found->bytes() - offset, "write past the end of a tensor");
    state_->write_at(8 + state_->header_room + state_->offsets.at(name) + offset, data.data(), data.size());
}

void SafetensorsWriter::commit(const std::map<std::string, std::string>& metadata) {
    State& s = *state_;
    std::string header = json::serialize(s.header(metadata));
    if (header.size() > s.header_room)
        throw InternalError(fmt::format("{}: the header takes {} bytes, but {} were reserved", s.file.string(),
                                        header.size(), s.header_room));
    header.resize(s.header_room, ' ');
    const std::uint64_t length = header.size();
    s.write_at(0, &length, 8);
    s.write_at(8, header.data(), header.size());
    if (::ftruncate(s.fd, static_cast<off_t>(8 + s.header_room + s.data_size)) != 0 || ::fsync(s.fd) != 0 ||
        ::rename(s.partial.c_str(), s.file.c_str()) != 0)
        user_error("{}: cannot be written: {}", s.file.string(), std::strerror(errno));
    ::close(s.fd);
    s.fd = -1;
}

} // namespace mlvicx
