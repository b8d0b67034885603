#include "datasets/importers/rle.h"

#include "core/error.h"
#include "datasets/text/csv.h"

#include <algorithm>
#include <charconv>

namespace mlvicx {

namespace {

constexpr auto blanks = " \t\r\n";

/// Extracts the next number from the code.
std::uint64_t take_number(std::string_view& code, const std::string& where) {
    const std::string_view word = code.substr(0, code.find_first_of(blanks));
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size())
        user_error("{}: the run-length code contains \"{}\", expected non-negative integers", where,
                   word.substr(0, 40));
    code = trimmed(code.substr(word.size()));
    return value;
}

} // namespace

std::vector<Run> runs_from(std::string_view code, std::uint32_t side, const std::string& where) {
    const std::uint64_t pixels = std::uint64_t{side} * side;
    std::vector<Run> runs;
    std::uint64_t at = 0;
    for (code = trimmed(code); !code.empty();) {
        const std::uint64_t start = take_number(code, where);
        if (code.empty())
            user_error("{}: the run-length code has {} numbers, expected pairs of start and length", where,
                       2 * runs.size() + 1);
        const std::uint64_t length = take_number(code, where);
        if (length == 0) user_error("{}: run {} has no pixels, expected at least one", where, runs.size() + 1);
        // Check each one separately first: a sum of two large numbers could wrap around.
        if (start > pixels || length > pixels || at + start + length > pixels)
            user_error("{}: run {} (start {} after pixel {}, length {}) exceeds the image of {} x {} pixels", where,
                       runs.size() + 1, start, at, length, side, side);
        runs.push_back({static_cast<std::uint32_t>(at + start), static_cast<std::uint32_t>(length)});
        at += start + length;
    }
    return runs;
}

std::string code_of(const cv::Mat1b& mask) {
    ensure(mask.rows == mask.cols, "a run-length code needs a square mask");
    std::string code;
    const int pixels = mask.rows * mask.cols;
    const auto belongs = [&](int at) { return mask(at % mask.rows, at / mask.rows) != 0; };
    for (int at = 0, end = 0; at < pixels; ++at) {
        if (!belongs(at)) continue;
        const int first = at;
        while (at < pixels && belongs(at)) ++at;
        code += fmt::format("{}{} {}", code.empty() ? "" : " ", first - end, at - first);
        end = at;
    }
    return code;
}

} // namespace mlvicx
