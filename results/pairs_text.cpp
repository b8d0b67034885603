#include "results/pairs.h"

#include "core/error.h"
#include "results/table.h"
#include "results/text.h"

#include <algorithm>
#include <map>

namespace mlvicx {

namespace {

/// "p = 0.031" or "p < 0.001".
std::string p_text(double p) {
    return p < 0.0005 ? "p < 0.001" : fmt::format("p = {:.3f}", p);
}

using PairIterator = std::vector<MethodPair>::const_iterator;

std::string counts_text(std::int64_t least, std::int64_t most) {
    return least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
}

std::string table_markdown(PairIterator begin, PairIterator end) {
    std::vector<double> fractions;
    std::vector<std::pair<std::string, std::string>> names;
    std::map<std::tuple<std::string, std::string, double>, const MethodPair*> at;
    std::int64_t least = begin->seeds_a, most = least;
    bool same_films = true, draws = false;
    for (auto pair = begin; pair != end; ++pair) {
        if (std::find(fractions.begin(), fractions.end(), pair->fraction) == fractions.end())
            fractions.push_back(pair->fraction);
        const std::pair name(pair->a, pair->b);
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
        at[{pair->a, pair->b, pair->fraction}] = &*pair;
        least = std::min({least, pair->seeds_a, pair->seeds_b});
        most = std::max({most, pair->seeds_a, pair->seeds_b});
        draws = draws || pair->draws;
        same_films = same_films && pair->films == begin->films && pair->patients == begin->patients;
    }
    const std::string unit = draws ? "evaluation" : "seed";
    std::string text =
        fmt::format("### {}, {}\nn = {} {}{}{}", markdown_escaped(begin->dataset), protocol_label(begin->protocol),
                    counts_text(least, most), unit, most == 1 ? "" : "s", draws ? " (seeds x draws)" : "");
    if (same_films) text += fmt::format(", {} test films of {} patients", begin->films, begin->patients);
    text += "\n\n| pair |";
    for (const double fraction : fractions) text += " " + fraction_label(fraction) + " |";
    text += "\n|:--|";
    for (std::size_t i = 0; i < fractions.size(); ++i) text += ":--|";
    for (const auto& [a, b] : names) {
        text += fmt::format("\n| {} - {} |", markdown_escaped(a), markdown_escaped(b));
        for (const double fraction : fractions) {
            const auto found = at.find({a, b, fraction});
            text +=
                " " + (found == at.end() ? "" : difference_text(found->second->difference, found->second->holm)) + " |";
        }
    }
    return text + "\n";
}

std::string optional_end(const std::optional<Interval>& interval, bool low) {
    if (!interval) return "";
    return csv_number(low ? interval->low : interval->high);
}

} // namespace

std::string difference_text(const Difference& difference, std::optional<double> holm) {
    std::string text = fmt::format("{:+.1f}", 100 * difference.value);
    if (const auto& interval = difference.interval)
        text += fmt::format(" ({:+.1f} to {:+.1f})", 100 * interval->low, 100 * interval->high);
    return holm ? text + ", " + p_text(*holm) : text;
}

std::string pairs_markdown(const std::vector<MethodPair>& pairs) {
    std::string text;
    if (!pairs.empty())
        text =
            "Difference of the mean test AUC in points, with the 95 % interval of the paired bootstrap over patients, "
            "and "
            "its p value after Holm's correction for all pairs of a column. The models are taken as trained: this is "
            "about other patients, not about other seeds. Class by class: `-pairs.csv`.\n";
    for (auto begin = pairs.begin(); begin != pairs.end();) {
        const auto end = std::find_if(begin, pairs.end(), [&](const MethodPair& pair) {
            return pair.dataset != begin->dataset || pair.protocol != begin->protocol;
        });
        text += "\n" + table_markdown(begin, end);
        begin = end;
    }
    return text;
}

std::string pairs_csv(const std::vector<MethodPair>& pairs) {
    std::string text =
        "dataset,protocol,fraction,method_a,method_b,class,auc_a,auc_b,difference,low,high,standard_error,p,"
        "p_holm,test,seeds_a,seeds_b,films,patients\n";
    for (const auto& pair : pairs) {
        const std::string head = fmt::format("{},{},{},{},{},", csv_field(pair.dataset), csv_field(pair.protocol),
                                             pair.fraction, csv_field(pair.a), csv_field(pair.b));
        const std::string tail = fmt::format("{},{},{},{}", pair.seeds_a, pair.seeds_b, pair.films, pair.patients);
        const auto& mean = pair.difference;
        text += fmt::format("{},{},{},{},{},{},,{},{},bootstrap,{}\n", head, pair.auc_a, pair.auc_b, mean.value,
                            optional_end(mean.interval, true), optional_end(mean.interval, false), csv_number(mean.p),
                            csv_number(pair.holm), tail);
        for (const auto& c : pair.classes)
            text += fmt::format("{}{},{},{},{},,,{},{},{},delong,{}\n", head, csv_field(c.name), c.auc_a, c.auc_b,
                                c.auc_a - c.auc_b, csv_number(c.error), csv_number(c.p), csv_number(c.holm), tail);
    }
    return text;
}

} // namespace mlvicx
