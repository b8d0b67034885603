#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mlvicx {

/// What a verification found: how much was checked, what differs, and what could not be checked.
class Verification {
public:
    struct Section {
        std::string what;         ///< "metrics from scores and counts"
        std::int64_t checked = 0; ///< things of this kind
        std::int64_t differ = 0;
    };
    struct Finding {
        std::string where; ///< a job in words with its hash, a file, a plan
        std::string what;  ///< "auc of Mass is 0.99, its scores give 0.613"
    };

    /// Begins a kind of checks; the following calls belong to it.
    void section(const std::string& what);
    void checked(std::int64_t count = 1) { sections_.back().checked += count; }
    void differs(const std::string& where, const std::string& what);
    /// `count` more of `what` could not be checked, for the reason that it names.
    void unchecked(const std::string& what, std::int64_t count = 1) { unchecked_[what] += count; }

    const std::vector<Section>& sections() const { return sections_; }
    const std::vector<Finding>& findings() const { return findings_; }
    const std::map<std::string, std::int64_t>& not_checked() const { return unchecked_; }
    bool clean() const { return findings_.empty(); }

private:
    std::vector<Section> sections_;
    std::vector<Finding> findings_;
    std::map<std::string, std::int64_t> unchecked_;
};

/// For the terminal, 80 columns: a line for each section, what could not be checked, and each finding.
std::string verification_text(const Verification& verification);

} // namespace mlvicx
