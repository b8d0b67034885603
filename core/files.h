#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace mlvicx {

/// A whole file as text. Throws UserError where it cannot be read.
std::string read_text(const std::filesystem::path& file);

/// Writes beside `file`, flushes to disk and renames over it: a reader sees the old content or the new, never a part.
/// Parent folders are made. Throws UserError naming the path and the system's reason.
void write_text(const std::filesystem::path& file, std::string_view text);

/// A name beside `file` for writing before the rename, unique to this process (`NAME.partial-PID`); removes partial
/// files that dead processes left there.
std::filesystem::path partial_name(const std::filesystem::path& file);

/// Makes the folder and checks that it can be written to. Throws UserError.
void require_writable_folder(const std::filesystem::path& folder);

/// A file mapped into memory, read-only.
class MappedFile {
public:
    /// Throws UserError where the file cannot be opened or is empty.
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
