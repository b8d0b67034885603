#include "experiments/runner/run_audit.h"

#include "core/error.h"
#include "core/file_lock.h"
#include "core/files.h"
#include "core/hash.h"
#include "core/progress.h"
#include "core/safetensors.h"
#include "datasets/audit/audit.h"
#include "experiments/runner/pretraining_data.h"

#include <algorithm>
#include <set>

namespace mlvicx {

namespace fs = std::filesystem;

namespace {

constexpr const char* cache_format = "mlvicx-bench audited pair 2";

json::string digest_of_rows(const json::array& rows) {
    return json::string(sha256(json::serialize(rows)));
}

/// Images that both datasets share, from the cache if it has them.
class Auditor {
public:
    Auditor(const std::map<std::string, OpenDataset>& datasets, const Artifacts& artifacts)
        : datasets_(datasets), artifacts_(artifacts) {}

    std::vector<SharedImage> shared(const std::string& first, const std::string& second) {
        const auto &a = *datasets_.at(first).prepared, &b = *datasets_.at(second).prepared;
        const fs::path file = artifacts_.audit(a.fingerprint(), b.fingerprint());
        std::vector<SharedImage> images;
        if (read(file, a, b, images)) return images;
        require_writable_folder(file.parent_path());
        const FileLock lock(fs::path(file).replace_extension(".lock"));
        if (read(file, a, b, images)) return images;
        if (first == second)
            say("looking for duplicate images within dataset \"{}\"", first);
        else
            say("looking for images of dataset \"{}\" in dataset \"{}\"", first, second);
        const SharedImages found = shared_images(audited(first), audited(second));
        if (const auto text = look_alikes_text(a, b, found); !text.empty())
            say("datasets \"{}\" and \"{}\":\n{}", first, second, text.substr(0, text.size() - 1));
        write(file, a, b, found.images);
        return found.images;
    }

private:
    const AuditedDataset& audited(const std::string& name) {
        auto found = audited_.find(name);
        if (found == audited_.end()) found = audited_.try_emplace(name, *datasets_.at(name).prepared).first;
        return found->second;
    }

    static json::object head_of(const PreparedDataset& a, const PreparedDataset& b) {
        return {{"format", cache_format}, {"first", a.fingerprint()}, {"second", b.fingerprint()}};
    }

    static void write(const fs::path& file, const PreparedDataset& a, const PreparedDataset& b,
                      const std::vector<SharedImage>& images) {
        json::array rows;
        for (const auto& pair : images)
            rows.push_back(json::array{pair.first, pair.second, pair.correlation, pair.identical, pair.inverted});
        json::object text = head_of(a, b);
        text["images"] = rows;
        text[digest_key] = digest_of_rows(json::parse(json::serialize(rows)).as_array()); // as they will be read
        write_text(file, json::serialize(text));
    }

    /// False if there is no such audit yet or the file cannot be used: then the audit is made again.
    static bool read(const fs::path& file, const PreparedDataset& a, const PreparedDataset& b,
                     std::vector<SharedImage>& images) {
        if (!fs::exists(file)) return false;
        try {
            const json::object text = read_json(file).as_object();
            for (const auto& item : head_of(a, b))
                if (text.at(item.key()) != item.value()) return false;
            images.clear();
            const auto& rows = text.at("images").as_array();
            const auto* digest = text.if_contains(digest_key); // files of earlier versions have none
            if (digest && *digest != digest_of_rows(rows)) {
                say("{}: was changed since it was written; auditing again", file.string());
                return false;
            }
            for (const auto& item : rows) {
                const auto& row = item.as_array();
                SharedImage pair{row.at(0).to_number<std::int64_t>(), row.at(1).to_number<std::int64_t>(),
                                 row.at(2).to_number<double>(), row.at(3).as_bool(), row.at(4).as_bool()};
                if (pair.first < 0 || pair.first >= a.size() || pair.second < 0 || pair.second >= b.size())
                    return false;
                images.push_back(pair);
            }
            return true;
        } catch (const std::exception&) {
            return false;
        }
    }

