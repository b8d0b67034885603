#include "core/error.h"
#include "core/hash.h"
#include "results/store/image_sets.h"
#include "results/verify/checks.h"

#include <algorithm>
#include <tuple>

namespace mlvicx {

namespace {

/// The name of the plan's method whose jobs have this label; empty if the plan does not say.
std::string method_of_label(const json::object& plan, const std::string& label) {
    const auto* methods = plan.if_contains("methods");
    if (methods == nullptr || !methods->is_array()) return {};
    std::string of_grid;
    for (const auto& method : methods->get_array()) {
        const auto* name = method.is_object() ? method.get_object().if_contains("name") : &method;
        if (name == nullptr || !name->is_string()) continue;
        const auto* given = method.is_object() ? method.get_object().if_contains("label") : nullptr;
        const auto shown = json::value_to<std::string>(given != nullptr && given->is_string() ? *given : *name);
        if (label == shown) return json::value_to<std::string>(*name);
        // An entry with a grid has a row for each combination: "mlvicx (multi_level_weight 0.25)".
        if (label.starts_with(shown + " (")) of_grid = json::value_to<std::string>(*name);
    }
    return of_grid;
}

/// The method that made an evaluation's encoder, or a pre-training's own, as the hashed configuration says; empty if
/// this file does not have the pre-training.
std::string method_of_job(const CheckedJob& job, const std::map<std::string, const CheckedJob*>& by_hash) {
    const auto text = [](const json::object& config, const char* key) {
        const auto* value = config.if_contains(key);
        return value != nullptr && value->is_string() ? json::value_to<std::string>(*value) : std::string();
    };
    if (job.key.kind == "pretrain") return text(job.key.config, "method");
    const auto made = by_hash.find(text(job.key.config, "weights"));
    return made == by_hash.end() ? std::string() : text(made->second->key.config, "method");
}

} // namespace

bool check_structure(Store& store, Verification& found) {
    found.section("the database's structure and foreign keys");
    Statement integrity(store.db(), "PRAGMA integrity_check(20)");
    found.checked();
    while (integrity.step())
        if (integrity.text(0) != "ok") found.differs(store.db().file().string(), "SQLite: " + integrity.text(0));
    Statement foreign(store.db(), "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2");
    while (foreign.step())
        found.differs(store.db().file().string(), fmt::format("{} rows of {} belong to rows of {} that do not exist",
                                                              foreign.integer(2), foreign.text(0), foreign.text(1)));
    if (found.clean()) return true;
    found.unchecked("file: the database is damaged, so nothing else was checked");
    return false;
}

void check_plans(Store& store, const std::vector<CheckedJob>& jobs, Verification& found) {
    found.section("plans: hashes, and the methods behind their labels");
    std::map<std::string, const CheckedJob*> by_hash;
    std::map<std::int64_t, const CheckedJob*> by_id;
    for (const auto& job : jobs) {
        by_hash[job.key.hash] = &job;
        by_id[job.id] = &job;
    }
    Statement plans(store.db(), "SELECT id, name, plan, plan_hash FROM experiments ORDER BY id");
    while (plans.step()) {
        found.checked();
        const std::string where = fmt::format("plan \"{}\"", plans.text(1)), text = plans.text(2);
        if (sha256(text) != plans.text(3))
            found.differs(where, fmt::format("its text has the hash {}, stored is {}", sha256(text).substr(0, 12),
                                             plans.text(3).substr(0, 12)));
        const auto plan = plans.json(2);
        if (!plan.is_object()) continue;
        Statement rows(store.db(),
                       "SELECT method, job_id FROM experiment_jobs WHERE experiment_id = ? ORDER BY position");
        rows.bind(1, plans.integer(0));
        while (rows.step()) {
            const auto* job = by_id.at(rows.integer(1));
            const auto planned = method_of_label(plan.get_object(), rows.text(0)), made = method_of_job(*job, by_hash);
            if (planned.empty() || made.empty() || planned == made) continue;
            found.differs(where, fmt::format("{} is shown as \"{}\", which the plan says is {}, but its encoder was "
                                             "trained by {}",
                                             job->words, rows.text(0), planned, made));
        }
    }
}

void check_image_sets(Store& store, Verification& found) {
    found.section("image sets: sizes, labels, content hash");
    Statement sets(store.db(), "SELECT id, classes, content_hash, fingerprint, split FROM image_sets ORDER BY id");
    while (sets.step()) {
        found.checked();
        const std::string where =
            fmt::format("image set {} ({} of {})", sets.integer(0), sets.text(4), sets.text(3).substr(0, 12));
        try {
            const auto images = store.image_set(sets.integer(0));
            if (const auto hash = content_hash(images, sets.text(1)); hash != sets.text(2))
                found.differs(where, fmt::format("its images, patients and labels have the hash {}, its row says {}",
                                                 hash.substr(0, 12), sets.text(2).substr(0, 12)));
            for (const auto& attribute : images.attributes)
                found.unchecked("image sets' " + attribute.name + ": the file has nothing to check it against");
        } catch (const UserError& error) { // of wrong sizes, or with wrong labels
            found.differs(where, error.what());
        }
    }
}

void check_leakage(Store& store, const std::vector<CheckedJob>& jobs, Verification& found) {
    found.section("leakage: within bounds, the same for a dataset's jobs");
    std::map<std::int64_t, const CheckedJob*> by_id;
    for (const auto& job : jobs) by_id[job.id] = &job;
    // Audits of one release agree on the same images; a later one may find more copies.
    std::map<std::tuple<std::string, std::string, bool, std::int64_t>, std::int64_t> first;
    Statement rows(
        store.db(),
        "SELECT l.job_id, l.test_images, l.in_training, l.in_pretraining, coalesce(j.git_commit, ''), "
        "coalesce((SELECT f.images FROM scores s JOIN image_sets f ON f.id = s.set_id WHERE s.job_id = j.id),"
        " (SELECT f.images FROM image_values v JOIN image_sets f ON f.id = v.set_id WHERE v.job_id = j.id "
        "AND v.metric = 'truth')) FROM leakage l JOIN jobs j ON j.id = l.job_id ORDER BY l.job_id");
    while (rows.step()) {
        found.checked();
        const auto& job = *by_id.at(rows.integer(0));
        const auto images = rows.integer(1), training = rows.integer(2), pretraining = rows.integer(3);
        for (const auto& [count, where] :
             {std::pair(training, "in training"), std::pair(pretraining, "in pre-training")})
            if (count < 0 || count > images)
                found.differs(job.words, fmt::format("{} of {} test images {}", count, images, where));
        if (const auto scored = rows.maybe_integer(5); scored && *scored != images)
            found.differs(job.words,
                          fmt::format("leakage is counted over {} test images, it was tested on {}", images, *scored));
        const auto [same, is_new] =
            first.try_emplace({job.fingerprint, rows.text(4), job.key.config.contains("external"), images}, training);
        if (!is_new && same->second != training)
            found.differs(job.words, fmt::format("{} of {} test images in training, other jobs of this dataset say {}",
                                                 training, images, same->second));
    }
}

} // namespace mlvicx
