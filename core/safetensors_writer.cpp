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

    State(const std::filesystem::path& target, std::vector<TensorInfo> layout, std::size_t metadata_reserve);
    /// Opens `path`, where everything is written.
    void open(const std::filesystem::path& path, int flags);
    bool in_place() const { return partial == file; }
    /// The position in the file of `size` bytes at `offset` of a tensor.
    std::size_t place(const std::string& name, std::size_t offset, std::size_t size) const {
        const auto found =
            std::find_if(tensors.begin(), tensors.end(), [&](const TensorInfo& tensor) { return tensor.name == name; });
        ensure(found != tensors.end(), "an undeclared tensor");
        ensure(offset <= found->bytes() && size <= found->bytes() - offset, "bytes past the end of a tensor");
        return 8 + header_room + offsets.at(name) + offset;
    }
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

SafetensorsWriter::State::State(const std::filesystem::path& target, std::vector<TensorInfo> layout,
                                std::size_t metadata_reserve)
    : file(target), tensors(std::move(layout)) {
    std::stable_sort(tensors.begin(), tensors.end(),
                     [](const TensorInfo& a, const TensorInfo& b) { return size_of(a.type) > size_of(b.type); });
    for (const auto& tensor : tensors) {
        ensure(offsets.emplace(tensor.name, data_size).second, "tensor names must be distinct");
        data_size += tensor.bytes();
    }
    const std::size_t room = json::serialize(header({})).size() + metadata_reserve;
    header_room = (room + 8 + 63) / 64 * 64 - 8; // the data starts at a multiple of 64
    std::error_code error;
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
}

void SafetensorsWriter::State::open(const std::filesystem::path& path, int flags) {
    partial = path;
    fd = ::open(partial.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | flags, 0666);
    if (fd < 0) user_error("{}: cannot be written: {}", file.string(), std::strerror(errno));
}

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& file, std::vector<TensorInfo> tensors,
                                     std::size_t metadata_reserve)
    : state_(std::make_unique<State>(file, std::move(tensors), metadata_reserve)) {
    state_->open(partial_name(file), O_TRUNC);
}

SafetensorsWriter::SafetensorsWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

SafetensorsWriter SafetensorsWriter::in_place(const std::filesystem::path& file, std::vector<TensorInfo> tensors,
                                              std::size_t metadata_reserve) {
    auto state = std::make_unique<State>(file, std::move(tensors), metadata_reserve);
    state->open(file, 0);
    return SafetensorsWriter(std::move(state));
}

SafetensorsWriter::~SafetensorsWriter() {
    if (state_->fd < 0) return;
    ::close(state_->fd);
    if (!state_->in_place()) ::unlink(state_->partial.c_str());
}

void SafetensorsWriter::write(const std::string& name, std::size_t offset, std::span<const std::byte> data) {
    state_->write_at(state_->place(name, offset, data.size()), data.data(), data.size());
}

void SafetensorsWriter::read(const std::string& name, std::size_t offset, std::span<std::byte> data) const {
    std::size_t position = state_->place(name, offset, data.size());
    while (!data.empty()) {
        const ssize_t count = ::pread(state_->fd, data.data(), data.size(), static_cast<off_t>(position));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) user_error("{}: cannot be read: {}", state_->partial.string(), std::strerror(errno));
        if (count == 0) std::fill(data.begin(), data.end(), std::byte{0}); // past the end of what was written
        const std::size_t done = count == 0 ? data.size() : static_cast<std::size_t>(count);
        data = data.subspan(done), position += done;
    }
}

void SafetensorsWriter::shorten(const std::string& name, std::int64_t rows) {
    TensorInfo& last = state_->tensors.back();
    ensure(last.name == name && rows >= 0 && rows <= last.shape.at(0), "only the last tensor can lose rows");
    state_->data_size -= last.bytes();
    last.shape[0] = rows;
    state_->data_size += last.bytes();
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
