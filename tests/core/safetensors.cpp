#include "tests/support/catch.h"

#include "core/parallel.h"
#include "core/safetensors.h"
#include "tests/support/temporary.h"

#include <cstring>

using namespace mlvicx;

namespace {

template <typename T> std::vector<T> values_of(const TensorView& tensor) {
    std::vector<T> values(tensor.data.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
    return values;
}

template <typename T> std::span<const std::byte> bytes_of(const std::vector<T>& values) {
    return std::as_bytes(std::span<const T>(values));
}

} // namespace

TEST_CASE("safetensors: a file of the Python library is read, with every type", "[reference]") {
    // tests/reference/python.safetensors: written by safetensors.torch.save_file.
    const Safetensors file(MLVICX_TEST_DATA "/python.safetensors");
    CHECK(file.tensors().size() == 11);
    CHECK(file.meta("made") == "by Python's safetensors");
    CHECK(file.meta("note") == "\u00fcmlaut");
    CHECK(values_of<float>(file.at("f32", DType::f32, {2, 3})) ==
          std::vector<float>{0.5f, -1.25f, 3.0f, 1e-3f, 65504.0f, -0.0f});
    CHECK(values_of<double>(file.at("f64", DType::f64, {1})) == std::vector<double>{1.0 / 3});
    CHECK(values_of<std::uint16_t>(file.at("f16", DType::f16, {2})) == std::vector<std::uint16_t>{0x3e00, 0xc000});
    CHECK(values_of<std::uint16_t>(file.at("bf16", DType::bf16, {-1})) ==
          std::vector<std::uint16_t>{0x3fc0, 0xc000, 0x4040});
    CHECK(values_of<std::int64_t>(file.at("i64", DType::i64, {-1, 1})) ==
          std::vector<std::int64_t>{-(std::int64_t{1} << 40), 7});
    CHECK(values_of<std::int32_t>(file.at("i32", DType::i32, {1})) == std::vector<std::int32_t>{-5});
    CHECK(values_of<std::int8_t>(file.at("i8", DType::i8, {3})) == std::vector<std::int8_t>{-1, 0, 1});
    CHECK(values_of<std::uint8_t>(file.at("u8", DType::u8, {1, 2, 3})) == std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5});
    CHECK(values_of<std::uint8_t>(file.at("flag", DType::boolean, {2})) == std::vector<std::uint8_t>{1, 0});
    CHECK(file.at("none", DType::f32, {0, 4}).data.empty());
    CHECK(values_of<float>(file.at("scalar", DType::f32, {})) == std::vector<float>{2.5f});
}

TEST_CASE("safetensors: a file written in place is what several writers wrote, without the rows that were too many",
          "[unit]") {
    const TempFolder folder;
    const auto path = folder / "data.safetensors";
    const std::vector<std::uint8_t> rows{1, 2, 3, 4, 5, 6};
    const auto bytes = bytes_of(rows);
    const std::vector<TensorInfo> layout = {{"wide", DType::i32, {1}}, {"rows", DType::u8, {5, 2}}};
    {
        auto writer = SafetensorsWriter::in_place(path, layout, 1000);
        writer.write("rows", 0, bytes.first(2));
        writer.write("rows", 4, bytes.subspan(4));
    }
    CHECK_THROWS_AS(Safetensors(path), UserError); // not finished
    auto writer = SafetensorsWriter::in_place(path, layout, 1000);
    std::vector<std::uint8_t> found(10, 9);
    writer.read("rows", 0, std::as_writable_bytes(std::span(found)));
    CHECK(found == std::vector<std::uint8_t>{1, 2, 0, 0, 5, 6, 0, 0, 0, 0});
    writer.write("rows", 2, bytes.subspan(2, 2));
    CHECK_THROWS_AS(writer.shorten("wide", 0), InternalError);
    CHECK_THROWS_AS(writer.shorten("rows", 6), InternalError);
    writer.shorten("rows", 3);
    writer.commit({{"made", "twice"}});
    const Safetensors file(path);
    CHECK(values_of<std::uint8_t>(file.at("rows", DType::u8, {3, 2})) == rows);
    CHECK(file.meta("made") == "twice");
    CHECK(folder.names() == std::vector<std::string>{"data.safetensors"});
}

