#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace mlvicx {

/// Reads a whole file as text. Throws UserError if it cannot be read.
std::string read_text(const std::filesystem::path& file);

/// Writes to a temporary file next to `file`, flushes it to disk and renames it over `file`: a reader sees the old
/// content or the new, never a mix. Creates parent folders. Throws UserError naming the path and the system's reason.
void write_text(const std::filesystem::path& file, std::string_view text);

/// A name next to `file` for writing before the rename, unique to this process (`NAME.partial-PID`); removes partial
/// files left behind by dead processes.
std::filesystem::path partial_name(const std::filesystem::path& file);

/// Creates the folder and checks that it is writable. Throws UserError.
void require_writable_folder(const std::filesystem::path& folder);

/// A file mapped into memory, read-only.
class MappedFile {
public:
    /// Throws UserError if the file cannot be opened or is empty.
    explicit MappedFile(const std::filesystem::path& file);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    std::span<const std::byte> bytes() const { return {data_, size_}; }

private:
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace mlvicx
