#include "experiments/counted_classes.h"

#include "tests/support/audit_support.h"
#include "tests/support/catch.h"

#include <torch/torch.h>

using namespace mlvicx;

namespace {

/// Four images with labels of Mass and Nodule: both absent, one present, one unknown, one present and one unknown.
struct Small : TempFolder {
    Small() {
        const auto drawn = drawn_images(4, 32);
        const std::vector<std::vector<std::int8_t>> labels = {{0, 0}, {1, 0}, {0, -1}, {-1, 1}};
        std::vector<MadeImage> images;
        for (std::size_t i = 0; i < 4; ++i)
            images.push_back({drawn[i], fmt::format("i{}", i), fmt::format("p{}", i), Split::train, labels[i]});
        file = prepared_images(path, "small", images, 32);
    }
    fs::path file;
};

std::vector<std::int8_t> column(const OpenDataset& data, std::int64_t c) {
    const auto values = data.labels.select(1, c).contiguous();
    return {values.data_ptr<std::int8_t>(), values.data_ptr<std::int8_t>() + values.numel()};
}

} // namespace

TEST_CASE("counted classes: No Finding is absent, present or unknown by the other classes", "[unit]") {
    const Small folder;
    const auto data = with_classes(open_dataset(folder.file), {"all", "No Finding"}, "here");
    CHECK(data.classes == std::vector<std::string>{"Mass", "Nodule", "No Finding"});
    CHECK(column(data, 2) == std::vector<std::int8_t>{1, 0, -1, 0});
    CHECK(column(data, 1) == std::vector<std::int8_t>{0, 0, -1, 1});
}

TEST_CASE("counted classes: some classes count, in the given order; without names all do", "[unit]") {
    const Small folder;
    const auto data = with_classes(open_dataset(folder.file), {"Nodule"}, "here");
    CHECK(data.classes == std::vector<std::string>{"Nodule"});
    CHECK(data.labels.size(1) == 1);
    const auto all = with_classes(open_dataset(folder.file), {}, "here");
    CHECK(all.classes.size() == 2);
    CHECK(column(all, 0) == std::vector<std::int8_t>{0, 1, 0, -1});
}

TEST_CASE("counted classes: an unknown class and a repeated one are refused", "[unit]") {
    const Small folder;
    const auto refusal = [&](const std::vector<std::string>& names) {
        return user_error_of([&] { with_classes(open_dataset(folder.file), names, "plan.json: $.evaluate.classes"); });
    };
    CHECK(contains(refusal({"Nodul"}), "plan.json: $.evaluate.classes has \"Nodul\", which dataset \"small\" lacks; "
                                       "expected all, No Finding or one of: Mass, Nodule"));
    CHECK(contains(refusal({"Mass", "all"}), "has \"Mass\" twice"));
}
