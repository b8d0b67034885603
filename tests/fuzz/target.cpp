#include "tests/fuzz/target.h"

#include "core/progress.h"

#include <fstream>

namespace mlvicx::fuzz {

const std::vector<Target>& targets() {
    static const std::vector<Target> all = {
        {"csv", 4096, csv},
        {"dicom", 4096, dicom},
        {"event_file", 1024, event_file},
        {"image", 4096, image},
        {"image_list", 1024, image_list},
        {"json_file", 4096, json_file},
        {"label_words", 64, label_words},
        {"manifest", 4096, manifest},
        {"names", 256, names},
        {"plan", 4096, plan},
        {"prepared", 8192, prepared},
        {"results", 65536, results},
        {"results_rows", 1024, results_rows},
        {"rle", 1024, rle},
        {"safetensors", 4096, safetensors},
        {"subset_file", 4096, subset_file},
        {"tables", 4096, tables},
    };
    return all;
}

const std::filesystem::path& Input::folder() {
    static const TempFolder folder;
    return folder.path;
}

std::filesystem::path Input::file(const std::string& name, std::string_view bytes) {
    const auto path = folder() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
}

std::size_t Input::choice(std::size_t count) const {
    std::size_t sum = bytes_.size();
    for (const char byte : bytes_) sum = 31 * sum + static_cast<unsigned char>(byte);
    return sum % count;
}

void Input::read_in(std::initializer_list<std::function<void()>> ways) const {
    // Mixed: some formats' files have only certain sizes.
    if (!whole_) return each(ways.begin()[(bytes_.size() * 0x9e3779b97f4a7c15 >> 32) % ways.size()]);
    for (const auto& way : ways) each(way);
}

void run(const Target& target, std::string_view bytes, bool whole) {
    set_quiet(true);
    each([&] { target.read(Input(bytes, whole)); });
}

} // namespace mlvicx::fuzz
