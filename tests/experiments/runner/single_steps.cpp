#include "tests/support/catch.h"

#include "core/safetensors.h"
#include "experiments/runner/jobs.h"
#include "experiments/runner/single_steps.h"
#include "tests/support/temporary.h"

#include <torch/torch.h>

using namespace mlvicx;

namespace {

/// An evaluation of `encoder` (an id) under a label.
JobKey evaluation(const std::string& label, const std::string& encoder, std::int64_t seed, std::int64_t pixels = 224,
                  double fraction = 1, const std::string& protocol = "frozen") {
    JobKey key;
    key.kind = "evaluate";
    key.method = label;
    key.dataset = "nih";
    key.protocol = protocol;
    key.fraction = fraction;
    key.seed = seed;
    key.config = {{"weights", encoder},   {"seed", seed},         {"image_size", pixels},
                  {"protocol", protocol}, {"fraction", fraction}, {"dataset", "fingerprint"}};
    key.hash = hash_of(key.config);
    return key;
}

json::object from_file(const std::string& file, const std::string& digest, const std::string& settings = "") {
    json::object source = {{"file", file}, {"digest", digest}};
    if (!settings.empty()) source["settings"] = settings;
    return source;
}

/// Registers and finishes it; returns the message if it is refused, else nothing.
std::string refusal(Store& store, const JobKey& key, const json::object& source, bool chosen = false) {
    const auto message = message_of([&] { register_single_step(store, key, source, chosen); });
    if (!message.empty()) return message;
    JobResult result;
    result.details["weights"] = source;
    store.finish(key, result, {});
    return "";
}

std::vector<std::string> rows_of(Store& store) {
    Statement query(store.db(),
                    "SELECT x.method || ' ' || c.seed FROM experiment_jobs x JOIN jobs c ON c.id = x.job_id "
                    "ORDER BY x.position");
    std::vector<std::string> rows;
    while (query.step()) rows.push_back(query.text(0));
    return rows;
}

} // namespace

TEST_CASE("single steps: a row is one encoder under one label and seed", "[unit]") {
    const TempFolder folder;
    Store store(folder / "own.db");
    const auto a = from_file("one/a.safetensors", "aaaaaaaaaaaaaaaa"), b = from_file("two/a.safetensors", "bbbbbbbb");
    CHECK(refusal(store, evaluation("a", "id of a", 0), a).empty());
    const auto same = refusal(store, evaluation("a", "id of b", 0, 224, 1, "finetuned"), b);
    CHECK(contains(same, "own.db: the label \"a\" with seed 0 already belongs to one/a.safetensors (digest "
                         "aaaaaaaaaaaa); two/a.safetensors (digest bbbbbbbb) is another encoder, so give it another "
                         "--label"));
    CHECK(refusal(store, evaluation("a", "id of a", 1), a).empty());           // the same, fine-tuned with another seed
    CHECK(refusal(store, evaluation("a", "id of a", 0, 224, 0.1), a).empty()); // with fewer labels
    CHECK(refusal(store, evaluation("a", "id of a", 0), a).empty());           // again
    CHECK(refusal(store, evaluation("b", "id of b", 0), b).empty());           // another row
    // Another seed does not make another encoder a seed of the first: the user has to state that.
    CHECK(contains(refusal(store, evaluation("a", "id of b", 2), b),
                   "two/a.safetensors (digest bbbbbbbb) is not another seed"));
    CHECK(refusal(store, evaluation("a", "id of b", 2), b, true).empty());
    CHECK(rows_of(store) == std::vector<std::string>{"a 1", "a 0", "a 0", "b 0", "a 2"});
}

TEST_CASE("single steps: encoders that the suite trained are seeds of one row if only the seed differs", "[unit]") {
    const TempFolder folder;
    Store store(folder / "own.db");
    CHECK(refusal(store, evaluation("simclr", "p", 0), from_file("0.safetensors", "00", "same")).empty());
    CHECK(refusal(store, evaluation("simclr", "q", 1), from_file("1.safetensors", "11", "same")).empty());
    for (const bool chosen : {false, true})
        CHECK(contains(
            refusal(store, evaluation("simclr", "r", 2), from_file("2.safetensors", "22", "more epochs"), chosen),
            "is not another seed of it"));
    const json::object random = {{"random", true}};
    CHECK(refusal(store, evaluation("random", "s", 0), random).empty());
    CHECK(refusal(store, evaluation("random", "t", 1), random).empty());
    CHECK(contains(refusal(store, evaluation("random", "u", 1), random), "already belongs to a random encoder"));
}

TEST_CASE("single steps: evaluations with different options do not form a row", "[unit]") {
    const TempFolder folder;
    Store store(folder / "own.db");
    const auto a = from_file("a.safetensors", "aa");
    CHECK(refusal(store, evaluation("a", "id", 0), a).empty());
    CHECK(contains(refusal(store, evaluation("a", "id", 1, 64), a),
                   "a seed 0, frozen, 100 % of nih with another \"image_size\""));
    CHECK(refusal(store, evaluation("a", "id", 1, 64, 0.1), a).empty()); // another column of the table
    CHECK(refusal(store, evaluation("a, small", "id", 1, 64), a).empty());
}

TEST_CASE("single steps: what is known of an encoder comes from its file", "[unit]") {
    const TempFolder folder;
    const auto write = [&](const char* name, std::map<std::string, std::string> metadata) {
        SafetensorsWriter writer(folder / name, {{"x", DType::u8, {1}}});
        const std::byte one{1};
        writer.write("x", 0, {&one, 1});
        writer.commit(metadata);
        return source_of_encoder(folder / name);
    };
    const auto theirs = write("theirs.safetensors", {});
    CHECK(theirs.at("file") == json::value((folder / "theirs.safetensors").string()));
    CHECK(theirs.at("digest") == json::value(digest_of(Safetensors(folder / "theirs.safetensors").tensors())));
    CHECK(theirs.size() == 2);
    const auto config = [](int seed, int epochs) {
        return fmt::format(R"({{"seed":{},"method":"simclr","training":{{"epochs":{}}}}})", seed, epochs);
    };
    const auto ours = [&](int seed, int epochs) {
        return write("ours.safetensors",
                     {{"hash", "h"}, {"method", "simclr"}, {"dataset", "nih"}, {"config", config(seed, epochs)}});
    };
    const auto first = ours(0, 300);
    CHECK(first.at("method") == json::value("simclr"));
    CHECK(first.at("dataset") == json::value("nih"));
    CHECK(first.at("epochs") == json::value(300));
    CHECK(first.at("seed") == json::value(0));
    CHECK(first.at("settings") == ours(1, 300).at("settings"));
    CHECK(first.at("settings") != ours(0, 100).at("settings"));
}
