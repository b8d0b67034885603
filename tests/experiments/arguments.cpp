#include "experiments/settings.h"
#include "tests/support/bench_process.h"
#include "tests/support/catch.h"

#include <fmt/ranges.h>

using namespace mlvicx;
using namespace mlvicx::testing;

namespace {

/// The program's message for a command line that it rejects: one sentence that begins with its name.
std::string refusal(const std::vector<std::string>& arguments) {
    static const TempFolder folder;
    const Ran ran = run_bench(folder, arguments);
    INFO(fmt::format("{}", fmt::join(arguments, " ")) << "\n" << ran.out << ran.err);
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err.starts_with("mlvicx-bench: "));
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
    return ran.err;
}

std::string refusal_of(const std::string& option, const std::string& value) {
    return refusal({"evaluate", "--data", "x", "--encoder", "random", option, value});
}

} // namespace

TEST_CASE("arguments: an invalid or out-of-range number is refused with what is expected, in words", "[unit]") {
    for (const char* seed : {"-1", "1.5", "x", "", "1e3", "0x10", "010", "+1", " 1", "1 "})
        CHECK(contains(refusal_of("--seed", seed),
                       fmt::format("--seed: found \"{}\", expected a whole number from 0", seed)));
    CHECK(contains(refusal_of("--seed", "99999999999999999999"), "expected at most 9223372036854775807"));
    CHECK(contains(refusal_of("--seed", "9223372036854775808"), "expected at most 9223372036854775807"));
    for (const char* fraction : {"1.5", "0", "-0.1", "nan", "inf", "1%", "0,1", "1e400", ".5.", "all"})
        CHECK(contains(refusal_of("--fraction", fraction),
                       "expected a fraction above 0 and up to 1, or a whole number of images"));
    CHECK(contains(refusal_of("--fraction", "1%"), "(0.01 for 1 %)"));
    CHECK(contains(refusal_of("--fraction", "0,1"), "(with a decimal point: 0.1)"));
    CHECK(contains(refusal({"views", "x", "--method", "byol", "--out", "y", "--images", "201"}),
                   "--images: found \"201\", expected a whole number from 1 to 200"));
    CHECK(contains(refusal({"prepare", "--dataset", "nih", "--out", "x", "--test-share", "1.01"}),
                   "--test-share: found \"1.01\", expected a number from 0 to 1"));
    CHECK(contains(refusal({"subsets", "x", "--fraction", "0.1", "2.5", "--out", "y"}), "found \"2.5\""));
}

TEST_CASE("arguments: options made of fields have their names, ranges, choices and suggestions", "[unit]") {
    const auto with = [&](std::vector<std::string> more) {
        const std::vector<std::string> prepare{"prepare", "--dataset", "vinbig", "--out", "x"};
        more.insert(more.begin(), prepare.begin(), prepare.end());
        return refusal(more);
    };
    CHECK(contains(with({"--split-seed", "-1"}), "--split-seed: found \"-1\", expected a whole number from 0"));
    CHECK(contains(with({"--split", "oficial"}),
                   "expected one of: official, patient, lists (did you mean \"official\"?)"));
    CHECK(contains(with({"--reader", "any"}), "unknown option --reader (did you mean \"--readers\"?)"));
    CHECK(contains(with({"--readers", "most"}), "found \"most\", expected one of: any, majority, unanimous"));
    CHECK(contains(with({"--phantom-images", "0"}), "found \"0\", expected a whole number from 1 to 10000000"));
    CHECK(contains(with({"--split", "patient"}), "dataset vinbig needs root (--root)"));
    CHECK(contains(refusal({"phantom", "--out", "x", "--images-per-patient", "11"}),
                   "--images-per-patient: found \"11\", expected a number from 0 to 10"));
}

TEST_CASE("arguments: numbers in range are accepted", "[unit]") {
    // The prepared file is missing, which is noticed only after the numbers.
    for (const char* seed : {"0", "7", "9223372036854775807"})
        CHECK(contains(refusal_of("--seed", seed), "x: cannot be read"));
    for (const char* fraction : {"200", "1", "0.01", "1e-3", ".5", "250.0"})
        CHECK(contains(refusal_of("--fraction", fraction), "x: cannot be read"));
}

TEST_CASE("arguments: unknown, missing and repeated arguments are refused in words", "[unit]") {
    CHECK(contains(refusal_of("--sede", "1"), "unknown option --sede (did you mean \"--seed\"?)"));
    CHECK(contains(refusal({"evaluate", "--dta", "x"}), "unknown option --dta (did you mean \"--data\"?)"));
    CHECK(contains(refusal({"evalaute"}), "unknown command \"evalaute\", expected one of: "));
    CHECK(contains(refusal({"evalaute"}), "(did you mean \"evaluate\"?)"));
    CHECK(contains(refusal({}), "expected a command"));
    CHECK(contains(refusal({"evaluate"}), "evaluate: --data is required"));
    CHECK(contains(refusal({"status", "a.db", "b.db"}), "unexpected argument \"b.db\""));
    CHECK(contains(refusal({"evaluate", "--data", "x", "--encoder", "random", "--seed"}), "--seed has no value"));
    CHECK(contains(refusal({"evaluate", "--data", "x", "--encoder", "random", "--seed", "1", "--seed", "2"}),
                   "--seed is given 2 times, expected once"));
    CHECK(contains(refusal_of("--protocol", "forzen"), "(did you mean \"frozen\"?)"));
    CHECK(contains(refusal_of("--device", "gpu"), "expected auto, cpu, cuda or cuda:INDEX"));
    const std::vector<std::string> pretrain{"pretrain", "--data", "x", "--method", "byol", "--out", "y"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), pretrain.begin(), pretrain.end());
        return refusal(more);
    };
    CHECK(contains(with({"--epochs", "2", "--set", "epochs=3"}), "--epochs and --set epochs are both given"));
    CHECK(contains(with({"--set", "epochs=3", "--set", "epochs=4"}), "--set has epochs twice"));
    CHECK(contains(with({"--set", "epoch=3"}), "(did you mean \"epochs\"?)"));
    CHECK(contains(refusal({"run", "x.json", "--root", "a=b", "--root", "a=c"}), "--root has a twice"));
}

TEST_CASE("arguments: settings make groups, and none overwrites another", "[unit]") {
    CHECK(settings_from({"a.b=1", "a.c=x", "d=[1, 2]"}) == json::parse(R"({"a": {"b": 1, "c": "x"}, "d": [1, 2]})"));
    CHECK(contains(message_of([] { settings_from({"a=1", "a.b=2"}); }), "--set has a.b twice"));
    CHECK(contains(message_of([] { settings_from({"a.b=2", "a=1"}); }), "--set has a twice"));
    CHECK(contains(message_of([] { settings_from({R"(a={"b": 1, "b": 2})"}); }), "which has a duplicate key"));
    CHECK(contains(message_of([] { settings_from({"a"}); }), "expected KEY=VALUE"));
}
