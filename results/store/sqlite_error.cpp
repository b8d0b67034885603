#include "results/store/sqlite_error.h"

#include "core/error.h"
#include "core/machine_fault.h"
#include "results/store/sqlite.h"

#include <sqlite3.h>

#include <cstring>

namespace mlvicx {

namespace {

/// Explains a failed call to the user; empty: the mistake is ours.
std::string reason(int code) {
    switch (code & 0xff) { // without the extended part
    case SQLITE_NOTADB:
        return "is not an SQLite database, expected a results file of mlvicx-bench or a new name";
    case SQLITE_CORRUPT:
        return "is a damaged SQLite database";
    case SQLITE_CANTOPEN:
        return "cannot be opened as an SQLite database";
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return "cannot be written: the file or its folder is read-only";
    case SQLITE_FULL:
        return "cannot be written: the disk is full";
    case SQLITE_IOERR:
        return "cannot be read or written";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "has been locked by another program for more than a minute";
    default:
        return {};
    }
}

} // namespace

void sqlite_error(const std::filesystem::path& file, sqlite3* db, int code, const std::string& sql) {
    std::string detail = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    if (const int system = db != nullptr && (code & 0xff) == SQLITE_IOERR ? sqlite3_system_errno(db) : 0; system != 0)
        detail += fmt::format(": {}", std::strerror(system));
    if (const std::string why = reason(code); !why.empty()) {
        const std::string message = fmt::format("{}: {} ({})", file.string(), why, detail);
        const bool locked = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
        if (locked) throw DatabaseLocked(message);
        throw UserError(message);
    }
    if ((code & 0xff) == SQLITE_NOMEM) // a damaged file may ask for any size
        throw OutOfMemory(fmt::format("{}: out of memory, or the file is damaged", file.string()));
    const std::string message = fmt::format("{}: {} in: {}", file.string(), detail, sql.substr(0, 200));
    if ((code & 0xff) == SQLITE_CONSTRAINT) throw BrokenConstraint(message);
    throw InternalError(message);
}

} // namespace mlvicx
