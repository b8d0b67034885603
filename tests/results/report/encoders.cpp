#include "tests/support/catch.h"

#include "results/report/encoders.h"
#include "results/report/markdown.h"
#include "tests/support/results_fixture.h"

using namespace mlvicx;
using namespace results_test;

TEST_CASE("encoders: a report gives the file, digest and training of each row", "[unit]") {
    const TempFolder folder;
    Store store(folder / "results.db");
    const std::vector<JobKey> jobs = {job("a", "ours", 1, 0), job("b", "ours", 1, 1), job("c", "theirs"),
                                      job("d", "random"),     job("e", "old"),        job("f", "shuffled")};
    store.add_experiment("encoders", json::object(), jobs);
    const auto trained = [](int seed) {
        return json::object{{"file", fmt::format("enc/{}.safetensors", seed)},
                            {"digest", fmt::format("{}d7a04ff0d1c9", seed)},
                            {"method", "simclr"},
                            {"epochs", 300},
                            {"dataset", "nih"},
                            {"seed", seed}};
    };
    const std::vector<json::object> sources = {
        trained(0),         trained(1), {{"file", "w|x.safetensors"}, {"digest", "ff00"}},
        {{"random", true}}, {},         {{"control", "shuffled"}, {"method", "initial weights, permuted labels"}}};
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        auto r = result();
        if (!sources[i].empty()) r.details["weights"] = sources[i];
        store.finish(jobs[i], r, provenance);
    }
    CHECK(encoders_text(store) == "ours: 2 encoders, the first enc/0.safetensors (0d7a04ff0d1c), simclr, 300 epochs on "
                                  "nih, seed 0\ntheirs: w|x.safetensors (ff00)\nrandom: initial weights\n"
                                  "shuffled: initial weights, permuted labels\n");
    const auto text = encoders_markdown(store);
    CHECK(contains(text, "| ours | 0 | enc/0.safetensors | `0d7a04ff0d1c9` | simclr, 300 epochs on nih, seed 0 |\n"
                         "| ours | 1 | enc/1.safetensors | `1d7a04ff0d1c9` | simclr, 300 epochs on nih, seed 1 |\n"
                         "| theirs | 0 | w\\|x.safetensors | `ff00` | unknown: trained elsewhere |\n"
                         "| random | 0 |  |  | initial weights |\n"
                         "| shuffled | 0 |  |  | initial weights, permuted labels |\n"));
    CHECK_FALSE(contains(text, "| old |"));
    CHECK(contains(report_markdown(store), "\n## Encoders\n" + text));
}
