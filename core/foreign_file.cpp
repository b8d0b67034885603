#include "core/foreign_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace mlvicx {

namespace {

constexpr const char* wanted = "expected a safetensors file";

/// Two lines of Python that write FILE's weights next to it. Checkpoints nest dictionaries ("state_dict", "model",
/// "online", ...): all tensors are written, each under the keys that lead to it, joined by dots. They are cloned
/// because the format has neither shared nor strided tensors.
std::string torch_lines(const std::filesystem::path& file, const std::string& load) {
    auto converted = std::filesystem::path(file).replace_extension(".safetensors");
    if (converted == file) converted.replace_filename(file.stem().string() + "-converted.safetensors");
    return fmt::format(
        "\n  import torch; from safetensors.torch import save_file; w = {}\n"
        "  flat = lambda v, n: {{n: torch.as_tensor(v).detach().clone(memory_format=torch.contiguous_format)}} if "
        "hasattr(v, \"dtype\") else {{k: t for i, u in getattr(v, \"items\", list)() for k, t in flat(u, "
        "f\"{{n}}.{{i}}\").items()}}; save_file({{k[1:]: t for k, t in flat(w, \"\").items()}}, \"{}\")",
        load, converted.string());
}

std::string torch_text(const std::filesystem::path& file, const char* kind, const std::string& load) {
    return fmt::format("is {}, {}; these two lines of Python convert it:{}", kind, wanted, torch_lines(file, load));
}

/// The names in a zip archive are at its end, in the central directory.
std::string zip_text(const std::filesystem::path& file, std::string_view content) {
    const auto names = content.substr(content.size() - std::min<std::size_t>(content.size(), 1 << 20));
    const auto holds = [&](std::string_view part) { return names.find(part) != std::string_view::npos; };
    const std::string path = file.string();
    if (holds("/code/__torch__"))
        return torch_text(file, "a TorchScript archive",
                          fmt::format("dict(torch.jit.load(\"{}\", map_location=\"cpu\").state_dict())", path));
    if (holds("data.pkl"))
        return torch_text(file, "a PyTorch checkpoint", fmt::format("torch.load(\"{}\", map_location=\"cpu\")", path));
    if (holds(".npy")) return fmt::format("is an archive of NumPy arrays (npz), {}", wanted);
    return fmt::format("is a zip archive, {}", wanted);
}

std::string pickle_text(const std::filesystem::path& file, std::string_view content) {
    // Files of PyTorch before 1.6 begin with this number, 0x1950a86a20f9469cfc6c, pickled.
    constexpr std::string_view magic = "l\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
    const std::string path = file.string();
    if (content.substr(0, 16).find(magic) != std::string_view::npos)
        return torch_text(file, "a PyTorch checkpoint in the format before release 1.6",
                          fmt::format("torch.load(\"{}\", map_location=\"cpu\")", path));
    return torch_text(file, "a Python pickle", fmt::format("__import__(\"pickle\").load(open(\"{}\", \"rb\"))", path));
}

std::string onnx_text(const std::filesystem::path& file) {
    auto converted = std::filesystem::path(file).replace_extension(".safetensors");
    if (converted == file) converted.replace_filename(file.stem().string() + "-converted.safetensors");
    return fmt::format(
        "is an ONNX model, {}; these two lines of Python convert it if the export kept the weights' names:\n"
        "  import onnx; from onnx.numpy_helper import to_array; from safetensors.numpy import save_file\n"
        "  save_file({{t.name: to_array(t) for t in onnx.load(\"{}\").graph.initializer}}, \"{}\")",
        wanted, file.string(), converted.string());
}

/// The value of `key` in the lines of a Git LFS pointer.
std::string pointer_value(std::string_view text, std::string_view key) {
    const auto line = text.find(key);
    if (line == std::string_view::npos) return "?";
    const auto begin = line + key.size();
    return std::string(text.substr(begin, text.find('\n', begin) - begin));
}

/// Text in lower case without a leading byte-order mark and whitespace.
std::string beginning_of(std::string_view content) {
    std::string text(content.substr(0, 1024));
    if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
    text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

/// "is a text file (404: Not Found), ...": the length at the start of a safetensors file has bytes that never occur in
/// text.
std::string plain_text(std::string_view content) {
    const auto is_text = [](unsigned char c) { return (c >= 32 && c < 127) || c == '\t' || c == '\r' || c == '\n'; };
    const auto first = content.substr(0, 64);
    if (first.size() < 8 || !std::all_of(first.begin(), first.end(), is_text)) return "";
    return fmt::format("is a text file ({}), {}", first.substr(0, first.find_first_of("\r\n")), wanted);
}

} // namespace

std::string foreign_file_text(const std::filesystem::path& file, std::span<const std::byte> bytes) {
    const std::string_view content(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto begins = [&](std::string_view magic) { return content.starts_with(magic); };
    if (begins("PK\x03\x04")) return zip_text(file, content);
    if (content.size() > 2 && content[0] == '\x80' && content[1] >= 2 && content[1] <= 5)
        return pickle_text(file, content);
    // An ONNX model is a protobuf message: its format version, then the producer's name or the next field.
    if (content.size() > 4 && content[0] == '\x08' && content[1] > 0 && content[1] < 32 &&
        std::string_view("\x12\x1a\x22\x3a\x42").find(content[2]) != std::string_view::npos)
        return onnx_text(file);
    if (begins("version https://git-lfs.github.com/spec/"))
        return fmt::format("is a Git LFS pointer to a file of {} bytes, {}; run git lfs pull to fetch the file itself",
                           pointer_value(content, "\nsize "), wanted);
    constexpr std::pair<std::string_view, const char*> magics[] = {
        {"\x89HDF\r\n\x1a\n", "an HDF5 file (from Keras, perhaps)"},
        {"\x93NUMPY", "a NumPy array"},
        {"GGUF", "a GGUF file"},
        {"\x1f\x8b", "a gzip archive"},
        {"\xfd\x37zXZ", "an xz archive"},
        {"7z\xbc\xaf", "a 7z archive"},
        {"Rar!", "a rar archive"},
        {"SQLite format 3", "an SQLite database"},
        {"\x89PNG", "a PNG image"},
        {"\xff\xd8\xff", "a JPEG image"},
        {"%PDF", "a PDF document"},
    };
    for (const auto& [magic, name] : magics)
        if (begins(magic)) return fmt::format("is {}, {}", name, wanted);
    if (content.size() > 262 && content.substr(257, 5) == "ustar")
        return fmt::format("is a tar archive, {}; unpack it first", wanted);
    const std::string text = beginning_of(content);
    if (text.starts_with("<!doctype html") || text.starts_with("<html") ||
        (text.starts_with("<") && text.find("<html") != std::string::npos))
        return fmt::format(
            "is an HTML page, {}: the URL led to a web page (a login or preview page, perhaps), not to the file",
            wanted);
    if (text.starts_with("<?xml")) return fmt::format("is an XML document (a server error, perhaps), {}", wanted);
    if (text.starts_with("{") || text.starts_with("["))
        return fmt::format(
            "is a JSON file{}, {}",
            text.find("weight_map") != std::string::npos ? " (an index of weights split over several files)" : "",
            wanted);
    return plain_text(content);
}

} // namespace mlvicx
