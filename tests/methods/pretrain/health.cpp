#include "tests/support/catch.h"

#include "core/error.h"
#include "methods/pretrain/health.h"

#include <cmath>
#include <limits>

using namespace mlvicx;

namespace {

struct Epoch {
    double loss = 1, std = 0, rank = 0;
};

/// A run as `pretrain` records it.
std::vector<EpochRecord> run(const std::vector<Epoch>& epochs, double dimensions, double embeddings) {
    std::vector<EpochRecord> records;
    for (const auto& epoch : epochs)
        records.push_back({static_cast<std::int64_t>(records.size()),
                           {{"loss", epoch.loss},
                            {"learning_rate", 0.1},
                            {"embedding_std", epoch.std},
                            {"effective_rank", epoch.rank},
                            {"embeddings", embeddings},
                            {"dimensions", dimensions}}});
    return records;
}

/// The verdict on one epoch with this relative spread and this fraction of the possible rank.
Health verdict(double spread, double share, double dimensions, double embeddings) {
    const double possible = std::min(dimensions, embeddings);
    return health_of(run({{1, spread / std::sqrt(dimensions), 1 + share * (possible - 1)}}, dimensions, embeddings))
        .verdict;
}

} // namespace

TEST_CASE("health: one set of thresholds for small and large embeddings, few and many images", "[unit]") {
    for (const auto& [dimensions, embeddings] :
         {std::pair(128.0, 1024.0), {8192.0, 1024.0}, {256.0, 64.0}, {2048.0, 4096.0}, {64.0, 40.0}}) {
        INFO(dimensions << " dimensions, " << embeddings << " embeddings");
        const auto at = [&, d = dimensions, n = embeddings](double spread, double share) {
            return verdict(spread, share, d, n);
        };
        CHECK(at(1, 0.9) == Health::healthy);
        CHECK(at(0.41, 0.101) == Health::healthy);
        CHECK(at(0.39, 0.5) == Health::partly_collapsed);
        CHECK(at(0.8, 0.099) == Health::partly_collapsed);
        CHECK(at(0.11, 0.9) == Health::partly_collapsed);
        CHECK(at(0.099, 0.9) == Health::collapsed);
        CHECK(at(0.9, 0.0099) == Health::collapsed);
        CHECK(at(0, 0) == Health::collapsed);
    }
    // On a line, whatever the fraction of so few dimensions is.
    CHECK(verdict(1, 0.49 / 15, 16, 100) == Health::collapsed);
    CHECK(verdict(1, 0.51 / 15, 16, 100) == Health::partly_collapsed);
    CHECK(verdict(1, 0.5, 4, 100) == Health::healthy);
}

TEST_CASE("health: with a single dimension or image only the spread can tell", "[unit]") {
    CHECK(health_of(run({{1, 1, 1}}, 1, 100)).verdict == Health::healthy);
    CHECK(health_of(run({{1, 0.01, 1}}, 1, 100)).verdict == Health::collapsed);
    CHECK(health_of(run({{1, 0, 1}}, 64, 1)).verdict == Health::collapsed); // a single image has no spread
}

TEST_CASE("health: the end of a run counts, in long runs its last tenth", "[unit]") {
    const Epoch good{1, 1 / 8.0, 50}, bad{1, 0, 1};
    std::vector<Epoch> epochs(40, good);
    CHECK(health_of(run(epochs, 64, 1000)).verdict == Health::healthy);
    for (std::size_t i = 0; i < 36; ++i) epochs[i] = bad;
    CHECK(health_of(run(epochs, 64, 1000)).verdict == Health::healthy); // it has recovered
    epochs.assign(40, good);
    epochs.back() = bad;
    CHECK(health_of(run(epochs, 64, 1000)).verdict == Health::healthy); // one noisy epoch out of four
    for (std::size_t i = 36; i < 40; ++i) epochs[i] = bad;
    CHECK(health_of(run(epochs, 64, 1000)).verdict == Health::collapsed);
    CHECK(health_of(run({good, bad}, 64, 1000)).verdict == Health::collapsed); // short: the last epoch
    CHECK(health_of(run({bad, good}, 64, 1000)).verdict == Health::healthy);
}

TEST_CASE("health: values that are not finite or explode mean diverged", "[unit]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Epoch good{2, 1 / 8.0, 50};
    CHECK(health_of(run({good, {nan, 1 / 8.0, 50}}, 64, 1000)).verdict == Health::diverged);
    CHECK(health_of(run({good, {2, nan, 50}}, 64, 1000)).verdict == Health::diverged);
    CHECK(health_of(run({good, {2, 1 / 8.0, nan}}, 64, 1000)).verdict == Health::diverged);
    CHECK(health_of(run({good, {20, 1 / 8.0, 50}}, 64, 1000)).verdict == Health::diverged);
    CHECK(health_of(run({good, {19, 1 / 8.0, 50}}, 64, 1000)).verdict == Health::healthy);
    CHECK(health_of(run({{0, 1 / 8.0, 50}, {5, 1 / 8.0, 50}}, 64, 1000)).verdict == Health::healthy);
    CHECK(health_of(run({good, {20, 0, 1}}, 64, 1000)).verdict == Health::diverged); // the worse of two
    CHECK_FALSE(health_of(run({good, {nan, 0, nan}}, 64, 1000)).reason.empty());
}

