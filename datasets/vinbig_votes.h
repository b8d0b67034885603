#pragma once

#include "datasets/csv.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mlvicx {

/// Who read a film and who saw what on it.
class Votes {
public:
    explicit Votes(std::size_t classes) : seen_(classes, 0) {}
    /// Number of a reader among this film's. Throws UserError beginning with `where` for the 33rd.
    std::size_t reader(std::string_view name, const std::string& where);
    void see(std::size_t reader, std::size_t label) { seen_[label] |= 1u << reader; }
    bool saw_anything(std::size_t reader) const;
    std::size_t readers() const { return readers_.size(); }
    /// By rule "any", "majority" (more than half of the film's readers) or "unanimous".
    bool present(std::size_t label, std::string_view rule) const;

private:
    std::vector<std::string> readers_;
    std::vector<std::uint32_t> seen_; ///< by class: one bit a reader
};

} // namespace mlvicx
