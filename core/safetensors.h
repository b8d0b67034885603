#pragma once

#include "core/files.h"
#include "core/json.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mlvicx {

/// Element types of the safetensors format that the suite reads and writes.
enum class DType { u8, i8, i32, i64, f16, bf16, f32, f64, boolean };
std::size_t size_of(DType type);
const char* name_of(DType type); ///< "U8", "F32", ... as in the format

struct TensorInfo {
    std::string name;
    DType type = DType::f32;
    std::vector<std::int64_t> shape;
    std::int64_t elements() const;
    std::size_t bytes() const;
};

/// A tensor inside a mapped file; valid as long as the file object lives.
struct TensorView : TensorInfo {
    std::span<const std::byte> data;
};

/// A safetensors file, memory-mapped. Opening validates every header field: length, JSON, types, shapes (no overflow)
/// and offsets (in bounds, no overlap, no gap). A tensor that is not aligned to its element size, as in files with an
/// unpadded header (the format does not require padding), is copied.
class Safetensors {
public:
    /// Throws UserError naming the file and what is wrong with it; for a file of another format, which format that is.
    explicit Safetensors(const std::filesystem::path& file);
    const std::map<std::string, TensorView>& tensors() const { return tensors_; }
    const std::map<std::string, std::string>& metadata() const& { return metadata_; }
    const std::map<std::string, std::string>& metadata() const&& = delete; // it would not outlive the statement
    bool contains(const std::string& name) const { return tensors_.contains(name); }
    /// Throws UserError if the tensor is missing.
    const TensorView& at(const std::string& name) const;
    /// Like `at`, but also checks type and shape (-1 in `shape`: any length). Throws UserError with what was found and
    /// expected.
    const TensorView& at(const std::string& name, DType type, const std::vector<std::int64_t>& shape) const;
    /// A metadata entry. Throws UserError if it is missing.
    const std::string& meta(const std::string& key) const;
    const std::filesystem::path& file() const { return file_; }
    /// Keeps the data alive for views that outlive this object.
    std::shared_ptr<const void> storage() const { return storage_; }
    /// The same tensors, each under the name that `rename` returns; a tensor for which it returns an empty name is
    /// dropped. The new names must be distinct.
    Safetensors renamed(const std::function<std::string(const std::string&)>& rename) const;

private:
    struct Storage;
    std::filesystem::path file_;
    std::shared_ptr<Storage> storage_;
    std::map<std::string, TensorView> tensors_;
    std::map<std::string, std::string> metadata_;
};

/// The metadata key under which files written by the suite carry their digest.
inline constexpr const char* digest_key = "digest";
/// SHA-256 over all tensors: names, types, shapes and bytes.
std::string digest_of(const std::map<std::string, TensorView>& tensors);
/// Checks the tensors against the digest that the file carries, once per process; does nothing if it carries none. Not
/// for a file that was `renamed`. Throws UserError.
void verify_digest(const Safetensors& file);

/// Writes a safetensors file piece by piece, so it may be larger than memory. The bytes go to a partial file next to
/// the target; `commit` writes the header, flushes and renames. Without `commit` nothing is left behind.
class SafetensorsWriter {
public:
    /// Lays the tensors out in the given order (put larger element types first to keep the format's alignment).
    /// `metadata_reserve`: bytes reserved for metadata that is known only at `commit`.
    SafetensorsWriter(const std::filesystem::path& file, std::vector<TensorInfo> tensors,
                      std::size_t metadata_reserve = 1 << 16);
    /// Writes into `file` itself, which stays as it is without `commit`: another writer with the same layout goes on
    /// with what this one wrote. Until `commit` it is no safetensors file.
    static SafetensorsWriter in_place(const std::filesystem::path& file, std::vector<TensorInfo> tensors,
                                      std::size_t metadata_reserve);
    ~SafetensorsWriter();
    SafetensorsWriter(const SafetensorsWriter&) = delete;
    SafetensorsWriter& operator=(const SafetensorsWriter&) = delete;
    /// Writes `data` at `offset` bytes into tensor `name`; several threads may write at once.
    void write(const std::string& name, std::size_t offset, std::span<const std::byte> data);
    /// What was written there; zero where nothing was.
    void read(const std::string& name, std::size_t offset, std::span<std::byte> data) const;
    /// Leaves tensor `name`, the last of the layout, only its first `rows` rows.
    void shorten(const std::string& name, std::int64_t rows);
    void commit(const std::map<std::string, std::string>& metadata);

private:
    struct State;
    explicit SafetensorsWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace mlvicx
