#include "tests/support/catch.h"

#include "core/hash.h"
#include "core/sha256_blocks.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

using namespace mlvicx;

TEST_CASE("hash: SHA-256 gives the standard's digests", "[reference]") {
    // FIPS 180-4's examples and the lengths around one block (55, 56 and 64 bytes), computed with coreutils' sha256sum.
    CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    CHECK(sha256(std::string(55, 'b')) == "eb2c86e932179f4ba13fe8715a26124b77d6bad290b9b4c1cc140cf633300c19");
    CHECK(sha256(std::string(56, 'b')) == "a5fc6e203a4c2b657d0d153885932414b2ffc6a93f0f8bf8b3183315e5a7212c");
    CHECK(sha256(std::string(64, 'b')) == "a0fab1377f49a759b57f63318262ebe89fabfc990e8e93ceac2984561482b9d4");
}

TEST_CASE("hash: it does not matter in which pieces data arrive", "[unit]") {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 37 % 251);
    const std::string whole = sha256(text);
    for (const std::size_t piece : {1u, 7u, 63u, 64u, 65u, 999u}) {
        Sha256 hash;
        for (std::size_t at = 0; at < text.size(); at += piece) hash.add(std::string_view(text).substr(at, piece));
        CHECK(hash.hex() == whole);
    }
}

TEST_CASE("hash: the SHA instructions and the portable rounds agree on many blocks", "[unit]") {
    std::vector<std::uint8_t> data(64 * 37);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i * i * 31 + i / 7);
    std::array<std::uint32_t, 8> first{1, 2, 3, 4, 5, 6, 7, 0xffffffff}, second = first;
    sha256_blocks(first.data(), data.data(), 37); // portable too if the processor has no SHA instructions
    sha256_blocks_portable(second.data(), data.data(), 37);
    CHECK(first == second);
}
