#pragma once

#include "results/store/store.h"
#include "tests/support/temporary.h"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>

namespace results_test {

/// Runs `work` in a child process, which exits with its result. The parent must have no open database: SQLite forbids
/// carrying one across a fork.
inline pid_t start_child(const std::function<int()>& work) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    int status = 99;
    try {
        status = work();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "child: %s\n", error.what());
    }
    ::_exit(status);
}

/// The child's exit status; -1 if a signal ended it.
inline int wait_for(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Like `start_child`, but without the rights of root, who may write anywhere.
inline int as_ordinary_user(const std::function<int()>& work) {
    return wait_for(start_child([&] {
        if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0))
            return 98;
        return work();
    }));
}

inline mlvicx::JobKey job(const std::string& hash, const std::string& method = "mlvicx", double fraction = 1,
                          std::int64_t seed = 0, const std::string& protocol = "frozen",
                          const std::string& dataset = "nih") {
    mlvicx::JobKey key;
    key.hash = hash;
    key.kind = protocol.empty() ? "pretrain" : "evaluate";
    key.method = method;
    key.dataset = dataset;
    key.protocol = protocol;
    key.fraction = fraction;
    key.seed = seed;
    key.config = {{"hash", hash}};
    key.control = method == "random";
    return key;
}

inline const mlvicx::Provenance provenance = {"abc1234", "0.1.0", "1.13.0", "cpu", "box"};

inline std::vector<mlvicx::MetricTable> aucs(std::vector<mlvicx::MetricTable::Class> classes) {
    return {mlvicx::metric_table("auc", std::move(classes))};
}

/// A result with test AUCs of three classes, the last undefined, and the scores of two images.
inline mlvicx::JobResult result(double mean = 0.75) {
    mlvicx::JobResult r;
    r.dataset_fingerprint = "f1n9e2";
    r.train_images = 40;
    r.details = {{"best_epoch", 3}};
    r.curves = {{0, "loss", 2.5}, {1, "loss", 1.25}, {1, "validation_auc", 0.5}};
    r.test = aucs({{"Mass", mean - 0.125, 10, 90}, {"Nodule", mean + 0.125, 20, 80}, {"Hernia", {}, 0, 100}});
    r.validation = aucs({{"Mass", {}, 0, 5}});
    r.scored = mlvicx::ScoredImages{
        "f1n9e2", "test", {"a.png", "b.png"}, {"p1", "p2"}, {"Mass", "Nodule", "Hernia"}, {1, 0, 0, 0, 1, -1}, {}};
    r.scores = {0.5f, 0.25f, 0.125f, 1.0f, 0.0f, 0.75f};
    r.seconds = 12.5;
    return r;
}

inline std::int64_t number(mlvicx::Sqlite& db, const std::string& sql) {
    mlvicx::Statement query(db, sql);
    query.step();
    return query.integer(0);
}

} // namespace results_test
