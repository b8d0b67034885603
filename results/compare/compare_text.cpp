#include "results/compare/compare.h"
#include "results/report/table.h"
#include "results/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mlvicx {

namespace {

using Verdict = FigureChange::Verdict;

std::string section(const std::string& title, const std::vector<std::string>& lines, const char* none) {
    std::string text = "\n" + title + "\n";
    if (lines.empty()) return text + "  " + none + "\n";
    for (const auto& line : lines) {
        std::string folded = wrapped(line, 76);
        for (auto at = folded.find('\n'); at != std::string::npos; at = folded.find('\n', at + 1))
            folded.insert(at + 1, 4, ' ');
        text += "  " + folded + "\n";
    }
    return text;
}

const char* verdict_text(Verdict verdict) {
    switch (verdict) {
    case Verdict::same:
        return "";
    case Verdict::better:
        return "better";
    case Verdict::worse:
        return "WORSE";
    case Verdict::lost:
        return "LOST";
    case Verdict::untested:
        return "not tested";
    case Verdict::only_a:
        return "only in A";
    case Verdict::only_b:
        return "only in B";
    }
    return "";
}

std::string difference_text(const FigureChange& figure) {
    if (!figure.a || !figure.b) return "";
    std::string text = fmt::format("{:+.1f}", 100 * (*figure.b - *figure.a));
    if (figure.interval)
        text += fmt::format(" ({:+.1f} to {:+.1f}){}", 100 * figure.interval->low, 100 * figure.interval->high,
                            figure.paired ? "" : "*");
    return text;
}

std::string p_text(const std::optional<double>& p) {
    if (!p) return "";
    return *p < 0.0005 ? "<0.001" : fmt::format("{:.3f}", *p);
}

/// Whether other seeds could give another order.
bool within_seeds(const FigureChange& figure) {
    return figure.a && figure.b && figure.seed_error && std::abs(*figure.b - *figure.a) < 2 * *figure.seed_error;
}

std::string verdict_entry(const FigureChange& figure) {
    const bool doubtful = figure.verdict == Verdict::worse || figure.verdict == Verdict::better;
    return verdict_text(figure.verdict) + std::string(doubtful && within_seeds(figure) ? " ~" : "");
}

Table table_of(std::span<const FigureChange> figures) {
    Table table;
    table.title = figures.front().title();
    table.caption = figures.front().metric == "auc" ? "test AUC, percent" : "test Dice per image, percent";
    table.columns = {{"A", ""}, {"B", ""}, {"B - A", ""}, {"p", ""}, {"", ""}};
    for (const auto& figure : figures)
        table.lines.push_back({fmt::format("{}, {}", figure.method, fraction_label(figure.fraction)),
                               {percent(figure.a), percent(figure.b), difference_text(figure), p_text(figure.holm),
                                verdict_entry(figure)}});
    return table;
}

std::string legend(const Comparison& comparison) {
    const auto& figures = comparison.figures;
    const auto has = [&](auto test) { return std::any_of(figures.begin(), figures.end(), test); };
    const auto tested = std::count_if(figures.begin(), figures.end(), [](const auto& f) { return f.p.has_value(); });
    std::string text;
    if (tested > 0)
        text =
            fmt::format("(a to b): 95 % interval over the patients of the test images, for the models as trained; p: "
                        "corrected by Holm over {} compared figures. WORSE, better: the interval is beyond {} and p "
                        "is below 0.05.",
                        tested, comparison.margin > 0 ? fmt::format("{:g} points", 100 * comparison.margin) : "0");
    if (has([](const auto& f) { return verdict_entry(f).ends_with('~'); }))
        text += " ~: less than two standard errors of the difference over seeds, so other seeds could turn it round.";
    if (has([](const auto& f) { return f.interval && !f.paired; }))
        text += " *: A and B were tested on different images, so the difference is not paired.";
    if (has([](const auto& f) { return f.verdict == Verdict::lost; }))
        text += " LOST: B planned the figure, but its evaluations failed, are undefined, or their pre-training "
                "collapsed; status shows why.";
    if (has([](const auto& f) { return f.verdict == Verdict::untested; }))
        text += " not tested: a file has no scores of it, or the test images are of one patient.";
    return text.empty() ? text : wrapped(text, 80) + "\n";
}

} // namespace

std::string comparison_text(const Comparison& comparison) {
    std::string text =
        wrapped(fmt::format("{} of {} jobs done in A, {} of {} in B. {} finished jobs are the same in both; scores are "
                            "equal in {} and differ in {} of them.",
                            comparison.done_a, comparison.jobs_a, comparison.done_b, comparison.jobs_b,
                            comparison.same_jobs, comparison.same_scores, comparison.other_scores),
                80) +
        "\n";
    text += section("Settings", comparison.settings, "no difference");
    text += section("Versions", comparison.versions, "no difference");
    text += section("Data", comparison.data, "no difference");
    text += "\nFigures\n";
    if (comparison.figures.empty()) return text + "  none\n";
    for_each_table(comparison.figures,
                   [&](std::span<const FigureChange> figures) { text += table_text(table_of(figures)) + "\n"; });
    text += legend(comparison);
    const auto count = [&](Verdict verdict) {
        return std::count_if(comparison.figures.begin(), comparison.figures.end(),
                             [&](const auto& figure) { return figure.verdict == verdict; });
    };
    return text + fmt::format("{} worse, {} lost, {} better of {} figures\n", count(Verdict::worse),
                              count(Verdict::lost), count(Verdict::better), comparison.figures.size());
}

} // namespace mlvicx
