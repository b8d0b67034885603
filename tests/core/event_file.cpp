#include "core/event_file.h"

#include "core/files.h"
#include "tests/support/catch.h"
#include "tests/support/python.h"
#include "tests/support/temporary.h"

#include <fmt/ranges.h>

#include <limits>
#include <numeric>

using namespace mlvicx;
using namespace mlvicx::testing;
using Steps = std::vector<std::int64_t>;

namespace {

std::uint32_t crc_of(const std::vector<unsigned char>& bytes) {
    return crc32c(std::as_bytes(std::span(bytes)));
}

std::string hex(const std::string& bytes) {
    std::string text;
    for (const unsigned char c : bytes) text += fmt::format("{:02x}", c);
    return text;
}

Event event(std::int64_t step, double loss) {
    return {step, 1.5, {{"loss", loss}}};
}

} // namespace

TEST_CASE("event files: CRC-32C is that of RFC 3720", "[reference]") {
    // Appendix B.4, and the check value of the catalogue of CRCs.
    std::vector<unsigned char> bytes(32, 0);
    CHECK(crc_of(bytes) == 0x8a9136aaU);
    bytes.assign(32, 0xff);
    CHECK(crc_of(bytes) == 0x62a8ab43U);
    std::iota(bytes.begin(), bytes.end(), static_cast<unsigned char>(0));
    CHECK(crc_of(bytes) == 0x46dd794eU);
    CHECK(crc_of({bytes.rbegin(), bytes.rend()}) == 0x113fdb5cU);
    CHECK(crc_of({'1', '2', '3', '4', '5', '6', '7', '8', '9'}) == 0xe3069283U);
    CHECK(crc_of({}) == 0);
}

TEST_CASE("event files: bytes are those of TensorBoard's own writer", "[reference]") {
    // tensorboard 2.21: RecordWriter of Event(file_version="brain.Event:2") and Event(wall_time=1.5, step=300) with the
    // values loss 0.25 and learning_rate -3.
    CHECK(
        hex(event_file_bytes({{300, 1.5, {{"loss", 0.25}, {"learning_rate", -3}}}})) ==
        "0f000000000000006d532b091a0d627261696e2e4576656e743a32fc985129"
        "31000000000000009d8383e909000000000000f83f10ac022a230a0b0a046c6f7373150000803e0a140a0d6c6561726e696e675f726174"
        "6515000040c0ad7b0833");
}

TEST_CASE("event files: a step that is written again replaces it and all later ones", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "runs/a/events.out.tfevents.0";
    CHECK(event_steps(file).empty());
    for (const std::int64_t step : {0, 1, 2, 200, 300}) write_event(file, event(step, 0.5));
    CHECK(event_steps(file) == Steps{0, 1, 2, 200, 300});
    CHECK(read_text(file) ==
          event_file_bytes({event(0, 0.5), event(1, 0.5), event(2, 0.5), event(200, 0.5), event(300, 0.5)}));
    write_event(file, event(2, 0.25));
    CHECK(read_text(file) == event_file_bytes({event(0, 0.5), event(1, 0.5), event(2, 0.25)}));
    write_event(file, event(0, 1));
    CHECK(read_text(file) == event_file_bytes({event(0, 1)}));
    write_event(file, {1, 2, {}});
    CHECK(event_steps(file) == Steps{0, 1});
}

TEST_CASE("event files: a record that was cut off anywhere is replaced", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "events.out.tfevents.0";
    const auto whole = event_file_bytes({event(0, 0.5), event(1, 0.5)});
    const auto one = event_file_bytes({event(0, 0.5)});
    for (std::size_t length = 0; length < whole.size(); ++length) {
        write_text(file, whole.substr(0, length));
        CHECK(event_steps(file).size() == (length >= one.size() ? 1 : 0));
        write_event(file, event(1, 0.25));
        CHECK(event_steps(file) == (length >= one.size() ? Steps{0, 1} : Steps{1}));
    }
    std::string damaged = whole;
    damaged[one.size() + 14] ^= 1;
    write_text(file, damaged);
    CHECK(event_steps(file) == Steps{0});
}

TEST_CASE("event files: another file is not overwritten", "[unit]") {
    const TempFolder folder;
    const auto file = folder / "notes";
    const std::string text = "these are notes that somebody wrote, and not events";
    write_text(file, text);
    CHECK(contains(message_of([&] { write_event(file, event(0, 1)); }), "notes: is not an event file of TensorBoard"));
    CHECK(read_text(file) == text);
    CHECK_THROWS_AS(write_event("/proc/none/events", event(0, 1)), UserError);
}

TEST_CASE("event files: TensorBoard reads them", "[reference]") {
    if (const auto lacks = python_lacks("tensorboard.backend.event_processing.event_accumulator"); !lacks.empty())
        SKIP_TEST(lacks.c_str());
    const TempFolder folder;
    const auto file = folder / "runs/a/events.out.tfevents.0";
    for (const std::int64_t step : {0, 1, 2, 1000000}) {
        const double value = static_cast<double>(step) / 4;
        write_event(file, {step, 1.7e9 + value, {{"loss", value}, {"learning_rate", 1e-4}}});
    }
    write_event(file, {3, 1.7e9, {{"loss", std::numeric_limits<double>::quiet_NaN()}}});
    CHECK(run_python(folder, R"(
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator("runs/a").Reload()
for tag in events.Tags()["scalars"]:
    print(tag, [(e.step, round(e.value, 6), e.wall_time) for e in events.Scalars(tag)])
)") == "loss [(0, 0.0, 1700000000.0), (1, 0.25, 1700000000.25), (2, 0.5, 1700000000.5), (3, nan, 1700000000.0)]\n"
       "learning_rate [(0, 0.0001, 1700000000.0), (1, 0.0001, 1700000000.25), (2, 0.0001, 1700000000.5)]\n");
}
