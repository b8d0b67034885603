#include "tests/support/catch.h"

#include "core/files.h"
#include "core/safetensors.h"
#include "tests/support/temporary.h"

#include <string>

using namespace mlvicx;

namespace {

/// The error of opening these bytes as a safetensors file, after the file name.
std::string answer(const std::string& bytes, const std::string& name = "w.safetensors") {
    const TempFolder folder;
    write_text(folder / name.c_str(), bytes);
    return message_of([&] { const Safetensors file(folder / name.c_str()); });
}

/// An archive with one empty file: local header, central directory and its end (PKWARE's APPNOTE, 4.3).
std::string zip_with(const std::string& name) {
    const auto number = [](std::size_t value, int bytes) {
        std::string text;
        for (int i = 0; i < bytes; ++i, value >>= 8) text += static_cast<char>(value & 255);
        return text;
    };
    const std::string common = std::string("\x14\0\0\0\0\0\0\0\0\0", 10) + number(0, 12) + number(name.size(), 2);
    const std::string local = "PK\x03\x04" + common + number(0, 2) + name;
    const std::string central = "PK\x01\x02" + std::string("\x14\0", 2) + common + number(0, 16) + name;
    return local + central + "PK\x05\x06" + number(0, 4) + number(1, 2) + number(1, 2) + number(central.size(), 4) +
           number(local.size(), 4) + number(0, 2);
}

} // namespace

TEST_CASE("foreign files: checkpoints are named, with two lines that convert them", "[unit]") {
    for (const auto& [bytes, kind] :
         {std::pair(zip_with("archive/data.pkl"), "is a PyTorch checkpoint, expected a safetensors file"),
          {zip_with("w/code/__torch__.py") + zip_with("w/data.pkl"), "is a TorchScript archive, expected"},
          // torch/serialization.py: the magic number 0x1950a86a20f9469cfc6c as pickle writes it with protocol 2.
          {std::string("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."),
           "is a PyTorch checkpoint in the format before release 1.6, expected"},
          {std::string("\x80\x04\x95\x10\0\0\0\0\0\0\0}", 12), "is a Python pickle, expected"}}) {
        const auto text = answer(bytes, "moco.pth");
        INFO(text);
        CHECK(contains(text, "moco.pth: "));
        CHECK(contains(text, kind));
        CHECK(contains(text, "\n  import torch; from safetensors.torch import save_file; w = "));
        CHECK(contains(text, "moco.safetensors\")"));
    }
    CHECK(contains(answer(zip_with("archive/data.pkl")), "w-converted.safetensors\")")); // never overwrites itself
}

TEST_CASE("foreign files: other files given as weights are recognised", "[unit]") {
    // ONNX: ModelProto of onnx.proto, field 1 (ir_version) = 7, field 2 (producer_name) = "pytorch".
    const auto onnx = answer("\x08\x07\x12\x07pytorch\x1a\x05"
                             "1.9.0");
    CHECK(contains(onnx, "is an ONNX model, expected a safetensors file"));
    CHECK(contains(onnx, "graph.initializer"));
    const auto pointer = answer("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 46827520\n");
    CHECK(contains(pointer, "is a Git LFS pointer to a file of 46827520 bytes"));
    CHECK(contains(pointer, "git lfs pull"));
    for (const char* page : {"<!DOCTYPE html><html><head><title>Google Drive</title></head></html>",
                             "\xef\xbb\xbf\n  <HTML lang=\"en\">", "<!-- saved --><html></html>"})
        CHECK(contains(answer(page), "is an HTML page, expected"));
    CHECK(contains(answer("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"), "is an XML document"));
    CHECK(contains(answer("{\"metadata\": {}, \"weight_map\": {}}"), "an index of weights split over several files"));
    CHECK(contains(answer(zip_with("conv1.npy")), "is an archive of NumPy arrays (npz)"));
    CHECK(contains(answer(zip_with("readme.txt")), "is a zip archive"));
    CHECK(contains(answer(std::string("\x89HDF\r\n\x1a\n\0\0\0\0", 12)), "is an HDF5 file"));
    CHECK(contains(answer(std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10)), "is a gzip archive"));
    CHECK(contains(answer("{"), "is a JSON file")); // fewer than eight bytes
    CHECK(contains(answer("404: Not Found\n"), "is a text file (404: Not Found), expected a safetensors file"));
    // Unknown bytes are just not a safetensors file.
    CHECK(contains(answer(std::string(16, '\x01')), "not a valid safetensors file: its header claims"));
}