TEST_CASE("safetensors: what is written is read back, including pieces from many threads and late metadata", "[unit]") {
    const TempFolder folder;
    const auto path = folder / "new/data.safetensors";
    std::vector<std::uint8_t> pixels(10'000);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 7);
    const std::vector<double> weights{1.5, -2.5};
    {
        SafetensorsWriter writer(path, {{"images", DType::u8, {100, 10, 10}}, {"weights", DType::f64, {2}}});
        parallel_for(100, 4,
                     [&](std::size_t i) { writer.write("images", i * 100, bytes_of(pixels).subspan(i * 100, 100)); });
        writer.write("weights", 0, bytes_of(weights));
        CHECK_FALSE(std::filesystem::exists(path));
        writer.commit({{"fingerprint", "\"quoted\"\n"}, {"empty", ""}});
    }
    const Safetensors file(path);
    CHECK(values_of<std::uint8_t>(file.at("images", DType::u8, {-1, 10, 10})) == pixels);
    CHECK(values_of<double>(file.at("weights")) == weights);
    CHECK(file.metadata() == std::map<std::string, std::string>{{"fingerprint", "\"quoted\"\n"}, {"empty", ""}});
    // The format requires offsets aligned to the types; the data start at a multiple of 64 for memory mapping.
    CHECK(reinterpret_cast<std::uintptr_t>(file.at("weights").data.data()) % 64 == 0);
}

TEST_CASE("safetensors: without commit nothing is left behind, and an old file is unchanged", "[unit]") {
    const TempFolder folder;
    const auto path = folder / "data.safetensors";
    const auto write = [&](std::uint8_t value, bool commit) {
        SafetensorsWriter writer(path, {{"x", DType::u8, {1}}});
        writer.write("x", 0, bytes_of(std::vector<std::uint8_t>{value}));
        if (commit) writer.commit({});
    };
    write(1, false);
    CHECK(folder.names().size() == 0);
    write(2, true);
    write(3, false);
    CHECK(folder.names().size() == 1);
    CHECK(values_of<std::uint8_t>(Safetensors(path).at("x")) == std::vector<std::uint8_t>{2});
}

TEST_CASE("safetensors: programming errors while writing are caught", "[unit]") {
    const TempFolder folder;
    const auto path = folder / "data.safetensors";
    CHECK_THROWS_AS(SafetensorsWriter(path, {{"x", DType::u8, {1}}, {"x", DType::u8, {2}}}), InternalError);
    SafetensorsWriter writer(path, {{"x", DType::f32, {2}}}, 16);
    const std::vector<float> three{1, 2, 3};
    CHECK_THROWS_AS(writer.write("x", 0, bytes_of(three)), InternalError);
    CHECK_THROWS_AS(writer.write("x", 9, {}), InternalError);
    CHECK_THROWS_AS(writer.write("y", 0, {}), InternalError);
    CHECK_THROWS_AS(writer.commit({{"too", std::string(500, 'x')}}), InternalError);
    write_text(folder / "file", "x");
    CHECK(contains(message_of([&] { SafetensorsWriter(folder / "file/under", {}); }), "file/under"));
}

TEST_CASE("safetensors: a missing tensor or a wrong type or shape is reported with what is there", "[unit]") {
    const Safetensors file(MLVICX_TEST_DATA "/python.safetensors");
    CHECK(contains(message_of([&] { file.at("none such"); }), "has no tensor \"none such\""));
    const auto message = message_of([&] { file.at("f32", DType::f32, {3, 3}); });
    CHECK(contains(message, "python.safetensors"));
    CHECK(contains(message, "F32 [2, 3], expected F32 [3, 3]"));
    CHECK(contains(message_of([&] { file.at("f32", DType::f16, {2, 3}); }), "expected F16 [2, 3]"));
    CHECK(contains(message_of([&] { file.at("f32", DType::f32, {6}); }), "expected F32 [6]"));
    CHECK(contains(message_of([&] { file.meta("none such"); }), "none such"));
}

TEST_CASE("safetensors: a file with an unpadded header is read, with aligned tensors", "[reference]") {
    // tests/reference/unpadded.safetensors: as written by safetensors before 0.3, with Python's struct and json:
    //   header = json.dumps({"flag": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
    //       "weight": {"dtype": "F32", "shape": [3], "data_offsets": [1, 13]},
    //       "count": {"dtype": "I64", "shape": [1], "data_offsets": [13, 21]}}).encode()
    //   struct.pack("<Q", len(header)) + header + struct.pack("<B3fq", 7, 0.5, -1.25, 3e-3, -2**40)
    const Safetensors file(MLVICX_TEST_DATA "/unpadded.safetensors");
    CHECK(values_of<std::uint8_t>(file.at("flag", DType::u8, {1})) == std::vector<std::uint8_t>{7});
    CHECK(values_of<float>(file.at("weight", DType::f32, {3})) == std::vector<float>{0.5f, -1.25f, 3e-3f});
    CHECK(values_of<std::int64_t>(file.at("count", DType::i64, {1})) ==
          std::vector<std::int64_t>{-(std::int64_t{1} << 40)});
    for (const auto& [name, tensor] : file.tensors())
        CHECK(reinterpret_cast<std::uintptr_t>(tensor.data.data()) % size_of(tensor.type) == 0);
}

TEST_CASE("safetensors: renamed tensors keep their data, and those without a name are left out", "[unit]") {
    const Safetensors file(MLVICX_TEST_DATA "/python.safetensors");
    const auto renamed = file.renamed([](const std::string& name) { return name[0] == 'f' ? "x." + name : ""; });
    CHECK(renamed.tensors().size() == 4); // f16, f32, f64, flag
    CHECK(renamed.at("x.f32").name == "x.f32");
    CHECK(values_of<float>(renamed.at("x.f32", DType::f32, {2, 3})) == values_of<float>(file.at("f32")));
    CHECK(renamed.meta("made") == file.meta("made"));
    CHECK_FALSE(renamed.contains("f32"));
}

TEST_CASE("safetensors: the digest covers names, types, shapes and bytes, and detects a changed file", "[reference]") {
    // For tests/reference/unpadded.safetensors, in Python: sha256 of json.dumps({name: {"dtype": ..., "sha256":
    // hashlib.sha256(data).hexdigest(), "shape": [...]}}, sort_keys=True, separators=(",", ":")).
    const Safetensors original(MLVICX_TEST_DATA "/unpadded.safetensors");
    const std::string digest = "3c20a527691f745e10ba6126614833c2c587d910853080b0b7377bdc284e16fb";
    CHECK(digest_of(original.tensors()) == digest);
    verify_digest(original); // has no digest

    const TempFolder folder;
    const auto path = folder / "signed.safetensors";
    const auto write = [&](float first, const std::string& claimed) {
        SafetensorsWriter writer(path,
                                 {{"weight", DType::f32, {3}}, {"count", DType::i64, {1}}, {"flag", DType::u8, {1}}});
        writer.write("weight", 0, bytes_of(std::vector<float>{first, -1.25f, 3e-3f}));
        writer.write("count", 0, bytes_of(std::vector<std::int64_t>{-(std::int64_t{1} << 40)}));
        writer.write("flag", 0, bytes_of(std::vector<std::uint8_t>{7}));
        writer.commit({{digest_key, claimed}});
    };
    write(0.5f, digest);
    verify_digest(Safetensors(path));
    write(0.25f, digest);
    const std::string found = message_of([&] { verify_digest(Safetensors(path)); });
    CHECK(contains(found, "signed.safetensors: its tensors have the digest "));
    CHECK(contains(found, digest + ": the file was changed or is damaged"));
}
