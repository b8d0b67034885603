#include "experiments/external_test.h"

#include "core/config.h"
#include "core/error.h"
#include "core/suggest.h"

#include <fmt/ranges.h>
#include <torch/torch.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace mlvicx {

namespace {

ExternalTest test_from(const json::value& item, const std::string& where, const std::string& path) {
    if (!item.is_object())
        user_error("{}: {} is not an object, expected {{\"from\": ..., \"to\": ..., \"classes\": {{...}}}}", where,
                   path);
    json::object rest = item.get_object();
    const auto* classes = rest.if_contains("classes");
    if (!classes || !classes->is_object() || classes->get_object().empty())
        user_error("{}: {}.classes is {}, expected the classes to test: {{\"name in from\": \"name in to\"}}", where,
                   path, classes ? "not an object with entries" : "missing");
    ExternalTest test;
    for (const auto& entry : classes->get_object()) {
        const std::string name(entry.key());
        if (!entry.value().is_string())
            user_error("{}: {}.classes.{} is not a text, expected a class of \"to\"", where, path, name);
        test.classes.emplace_back(name, json::value_to<std::string>(entry.value()));
    }
    rest.erase("classes");
    std::string images = "test";
    overlay(rest, where, path, [&](Fields& f) {
        f.field("from", test.from);
        f.field("to", test.to);
        f.field("images", images, {"test", "all"});
    });
    for (const auto& [key, value] : {std::pair("from", test.from), std::pair("to", test.to)})
        if (value.empty()) user_error("{}: {}.{} is missing, expected a dataset of the plan", where, path, key);
    if (test.from == test.to)
        user_error("{}: {} tests \"{}\" on itself, expected two datasets", where, path, test.from);
    test.all_images = images == "all";
    return test;
}

std::size_t class_index(const OpenDataset& data, const std::string& name, const std::string& where) {
    const auto found = std::find(data.classes.begin(), data.classes.end(), name);
    if (found == data.classes.end())
        user_error("{}: {} has no class \"{}\", expected one of: {}{}", where, data.prepared->file().string(), name,
                   fmt::join(data.classes, ", "), did_you_mean(name, data.classes));
    return static_cast<std::size_t>(found - data.classes.begin());
}

bool has_both_values(const ExternalImages& external) {
    return std::any_of(external.classes.begin(), external.classes.end(), [&](const auto& pair) {
        const auto column = external.target->labels.select(1, static_cast<std::int64_t>(pair.second));
        const auto labels = column.index_select(0, torch::tensor(external.images, torch::kInt64));
        return (labels == 1).any().item<bool>() && (labels == 0).any().item<bool>();
    });
}

} // namespace

std::vector<ExternalTest> take_external_tests(json::value& evaluate, const std::string& where) {
    const std::string key = "$.evaluate.external";
    std::vector<ExternalTest> tests;
    if (!evaluate.is_object() || !evaluate.get_object().contains("external")) return tests;
    const json::value list = evaluate.get_object().at("external");
    evaluate.get_object().erase("external");
    if (!list.is_array()) user_error("{}: {} is not a list", where, key);
    std::set<std::string> seen;
    for (const auto& item : list.get_array()) {
        tests.push_back(test_from(item, where, fmt::format("{}[{}]", key, tests.size())));
        if (!seen.insert(tests.back().name()).second)
            user_error("{}: {} has {} twice, expected each pair of datasets once", where, key, tests.back().name());
    }
    return tests;
}

ExternalImages external_images(const ExternalTest& test, const OpenDataset& source, const OpenDataset& target,
                               const std::string& where) {
    ExternalImages external;
    external.target = &target;
    std::set<std::size_t> mapped;
    for (const auto& [from, to] : test.classes) {
        external.classes.emplace_back(class_index(source, from, where), class_index(target, to, where));
        if (!mapped.insert(external.classes.back().second).second)
            user_error("{}: two classes of \"{}\" are mapped to \"{}\" of \"{}\", expected one", where, test.from, to,
                       test.to);
    }
    std::sort(external.classes.begin(), external.classes.end());
    external.images = target.test;
    if (test.all_images) {
        external.images.resize(static_cast<std::size_t>(target.prepared->size()));
        std::iota(external.images.begin(), external.images.end(), 0);
    }
    if (external.images.empty())
        user_error("{}: the test split of \"{}\" is empty; \"images\": \"all\" tests all its images", where, test.to);
    if (!has_both_values(external))
        user_error("{}: none of the {} classes has both positive and negative images among the {} of \"{}\", so no AUC "
                   "is defined",
                   where, external.classes.size(), external.images.size(), test.to);
    return external;
}

json::object external_identity(const ExternalTest& test, const std::string& fingerprint) {
    json::object classes;
    for (const auto& [from, to] : test.classes) classes[from] = to;
    return {{"dataset", fingerprint}, {"classes", classes}, {"images", test.all_images ? "all" : "test"}};
}

} // namespace mlvicx
