#pragma once

#include "core/machine_fault.h"
#include "tests/support/temporary.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mlvicx::fuzz {

/// Bytes that anyone may have made.
class Input {
public:
    /// `whole`: all is done that may be done with the bytes; else a part, so that more bytes can be tried.
    Input(std::string_view bytes, bool whole) : bytes_(bytes), whole_(whole) {}
    std::string_view text() const { return bytes_; }
    std::span<const std::uint8_t> bytes() const {
        return {reinterpret_cast<const std::uint8_t*>(bytes_.data()), bytes_.size()};
    }
    /// The bytes, or others, as a file of this name in a folder of this process alone.
    std::filesystem::path file(const std::string& name) const { return file(name, bytes_); }
    static std::filesystem::path file(const std::string& name, std::string_view bytes);
    static const std::filesystem::path& folder();
    /// A number from 0 to `count` - 1 that changes with the bytes, for the choice between options.
    std::size_t choice(std::size_t count) const;

    /// Does all `ways` of reading the bytes one after another, or one of them, by the number of bytes: bytes that
    /// differ little are read in the same way. A way may end in a UserError.
    void read_in(std::initializer_list<std::function<void()>> ways) const;

private:
    std::string_view bytes_;
    bool whole_;
};

/// Something that reads what others made. Bad bytes are a UserError; every other exception, a crash, a hang and more
/// memory than a small file needs are finds.
struct Target {
    const char* name;
    std::size_t longest; ///< bytes that fuzzers try
    void (*read)(const Input& input);
};

/// The table of targets: a row here, a function of the row's name below, and a file with it.
const std::vector<Target>& targets();

void csv(const Input& input);
void dicom(const Input& input);
void event_file(const Input& input);
void image(const Input& input);
void image_list(const Input& input);
void json_file(const Input& input);
void label_words(const Input& input);
void manifest(const Input& input);
void names(const Input& input);
void plan(const Input& input);
void prepared(const Input& input);
void results(const Input& input);
void results_rows(const Input& input);
void rle(const Input& input);
void safetensors(const Input& input);
void subset_file(const Input& input);
void tables(const Input& input);

/// Reads the bytes with a target; a UserError is how reading them may end. `whole`: as in Input.
void run(const Target& target, std::string_view bytes, bool whole);

/// Does `work`, which may end in a UserError, or lack the memory that a file asks for, without keeping the next from
/// being done.
template <typename Work> void each(Work&& work) {
    try {
        work();
    } catch (const UserError&) {
    } catch (const OutOfMemory&) {
    }
}

} // namespace mlvicx::fuzz
