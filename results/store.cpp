#include "results/store.h"

#include "core/error.h"
#include "core/hash.h"
#include "results/owner.h"
#include "results/schema.h"

#include <chrono>

namespace mlvicx {

namespace {

const std::string now_text = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')";

/// Seconds since 1970, for leases.
double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

} // namespace

Store::Store(const std::filesystem::path& file, bool read_only) : db_(open_results(file, read_only)) {}

std::int64_t Store::cell_id(const CellKey& cell) {
    Statement(db_, "INSERT INTO cells (hash, kind, method, dataset, protocol, fraction, seed, draw, config) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING")
        .bind(1, cell.hash)
        .bind(2, cell.kind)
        .bind(3, cell.method)
        .bind(4, cell.dataset)
        .bind(5, cell.protocol)
        .bind(6, cell.fraction)
        .bind(7, cell.seed)
        .bind(8, cell.draw)
        .bind(9, canonical(cell.config))
        .run();
    Statement query(db_, "SELECT id FROM cells WHERE hash = ?");
    query.bind(1, cell.hash).step();
    return query.integer(0);
}

std::int64_t Store::add_experiment(const std::string& name, const json::value& plan,
                                   const std::vector<CellKey>& cells) {
    const std::string text = canonical(plan);
    Transaction transaction(db_);
    Statement insert(db_, "INSERT INTO experiments (name, plan, plan_hash, created, used, turn) VALUES (?1, ?2, ?3, " +
                              now_text + ", " + now_text +
                              ", (SELECT coalesce(max(turn), 0) + 1 FROM experiments)) "
                              "ON CONFLICT (name, plan_hash) DO UPDATE SET used = excluded.used, turn = excluded.turn "
                              "RETURNING id");
    insert.bind(1, name).bind(2, text).bind(3, sha256(text)).step();
    const std::int64_t id = insert.integer(0);
    insert.run();
    Statement(db_, "DELETE FROM experiment_cells WHERE experiment_id = ?").bind(1, id).run();
    Statement link(db_, "INSERT INTO experiment_cells (experiment_id, position, cell_id, method, dataset) "
                        "VALUES (?, ?, ?, ?, ?)");
    std::int64_t position = 0;
    for (const auto& cell : cells)
        link.bind(1, id).bind(2, position++).bind(3, cell_id(cell)).bind(4, cell.method).bind(5, cell.dataset).run();
    transaction.commit();
    return id;
}

CellState Store::state(const std::string& hash) {
    Statement query(db_, "SELECT state FROM cells WHERE hash = ?");
    if (!query.bind(1, hash).step()) return CellState::absent;
    const std::string text = query.text(0);
    if (text == "running") return CellState::running;
    if (text == "failed") return CellState::failed;
    return text == "done" ? CellState::done : CellState::absent;
}

bool Store::claim(const CellKey& cell, const std::string& owner, double lease_seconds) {
    Transaction transaction(db_);
    const std::int64_t id = cell_id(cell);
    Statement query(db_, "SELECT state, owner, lease_until FROM cells WHERE id = ?");
    query.bind(1, id).step();
    const std::string state = query.text(0), holder = query.text(1);
    if (state == "done") return false;
    const bool held = state == "running" && holder != owner && query.real(2) > now() && !owner_is_gone(holder);
    if (held) return false;
    Statement(db_, "UPDATE cells SET state = 'running', owner = ?, lease_until = ?, error = NULL, started_at = " +
                       now_text + ", finished_at = NULL WHERE id = ?")
        .bind(1, owner)
        .bind(2, now() + lease_seconds)
        .bind(3, id)
        .run();
    query.run();
    transaction.commit();
    return true;
}

void Store::renew(const std::string& hash, const std::string& owner, double lease_seconds) {
    Statement(db_, "UPDATE cells SET lease_until = ? WHERE hash = ? AND owner = ? AND state = 'running'")
        .bind(1, now() + lease_seconds)
        .bind(2, hash)
        .bind(3, owner)
        .run();
}

void Store::release(const std::string& hash, const std::string& owner) {
    Statement(db_, "UPDATE cells SET state = 'missing', owner = NULL, lease_until = NULL, started_at = NULL "
                   "WHERE hash = ? AND owner = ? AND state = 'running'")
        .bind(1, hash)
        .bind(2, owner)
        .run();
}

void Store::fail(const CellKey& cell, const std::string& error, const Provenance& provenance) {
    Transaction transaction(db_);
    Statement(db_, "UPDATE cells SET state = 'failed', error = ?, owner = NULL, lease_until = NULL, git_commit = ?, "
                   "suite_version = ?, libtorch_version = ?, device = ?, host = ?, finished_at = " +
                       now_text + " WHERE id = ? AND state <> 'done'")
        .bind(1, error)
        .bind(2, provenance.git_commit)
        .bind(3, provenance.suite_version)
        .bind(4, provenance.libtorch_version)
        .bind(5, provenance.device)
        .bind(6, provenance.host)
        .bind(7, cell_id(cell))
        .run();
    transaction.commit();
}

json::object Store::details(const std::string& hash) {
    Statement query(db_, "SELECT details FROM cells WHERE hash = ? AND state = 'done'");
    ensure(query.bind(1, hash).step(), "details: the cell is not done");
    return json::parse(query.text(0)).as_object();
}

std::optional<double> Store::typical_seconds(const std::string& kind, const std::string& protocol) {
    Statement query(db_, "SELECT avg(seconds) FROM cells WHERE kind = ? AND protocol = ? AND state = 'done'");
    query.bind(1, kind).bind(2, protocol).step();
    return query.maybe_real(0);
}

} // namespace mlvicx
