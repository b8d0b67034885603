#include "experiments/plan_check.h"

#include "core/error.h"
#include "core/suggest.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace mlvicx {

namespace {

class Check {
public:
    Check(const Plan& plan, const PlanText& text) : plan_(plan), text_(text) {}

    void lists() const {
        const auto& evaluate = plan_.evaluate;
        const bool trains = std::any_of(plan_.methods.begin(), plan_.methods.end(),
                                        [](const PlanMethod& method) { return method.entry->trains; });
        if (trains && plan_.pretrain_datasets.empty())
            user_error("{}: $.pretrain.dataset is missing, expected one of: {}", where("$.pretrain.dataset"),
                       dataset_names());
        for (const auto& name : plan_.pretrain_datasets) known_dataset(name, "$.pretrain.dataset");
        if (!plan_.pretrain_datasets.empty()) distinct(plan_.pretrain_datasets, "$.pretrain.dataset");
        for (const auto& method : plan_.methods)
            if (method.entry->trains && method.pretrain.balance && plan_.pretrain_datasets.size() == 1)
                user_error("{}: $.pretrain.balance is true for {}, but $.pretrain.dataset names only \"{}\"",
                           where("$.pretrain.balance"), method.label, plan_.pretrain_datasets.front());
        for (const auto& name : evaluate.datasets) known_dataset(name, "$.evaluate.datasets");
        for (const auto& protocol : evaluate.protocols)
            protocol_entry(protocol, where("$.evaluate.protocols") + ": $.evaluate.protocols");
        for (const auto& [key, only] : evaluate.only_datasets)
            for (const auto& name : only)
                if (std::find(evaluate.datasets.begin(), evaluate.datasets.end(), name) == evaluate.datasets.end())
                    user_error("{}: $.evaluate.{}.datasets names \"{}\", expected one of $.evaluate.datasets: {}",
                               where(fmt::format("$.evaluate.{}.datasets", key)), key, name,
                               fmt::join(evaluate.datasets, ", "));
        for (const double fraction : evaluate.fractions)
            if (fraction > 1 && fraction != std::floor(fraction))
                user_error("{}: $.evaluate.fractions has {}, expected a fraction up to 1 or a whole number of images",
                           where("$.evaluate.fractions"), fraction);
        subset_lists();
        std::vector<std::string> labels;
        for (const auto& method : plan_.methods) labels.push_back(method.label);
        distinct(labels, "$.methods", "; give one of them a \"label\"");
        distinct(evaluate.datasets, "$.evaluate.datasets");
        distinct(evaluate.fractions, "$.evaluate.fractions");
        distinct(evaluate.protocols, "$.evaluate.protocols");
        if (!evaluate.draws.empty()) distinct(evaluate.draws, "$.evaluate.draws");
        distinct(plan_.seeds, "$.seeds");
        few_enough();
    }

private:
    /// All jobs of a plan are held at once.
    void few_enough() const {
        constexpr double most = 1e6;
        const auto& evaluate = plan_.evaluate;
        double subsets = 0;
        for (const double fraction : evaluate.fractions)
            subsets += static_cast<double>(evaluate.draws_of(fraction).size());
        const double jobs = subsets * static_cast<double>(plan_.methods.size()) *
                            static_cast<double>(plan_.seeds.size()) * static_cast<double>(evaluate.protocols.size()) *
                            static_cast<double>(evaluate.datasets.size() + plan_.external.size());
        if (jobs > most)
            user_error(
                "{}: makes {:.3g} evaluations (methods x seeds x datasets x protocols x label subsets), expected "
                "at most {:.0f}",
                plan_.file.string(), jobs, most);
    }

    std::string where(std::string_view path) const { return text_.file_of(path).string(); }

    void subset_lists() const {
        const auto& evaluate = plan_.evaluate;
        if (evaluate.subset_lists.empty()) return;
        const std::string place = where("$.evaluate.subsets") + ": $.evaluate.subsets";
        const auto lists = evaluate.lists_by_fraction(place);
        for (const double fraction : evaluate.fractions)
            if (fraction != 1 && !lists.contains(fraction))
                user_error("{} has no list for {} of $.evaluate.fractions", place, fraction);
        for (const auto& [fraction, file] : lists)
            if (std::find(evaluate.fractions.begin(), evaluate.fractions.end(), fraction) == evaluate.fractions.end())
                user_error("{} has a list for {}, which $.evaluate.fractions does not have", place, fraction);
        if (!evaluate.draws.empty())
            user_error("{} lists the labelled images, but $.evaluate.draws would draw them: leave out one", place);
    }

    std::string dataset_names() const {
        std::vector<std::string> names;
        for (const auto& dataset : plan_.datasets) names.push_back(dataset.name);
        return fmt::format("{}", fmt::join(names, ", "));
    }

    void known_dataset(const std::string& name, const char* key) const {
        for (const auto& dataset : plan_.datasets)
            if (dataset.name == name) return;
        std::vector<std::string> names;
        for (const auto& dataset : plan_.datasets) names.push_back(dataset.name);
        user_error("{}: {} names \"{}\", expected one of: {}{}", where(key), key, name, dataset_names(),
                   did_you_mean(name, names));
    }

    template <typename T> void distinct(const std::vector<T>& items, const char* key, const char* advice = "") const {
        if (items.empty()) user_error("{}: {} is empty", where(key), key);
        std::set<T> seen;
        for (const auto& item : items)
            if (!seen.insert(item).second) user_error("{}: {} has {} twice{}", where(key), key, item, advice);
    }

    const Plan& plan_;
    const PlanText& text_;
};

} // namespace

void check_lists(const Plan& plan, const PlanText& text) {
    Check(plan, text).lists();
}

} // namespace mlvicx
