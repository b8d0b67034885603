#include "tests/support/catch.h"

#include "core/safetensors.h"
#include "tests/support/temporary.h"

#include <cstdint>
#include <string>

using namespace mlvicx;

namespace {

std::string length_field(std::uint64_t length) {
    std::string bytes(8, '\0');
    for (int i = 0; i < 8; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<char>(length >> (8 * i));
    return bytes;
}

/// The message with which a file of these bytes is rejected; empty if it is accepted.
std::string refusal_of_bytes(const std::string& bytes) {
    const TempFolder folder;
    write_text(folder / "hostile.safetensors", bytes);
    const std::string message = message_of([&] { const Safetensors file(folder / "hostile.safetensors"); });
    if (!message.empty()) CHECK(contains(message, "hostile.safetensors"));
    return message;
}

/// A file with this header, padded so that the data start at a multiple of 8, and this many bytes of data.
std::string file_of(std::string header, std::size_t data) {
    header.resize((header.size() + 7) / 8 * 8, ' ');
    return length_field(header.size()) + header + std::string(data, '\1');
}
std::string refusal(const std::string& header, std::size_t data) {
    return refusal_of_bytes(file_of(header, data));
}

std::string entry(const std::string& type, const std::string& shape, const std::string& offsets) {
    return R"({"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

} // namespace

TEST_CASE("safetensors: valid headers are accepted", "[unit]") {
    CHECK(refusal("{}", 0).empty());
    CHECK(refusal(R"({"a":)" + entry("F32", "[2]", "[0,8]") + "}", 8).empty());
    CHECK(
        refusal(R"({"b":)" + entry("U8", "[3]", "[4,7]") + R"(,"a":)" + entry("F32", "[]", "[0,4]") + "}", 7).empty());
    CHECK(refusal(R"({"a":)" + entry("F32", "[0]", "[0,0]") + R"(,"b":)" + entry("F32", "[1]", "[0,4]") + "}", 4)
              .empty());
    CHECK(refusal(R"({"__metadata__":{"k":"v"},"a":)" + entry("I64", "[1,1]", "[0,8]") + "}", 8).empty());
}

TEST_CASE("safetensors: truncated files and wrong lengths are rejected", "[unit]") {
    CHECK(contains(refusal_of_bytes(""), "is empty"));
    CHECK(contains(refusal_of_bytes("short"), "5 bytes"));
    CHECK(contains(refusal_of_bytes(length_field(2)), "claims 2 bytes"));
    for (const std::uint64_t length :
         {std::uint64_t{3}, std::uint64_t{1} << 32, std::uint64_t{1} << 63, UINT64_MAX, UINT64_MAX - 7})
        CHECK(contains(refusal_of_bytes(length_field(length) + "{}"), "the file has 2"));
    const std::string whole = file_of(R"({"a":)" + entry("F32", "[2]", "[0,8]") + "}", 8);
    REQUIRE(refusal_of_bytes(whole).empty());
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_FALSE(refusal_of_bytes(whole.substr(0, size)).empty());
    CHECK(contains(refusal_of_bytes(whole + "x"), "1 bytes after the last tensor"));
}

TEST_CASE("safetensors: headers that are not the format's JSON are rejected", "[unit]") {
    CHECK(contains(refusal("not json", 0), "not JSON"));
    CHECK(contains(refusal(R"({"a":)", 0), "not JSON"));
    CHECK(contains(refusal("[1]", 0), "not a JSON object"));
    CHECK(contains(refusal(std::string(50'000, '['), 0), "not JSON"));
    CHECK(contains(refusal(R"({"__metadata__":{"k":1}})", 0), "__metadata__"));
    CHECK(contains(refusal(R"({"__metadata__":"text"})", 0), "__metadata__"));
    for (const char* wrong : {"1", "[]", "{}", R"({"dtype":"F32","shape":[1]})",
                              R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1})"})
        CHECK(contains(refusal(std::string(R"({"a":)") + wrong + "}", 4), "tensor \"a\""));
    CHECK(contains(refusal(R"({"a":)" + entry("F33", "[1]", "[0,4]") + "}", 4), "F33"));
    CHECK(contains(refusal(R"({"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}})", 4), "dtype"));
}

TEST_CASE("safetensors: wrong shapes and offsets are rejected", "[unit]") {
    const auto one = [](const std::string& shape, const std::string& offsets) {
        return refusal(R"({"a":)" + entry("F32", shape, offsets) + "}", 8);
    };
    REQUIRE(one("[2]", "[0,8]").empty());
    for (const char* shape : {"[-2]", "[2.0]", "[\"2\"]", "[null]", "2", "{}", "[1e3]", "[18446744073709551616]"})
        CHECK_FALSE(one(shape, "[0,8]").empty());
    // Products that wrap around to 8 bytes, or to 0.
    CHECK(contains(one("[4611686018427387906]", "[0,8]"), "overflow"));
    CHECK(contains(one("[4294967296,4294967296]", "[0,8]"), "overflow"));
    CHECK(contains(one("[9223372036854775807,9223372036854775807]", "[0,8]"), "overflow"));
    CHECK(contains(one("[3]", "[0,8]"), "shape and dtype need 12"));
    for (const char* offsets : {"[0]", "[0,8,9]", "[-8,0]", "[8,0]", "[0,9]", "[0,18446744073709551615]", "[4,12]",
                                "[0.0,8.0]", "\"0,8\"", "null", "[0,1e30]"})
        CHECK_FALSE(one("[2]", offsets).empty());
}

TEST_CASE("safetensors: bytes that belong to no tensor or to two are rejected", "[unit]") {
    const auto two = [](const std::string& a, const std::string& b, const std::string& second = "b") {
        return refusal(R"({"a":)" + entry("F32", "[1]", a) + ",\"" + second + "\":" + entry("F32", "[1]", b) + "}", 8);
    };
    REQUIRE(two("[0,4]", "[4,8]").empty());
    CHECK(contains(two("[0,4]", "[0,4]"), "overlap"));
    CHECK(contains(two("[0,4]", "[2,6]"), "overlap"));
    CHECK(contains(two("[4,8]", "[4,8]"), "overlap"));
    CHECK(contains(refusal(R"({"a":)" + entry("F32", "[1]", "[4,8]") + "}", 8), "gap"));
    // A duplicate name: readers differ on which one counts.
    CHECK(contains(two("[0,4]", "[4,8]", "a"), "duplicate key"));
    CHECK_FALSE(refusal(R"({"a":)" + entry("F32", "[1]", "[0,4]") + R"(,"a":)" + entry("I32", "[1]", "[0,4]") + "}", 4)
                    .empty());
}
