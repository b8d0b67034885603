#include "datasets/vinbig_votes.h"

#include "core/error.h"

#include <algorithm>
#include <bit>

namespace mlvicx {

std::size_t Votes::reader(std::string_view name, const std::string& where) {
    const auto found = std::find(readers_.begin(), readers_.end(), name);
    if (found != readers_.end()) return static_cast<std::size_t>(found - readers_.begin());
    if (name.empty()) user_error("{}: names no reader", where);
    if (readers_.size() == 32) user_error("{}: a film with more than 32 readers, expected three", where);
    readers_.emplace_back(name);
    return readers_.size() - 1;
}

bool Votes::saw_anything(std::size_t reader) const {
    return std::any_of(seen_.begin(), seen_.end(), [&](std::uint32_t who) { return (who >> reader & 1) != 0; });
}

bool Votes::present(std::size_t label, std::string_view rule) const {
    const auto count = static_cast<std::size_t>(std::popcount(seen_[label]));
    if (rule == "any") return count > 0;
    if (rule == "majority") return 2 * count > readers_.size();
    ensure(rule == "unanimous", "a rule for readers is any, majority or unanimous");
    return count > 0 && count == readers_.size();
}

} // namespace mlvicx
