#pragma once

#include "results/store/sqlite.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mlvicx {

/// The tables whose rows belong to a job: metrics, curves, scores, ... (those that refer to it, but for the list of an
/// experiment's jobs).
const std::vector<std::string>& tables_of_jobs();

/// A table's columns that hold content: all but row ids and the columns that refer to other rows.
std::vector<std::string> content_columns(Sqlite& db, const std::string& table);

/// Copies rows from one results file into another of the same schema, whatever row ids the two use. The caller holds a
/// transaction on both.
class Transfer {
public:
    /// `without`: tables of jobs to leave out. Tables and views of `from` that are its user's are named as not copied.
    Transfer(Sqlite& from, Sqlite& to, const std::vector<std::string>& without = {});
    /// Copies a job that `to` lacks with everything that belongs to it, and the images of its scores. Returns its id in
    /// `to`. A job that a process has claimed becomes a missing one.
    std::int64_t job(std::int64_t id);
    /// Copies a plan's registration with its list of jobs, which `to` must have. Returns its id in `to`.
    std::int64_t experiment(std::int64_t id);
    /// Copies the descriptions of protocols, over those that `to` has.
    void protocols();
    /// The id in `to` of an image set, which is copied if `to` lacks it. An attribute that both know differently is a
    /// UserError that names both files, the image and the values.
    std::int64_t images(std::int64_t set);

private:
    struct Belonging {
        std::string table;
        std::vector<std::string> columns;
        bool of_images = false; ///< has a column set_id
    };
    void attributes(std::int64_t from_set, std::int64_t to_set);

    Sqlite &from_, &to_;
    std::vector<Belonging> belonging_;
    std::map<std::int64_t, std::int64_t> sets_; ///< ids in `to` by those in `from`
};

} // namespace mlvicx
