#include "core/machine_fault.h"

#include "tests/support/catch.h"

#include <fmt/format.h>

#include <filesystem>
#include <future>
#include <new>
#include <system_error>

using namespace mlvicx;

namespace {

std::string fault_text(const std::exception& error) {
    const auto fault = machine_fault(error);
    return fault ? fmt::format("{}: {}", fault->status, fault->text) : "none";
}

} // namespace

TEST_CASE("machine_fault: memory that ran out is told, whichever library noticed it", "[unit]") {
    CHECK(fault_text(std::bad_alloc()) == "1: out of memory");
    for (const char* text :
         {"[enforce fail at alloc_cpu.cpp:66] . DefaultCPUAllocator: can't allocate memory: you tried",
          "CUDA out of memory. Tried to allocate 2.00 GiB",
          "OpenCV(4.6.0) error: (-4:Insufficient memory) Failed to allocate 16 bytes"})
        CHECK(fault_text(std::runtime_error(text)) == "1: out of memory");
    CHECK(fault_text(OutOfMemory("a.db: out of memory")) == "1: a.db: out of memory");
    CHECK(fault_text(std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again))) ==
          "1: the system has no room for another thread");
}

TEST_CASE("machine_fault: a file system's error names the file and the reason", "[unit]") {
    namespace fs = std::filesystem;
    const auto full = std::make_error_code(std::errc::no_space_on_device);
    CHECK(fault_text(fs::filesystem_error("cannot create", "/full/a", full)) == "2: /full/a: No space left on device");
    CHECK(fault_text(fs::filesystem_error("cannot rename", "/a", "/full/b", full)) ==
          "2: /full/b: No space left on device");
}

TEST_CASE("machine_fault: a bug is none", "[unit]") {
    CHECK(fault_text(std::logic_error("an index is outside the images")) == "none");
    CHECK(fault_text(std::future_error(std::future_errc::no_state)) == "none");
}
