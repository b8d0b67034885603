#include "results/store/new_file.h"

#include "core/error.h"
#include "core/files.h"

namespace mlvicx {

namespace fs = std::filesystem;

void write_new(const fs::path& target, const std::function<void(Store&)>& fill) {
    std::error_code error;
    if (fs::exists(target, error)) user_error("{}: exists already, expected a new name", target.string());
    require_writable_folder(target.has_parent_path() ? target.parent_path() : fs::path("."));
    const fs::path partial = partial_name(target);
    const auto clear = [&] {
        for (const char* suffix : {"", "-journal", "-wal", "-shm"}) fs::remove(partial.string() + suffix, error);
    };
    try {
        Store store(partial);
        store.db().run("VACUUM; PRAGMA journal_mode = DELETE"); // the schema's steps have left free pages
        fill(store);
    } catch (const BrokenConstraint& broken) {
        clear();
        user_error("{}: cannot be written, as a row to copy is not what mlvicx-bench writes: {}; mlvicx-bench verify "
                   "says more of the file that it is from",
                   target.string(), broken.what());
    } catch (...) {
        clear();
        throw;
    }
    fs::rename(partial, target, error);
    if (error) {
        const std::string why = error.message();
        fs::remove(partial, error);
        user_error("{}: cannot be written: {}", target.string(), why);
    }
}

} // namespace mlvicx
