#include "experiments/evaluation/evaluation.h"
#include "experiments/evaluation/linear_probe.h"
#include "experiments/evaluation/metadata_features.h"
#include "tests/support/catch.h"
#include "tests/support/given_images.h"

using namespace mlvicx;

namespace {

JobResult evaluated(const GivenImages& images, std::int64_t seed, bool shuffled) {
    EvaluationJob job;
    job.protocol = &protocol_entry("frozen");
    job.seed = seed;
    job.given = GivenFeatures{images.features, Precision::fp32};
    job.shuffled = shuffled;
    return evaluate_encoder(images.data, job);
}

double auc_of(const JobResult& result) {
    return find_metric(result.test, "auc")->mean.value();
}

} // namespace

TEST_CASE("controls: permuted labels give half, on features that carry the labels", "[unit]") {
    const TempFolder folder;
    const GivenImages images(folder, "a", 240, 80, {"Mass", "Nodule", "Hernia", "Edema"}, 3);
    const auto plain = evaluated(images, 0, false);
    CHECK(auc_of(plain) > 0.95);
    double sum = 0;
    constexpr int seeds = 20;
    for (std::int64_t seed = 0; seed < seeds; ++seed) {
        const auto shuffled = evaluated(images, seed, true);
        sum += auc_of(shuffled);
        // Only the labels that are learned from: tested are the true ones, and as many are positive as before.
        CHECK(shuffled.scored->labels == plain.scored->labels);
        CHECK(shuffled.details.at("train_positives") == plain.details.at("train_positives"));
    }
    INFO(sum / seeds);
    CHECK(std::abs(sum / seeds - 0.5) < 0.05);
    CHECK(evaluated(images, 3, true).scores == evaluated(images, 3, true).scores);
    CHECK(evaluated(images, 3, true).scores != evaluated(images, 4, true).scores);
    CHECK(images.data.labels.sum().item<int>() == open_dataset(folder / "a.safetensors").labels.sum().item<int>());
}

TEST_CASE("controls: sex, age and view become columns, with one for unknown values", "[unit]") {
    const std::vector<ImageAttribute> attributes = {
        {"sex", {"male", "female", "", "male"}}, {"age", {"20", "40", "", "90"}}, {"view", {"PA", "AP", "PA", "PA"}}};
    const std::vector<std::int64_t> train = {0, 1, 2};
    const auto found = metadata_features(attributes, train, "here");
    CHECK(found.precision == Precision::fp32);
    // sex unknown, female, male; age over the known training ages 20 and 40 (mean 30, deviation 10), age unknown; AP,
    // PA
    const auto expected = torch::tensor({{0., 0., 1., -1., 0., 0., 1.},
                                         {0., 1., 0., 1., 0., 1., 0.},
                                         {1., 0., 0., 0., 1., 0., 1.},
                                         {0., 0., 1., 6., 0., 0., 1.}});
    CHECK(torch::allclose(found.rows.to(torch::kFloat64), expected.to(torch::kFloat64), 1e-6, 1e-6));
    CHECK(contains(message_of([&] { metadata_features({}, train, "a.safetensors"); }),
                   "a.safetensors: the sex, age and view of its images are all unknown"));
    const std::vector<ImageAttribute> odd = {{"age", {"20", "old", "", ""}}};
    CHECK(contains(message_of([&] { metadata_features(odd, train, "here"); }),
                   "here: has the age \"old\", expected a number of years"));
    auto changed = attributes;
    CHECK(digest_of(changed) == digest_of(attributes));
    changed[0].values[2] = "female";
    CHECK(digest_of(changed) != digest_of(attributes));
}

TEST_CASE("controls: a probe is tested on another dataset's images by the map of classes", "[unit]") {
    const TempFolder folder;
    const GivenImages source(folder, "a", 200, 80), target(folder, "b", 80, 90, {"Other", "Lump", "Mass"});
    EvaluationJob job;
    job.protocol = &protocol_entry("frozen");
    job.given = GivenFeatures{source.features, Precision::fp32};
    ExternalImages external;
    external.target = &target.data;
    external.images = target.data.test;
    external.classes = {{0, 2}, {1, 1}};
    external.given = GivenFeatures{target.features, Precision::fp32};
    external.leakage = Leakage{20, 3, 1};
    job.external = external;
    const auto result = evaluate_encoder(source.data, job);
    // The same probe as without it, applied to the target's features.
    job.external.reset();
    const auto own = evaluate_encoder(source.data, job);
    CHECK(result.details.at("l2") == own.details.at("l2"));
    CHECK(result.details.at("validation_auc") == own.details.at("validation_auc"));
    const auto head = evaluate_linear_probe(source.features, source.data, {}).head;
    const auto expected =
        torch::sigmoid(rows_of(target.features, target.data.test).mm(head.weight.t()) + head.bias).contiguous();
    REQUIRE(static_cast<std::int64_t>(result.scores.size()) == expected.numel());
    for (std::size_t i = 0; i < result.scores.size(); ++i)
        CHECK(result.scores[i] == Approx(expected.data_ptr<float>()[i]).margin(1e-5));
    // Stored as the target's images, with the source's names and the target's labels.
    CHECK(result.scored->fingerprint == target.data.fingerprint());
    CHECK(result.dataset_fingerprint == target.data.fingerprint());
    CHECK(result.scored->classes == std::vector<std::string>{"Mass", "Nodule"});
    REQUIRE(result.scored->ids.size() == target.data.test.size());
    for (std::size_t i = 0; i < target.data.test.size(); ++i) {
        const auto image = target.data.test[i];
        CHECK(result.scored->ids[i] == target.data.prepared->id(image));
        CHECK(result.scored->labels[2 * i] == target.data.prepared->labels(image)[2]);
        CHECK(result.scored->labels[2 * i + 1] == target.data.prepared->labels(image)[1]);
    }
    CHECK(result.leakage->in_training == 3);
    CHECK(result.details.at("external") ==
          json::value{{"trained_on", source.data.fingerprint()}, {"classes", {{"Mass", "Mass"}, {"Nodule", "Lump"}}}});
}
