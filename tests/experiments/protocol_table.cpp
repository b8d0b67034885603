#include "tests/support/catch.h"

#include "core/error.h"
#include "core/files.h"
#include "experiments/runner/job_identity.h"

#include <set>

using namespace mlvicx;

namespace {

json::object config_of(const ProtocolEntry& entry, const PlanEvaluation& options) {
    JobKey key;
    key.protocol = entry.name;
    key.fraction = 1;
    return evaluate_config(options, key, {"resnet18", "weights", "fingerprint"}, torch::kCPU);
}

} // namespace

TEST_CASE("protocol table: a row provides all that a plan and the identity of its jobs need", "[unit]") {
    PlanEvaluation defaults;
    const json::object keys = resolved([&](Fields& f) { fields(f, defaults); });
    std::set<std::string> names, labels;
    for (const auto& entry : protocol_table()) {
        INFO(entry.name);
        CHECK(names.insert(entry.name).second);
        CHECK(labels.insert(entry.label).second);
        CHECK(keys.at(entry.key).is_object());
        CHECK(defaults.takes(entry.name, "any dataset"));
        const auto config = config_of(entry, defaults);
        CHECK(config.at("protocol").as_string() == entry.name);
        CHECK_FALSE(config.at("options").as_object().empty());
        CHECK(feature_id(config).empty() != entry.procedure.on_features());
        // Each option of a protocol is part of its identity.
        for (const auto& option : config.at("options").as_object()) {
            if (!option.value().is_int64()) continue;
            PlanEvaluation other;
            const json::object change{{entry.key, {{option.key(), option.value().as_int64() + 1}}}};
            overlay(change, "test", "$", [&](Fields& f) { fields(f, other); });
            CHECK(hash_of(config_of(entry, other)) != hash_of(config));
        }
    }
}

TEST_CASE("protocol table: docs/protocols.md names every protocol and every option of it", "[unit]") {
    const std::string page = read_text(std::string(MLVICX_SOURCE) + "/docs/protocols.md");
    const auto documented = [&](const std::string& word) { return page.find("`" + word + "`") != std::string::npos; };
    PlanEvaluation defaults;
    const json::object keys = resolved([&](Fields& f) { fields(f, defaults); });
    for (const auto& entry : protocol_table()) {
        INFO(entry.name);
        CHECK(documented(entry.name));
        for (const auto& option : keys.at(entry.key).as_object()) {
            INFO(option.key());
            CHECK(documented(option.key()));
        }
    }
}

TEST_CASE("protocol table: what a results file stores about each protocol", "[unit]") {
    const auto descriptions = protocol_descriptions();
    REQUIRE(descriptions.size() == protocol_table().size());
    for (const auto& description : descriptions) {
        const auto& entry = protocol_entry(description.name);
        CHECK(description.label == entry.label);
        CHECK((description.task == Task::segmentation) == entry.procedure.is_segmentation());
    }
    CHECK_THROWS_AS(protocol_entry("forzen"), UserError);
    CHECK(protocol_names(&Procedure::linear_head).size() < protocol_names().size());
}