    const std::map<std::string, OpenDataset>& datasets_;
    const Artifacts& artifacts_;
    std::map<std::string, AuditedDataset> audited_;
};

/// The first pair that puts a test image into another split of its dataset, as text.
std::string example_of(const PreparedDataset& dataset, const std::vector<SharedImage>& pairs) {
    const auto text = [&](std::int64_t image) {
        return fmt::format("{} ({})", dataset.id(image), name_of(dataset.split(image)));
    };
    for (const auto& pair : pairs)
        if (const Split first = dataset.split(pair.first), second = dataset.split(pair.second);
            first != second && (first == Split::test || second == Split::test))
            return text(pair.first) + " and " + text(pair.second);
    return {};
}

/// Images to be tested: of a dataset by probes that learn from itself, or by an external test.
struct Tests {
    std::string from, to;
    bool all_images = false;
    bool external() const { return from != to; }
};

std::vector<Tests> tests_of(const Plan& plan) {
    std::vector<Tests> tests;
    for (const auto& name : plan.evaluate.datasets) tests.push_back({name, name});
    for (const auto& test : plan.external) tests.push_back({test.from, test.to, test.all_images});
    return tests;
}

[[noreturn]] void refuse_external(const Plan& plan, const Tests& test, const OpenDataset& source,
                                  const OpenDataset& target, const SeenImages& known) {
    user_error(
        "{}: {} images that the external test {} -> {} uses have copies in training or validation of \"{}\", such "
        "as {}; mlvicx-bench audit {} {} shows them, --allow-leakage runs anyway and marks the results",
        plan.file.string(), known.tested.size(), test.from, test.to, test.from,
        target.prepared->id(known.tested.front()), source.prepared->file().string(), target.prepared->file().string());
}

} // namespace

void audit_run(const Plan& plan, std::map<std::string, OpenDataset>& datasets, const Artifacts& artifacts,
               const AuditOptions& options) {
    if (options.none || !plan.audit) {
        if (plan.exclude_overlap)
            user_error("{}: $.pretrain.exclude_overlap needs the audit, which {} leaves out", plan.file.string(),
                       options.none ? "--no-audit" : "$.audit");
        say("not audited: test images may be known from training, and every result says so");
        return;
    }
    Auditor auditor(datasets, artifacts);
    const bool trains = std::any_of(plan.methods.begin(), plan.methods.end(),
                                    [](const PlanMethod& method) { return method.entry->trains; });
    std::map<std::string, std::set<std::int64_t>> left_out; ///< by dataset
    for (const auto& test : tests_of(plan)) {
        OpenDataset& data = datasets.at(test.from);
        const PreparedDataset &source = *data.prepared, &tested = *datasets.at(test.to).prepared;
        const auto copies = auditor.shared(test.from, test.to);
        const auto known = seen_test_images(source, tested, copies, {Split::train, Split::validation}, test.all_images);
        Leakage leakage;
        leakage.test_images =
            test.all_images ? tested.size() : static_cast<std::int64_t>(tested.images_of(Split::test).size());
        leakage.in_training = static_cast<std::int64_t>(known.tested.size());
        if (!known.tested.empty() && !options.allow_leakage) {
            if (test.external()) refuse_external(plan, test, data, datasets.at(test.to), known);
            user_error(
                "{}: dataset \"{}\": {} of {} test images are also in training or validation, such as {}; "
                "mlvicx-bench audit {} shows them, \"keep_copies_together\" in its split by patient puts copies into "
                "one split, --allow-leakage runs anyway and marks the results",
                plan.file.string(), test.to, known.tested.size(), leakage.test_images, example_of(tested, copies),
                tested.file().string());
        }
        if (trains) {
            std::set<std::int64_t> seen;
            for (const auto& name : plan.pretrain_datasets) {
                const auto pairs = test.from == name ? copies : auditor.shared(name, test.to);
                const auto here =
                    seen_test_images(*datasets.at(name).prepared, tested, pairs, {Split::train}, test.all_images);
                seen.insert(here.tested.begin(), here.tested.end());
                if (plan.exclude_overlap) left_out[name].insert(here.copies.begin(), here.copies.end());
            }
            leakage.in_pretraining = plan.exclude_overlap ? 0 : static_cast<std::int64_t>(seen.size());
        }
        if (test.external())
            data.external_leakage[test.to] = leakage;
        else
            data.leakage = leakage;
    }
    bool any = false;
    for (const auto& [name, images] : left_out) {
        datasets.at(name).left_out.assign(images.begin(), images.end());
        any = any || !images.empty();
    }
    if (!any) return;
    for (const auto& method : plan.methods) {
        if (!method.entry->trains) continue;
        const auto images = PretrainingData(plan, datasets).epoch_images(method.pretrain);
        if (method.pretrain.batch_size > images)
            user_error("{}: {} trains with batches of {} images, but {} of dataset \"{}\" are left without the "
                       "tested images",
                       plan.file.string(), method.label, method.pretrain.batch_size, images,
                       joined_datasets(plan.pretrain_datasets));
    }
}

} // namespace mlvicx
