#include "datasets/text/csv.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

void csv(const Input& input) {
    const Csv table(input.file("table.csv"));
    std::size_t bytes = 0;
    for (std::size_t row = 0; row < table.rows(); ++row)
        for (std::size_t column = 0; column < table.columns().size(); ++column)
            bytes += table.cell(row, column).size() + (table.where(row).empty() ? 1 : 0);
    ensure(bytes <= 3 * input.text().size(), "a table has more text than its file"); // UTF-16 may grow by half
    for (const auto& name : table.columns()) each([&] { table.column(name); });
    table.require_whole();
}

} // namespace mlvicx::fuzz
