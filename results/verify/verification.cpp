#include "results/verify/verification.h"

#include "results/report/text.h"

#include <fmt/format.h>

namespace mlvicx {

namespace {

constexpr std::size_t page = 80;

/// `text` wrapped and indented, its lines after the first two blanks further.
std::string indented(const std::string& text, std::size_t blanks) {
    std::string result(blanks, ' ');
    for (const char c : wrapped(text, page - blanks - 2)) {
        result += c;
        if (c == '\n') result += std::string(blanks + 2, ' ');
    }
    return result + "\n";
}

} // namespace

void Verification::section(const std::string& what) {
    sections_.push_back({what, 0, 0});
}

void Verification::differs(const std::string& where, const std::string& what) {
    ++sections_.back().differ;
    findings_.push_back({where, what});
}

std::string verification_text(const Verification& verification) {
    std::string text = fmt::format("  {}{:>9}{:>9}\n", padded("checked", 56), "number", "differ");
    for (const auto& section : verification.sections())
        text += fmt::format("  {}{:>9}{:>9}\n", padded(section.what, 56), section.checked,
                            section.differ == 0 ? "-" : std::to_string(section.differ));
    if (!verification.not_checked().empty()) text += "\nNot checked\n";
    for (const auto& [what, count] : verification.not_checked()) text += indented(fmt::format("{} {}", count, what), 2);
    if (!verification.clean()) text += "\nDifferent\n";
    std::string where;
    for (const auto& finding : verification.findings()) {
        if (finding.where != where) text += indented(finding.where, 2);
        where = finding.where;
        text += indented(finding.what, 4);
    }
    return text;
}

} // namespace mlvicx