TEST_CASE("health: verdicts on observed runs", "[unit]") {
    // One epoch near the end of trainings on 1000 NIH images (20 epochs) and on synthetic images (6 to 8 epochs),
    // batches of 64: {dimensions, embeddings, standard deviation, effective rank}.
    const auto seen = [](double d, double n, double std, double rank) {
        return health_of(run({{1, std, rank}}, d, n)).verdict;
    };
    CHECK(seen(128, 960, 0.0883, 114.6) == Health::healthy);         // SimCLR
    CHECK(seen(2048, 960, 0.0186, 389.2) == Health::healthy);        // VICReg
    CHECK(seen(2048, 960, 0.0189, 145.4) == Health::healthy);        // Barlow Twins
    CHECK(seen(2048, 960, 0.0213, 433.5) == Health::healthy);        // MLVICX
    CHECK(seen(256, 960, 0.0443, 11.8) == Health::partly_collapsed); // BYOL, linear probe no better than random's
    CHECK(seen(256, 960, 0.0388, 4.1) == Health::partly_collapsed);  // BYOL, AdamW 3e-3
    CHECK(seen(256, 960, 0.0506, 47.3) == Health::healthy);          // BYOL, a slow target
    CHECK(seen(256, 960, 0.0219, 2.3) == Health::collapsed);         // BYOL, SGD 4: linear probe far below random's
    CHECK(seen(1024, 960, 0.0172, 3.1) == Health::collapsed);        // Barlow Twins, SGD 0.2: the same
    CHECK(seen(512, 960, 0.0407, 8.8) == Health::partly_collapsed);  // Barlow Twins, AdamW
}

TEST_CASE("health: embeddings that shrink to a point are found by the loss's own variance term", "[unit]") {
    const auto with = [](const std::vector<std::pair<std::string, double>>& terms) {
        auto records = run({{1, 1 / 8.0, 50}}, 64, 1000);
        records.back().values.insert(records.back().values.end(), terms.begin(), terms.end());
        return health_of(records);
    };
    CHECK(with({}).deviation == 1);
    CHECK(with({{"variance", 0.79}}).verdict == Health::healthy); // the worst of VICReg and MLVICX on 1000 images
    CHECK(with({{"variance", 0.91}}).verdict == Health::partly_collapsed);
    CHECK(with({{"variance", 0.96}}).verdict == Health::collapsed);
    CHECK(with({{"global_variance", 0.2}, {"multi_level_variance", 0.97}}).verdict == Health::collapsed);
    CHECK(with({{"covariance", 7.0}}).deviation == 1);
    CHECK(with({{"variance", 0.96}}).reason.find("; standard deviation 0.04") != std::string::npos);
    CHECK(with({{"variance", std::nan("")}}).verdict == Health::diverged);
}

TEST_CASE("health: views matched no better than before training mean not learned", "[unit]") {
    // 128 images; two standard errors of a fraction of 4 / 128 are 0.031, of one half 0.088.
    const auto judged = [](double nearest, double before, double features, double features_before) {
        auto records = run({{1, 1 / 8.0, 50}}, 64, 1000);
        for (const auto& item : std::vector<std::pair<std::string, double>>{
                 {"view_correlation", 0.2}, {"nearest_view", nearest}, {"aligned_images", 128}})
            records.back().values.push_back(item);
        return health_of(records, FixedBatchHealth{before, features_before, {features, 0}, {}}).verdict;
    };
    CHECK(judged(5 / 128.0, 4 / 128.0, 0.5, 0.1) == Health::not_learned);
    CHECK(judged(9 / 128.0, 4 / 128.0, 0.5, 0.1) == Health::healthy);
    CHECK(judged(0.55, 0.5, 0.5, 0.1) == Health::not_learned); // mild views: half are matched from the start
    CHECK(judged(0.6, 0.5, 0.5, 0.1) == Health::healthy);
    CHECK(judged(0.91, 0.92, 0.5, 0.1) == Health::healthy);   // nothing is left to learn
    CHECK(judged(0.6, 0.1, 0.4, 0.5) == Health::not_learned); // the evaluated features became worse
    CHECK(judged(0.6, 0.1, 0.45, 0.5) == Health::healthy);
    CHECK(judged(0, 0, 0.5, 0.1) == Health::not_learned);
    // A checkpoint older than these values: nothing is known, so the verdict is unaffected.
    CHECK(health_of(run({{1, 1 / 8.0, 50}}, 64, 1000), FixedBatchHealth{}).verdict == Health::healthy);
}

TEST_CASE("health: the reason gives the values", "[unit]") {
    const auto report = health_of(run({{1, 0.0443, 11.8}}, 256, 960));
    CHECK(report.spread == Approx(0.7088));
    CHECK(report.effective_rank == 11.8);
    CHECK(report.rank_share == Approx(10.8 / 255));
    CHECK(report.reason == "effective rank 11.8, 4.2 % of the possible 256; spread 0.71");
    CHECK(name_of(Health::partly_collapsed) == std::string("partly collapsed"));
    CHECK_THROWS_AS(health_of({}), InternalError);
    CHECK_THROWS_AS(health_of({{0, {{"loss", 1.0}}}}), InternalError);
}
