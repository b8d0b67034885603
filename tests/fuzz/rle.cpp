#include "datasets/importers/rle.h"
#include "datasets/decode/mask.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

void rle(const Input& input) {
    constexpr std::uint32_t side = 64;
    const auto runs = runs_from(input.text(), side, "table, row 2");
    Mask mask;
    mask.runs = runs;
    if (mask.empty()) return;
    const cv::Mat1b drawn = draw_mask(mask, {side, side});
    const std::string code = code_of(drawn);
    Mask again;
    again.runs = runs_from(code, side, "again");
    ensure(cv::countNonZero(draw_mask(again, {side, side}) != drawn) == 0, "a code gives another mask");
}

} // namespace mlvicx::fuzz
