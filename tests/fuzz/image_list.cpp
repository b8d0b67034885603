#include "datasets/image_names.h"
#include "datasets/text/text_file.h"
#include "tests/fuzz/target.h"

namespace mlvicx::fuzz {

void image_list(const Input& input) {
    const auto file = input.file("list.txt");
    each([&] { read_names(file); });
    each([&] { read_image_list(file); });
    const std::vector<std::string> ids = {"a.png", "b.png", "c/d.png", "00000001_000.png", "e"};
    const auto listed = read_listed_images(file, ImageNames(ids));
    entries_text(listed.unknown);
    digest_of_ids(ids);
    refuse_unknown(listed, "the dataset");
}

} // namespace mlvicx::fuzz
