#include "core/suggest.h"
#include "core/utf8.h"
#include "datasets/image_files.h"
#include "datasets/importers/importer_table.h"
#include "datasets/subset.h"
#include "datasets/text/image_list.h"
#include "results/report/csv.h"
#include "results/report/page/escape.h"
#include "results/statistics/grid.h"
#include "results/store/owner.h"
#include "tests/fuzz/target.h"

#include <bit>
#include <cstring>

namespace mlvicx::fuzz {

/// Names, numbers and paths as users type them, and names on their way into pages, tables and files.
void names(const Input& input) {
    const std::string text(input.text());
    ensure(!invalid_utf8(printable_utf8(text)), "printable text is not UTF-8");
    ensure(!invalid_utf8(html_escaped(text)), "a page is not UTF-8");
    ensure(html_escaped(text).find_first_of("<\"") == std::string::npos, "a name becomes HTML");
    const std::string stem = file_stem(text);
    ensure(!stem.empty() && stem.size() <= 80 && stem.find_first_of("/.\\") == std::string::npos,
           "a file's name leads elsewhere");
    latex_escaped(text);
    base64(text);
    CsvField(std::string_view(text)).text();
    utf8_prefix(text, text.size() / 2);
    utf8_from_utf16(text, input.choice(2) == 0);
    did_you_mean(text, {"evaluate", "mlvicx", "vicreg", "frozen"});
    image_stem(text);
    has_image_suffix(text);
    owner_text(text);
    owner_is_gone(process_owner() + text);
    double amount = 0;
    std::memcpy(&amount, text.data(), std::min(text.size(), sizeof amount));
    fraction_label(amount);
    if (amount > 0 && amount < 1e15) ensure(images_wanted(amount, 112'120) >= 1, "no image is wanted");
    const bool elsewhere =
        text.starts_with('/') || text.find("..") != std::string::npos; // perhaps the whole disk, which takes its time
    if (!elsewhere && text.find('\0') == std::string::npos)
        each([&] { image_files({Input::folder() / "none" / text}); });
    importer_entry(text);
}

} // namespace mlvicx::fuzz
