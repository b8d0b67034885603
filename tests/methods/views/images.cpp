#include "methods/views/images.h"

#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include "core/error.h"

#include <torch/torch.h>

#include <cstdlib>

using namespace mlvicx;
using torch::Tensor;

namespace {

Tensor grey_images(std::int64_t count) {
    return noise({count, 20, 20}, 3).mul(60).add(128).clamp(0, 255).to(torch::kUInt8);
}

/// An environment variable for a scope.
class Variable {
public:
    Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
    ~Variable() { ::unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* name_;
};

} // namespace

TEST_CASE("images: rows that are collected ahead are the rows that are taken at once", "[unit]") {
    const auto images = grey_images(50);
    const std::vector<std::int64_t> first{7, 0, 49, 7}, second{3};
    RowsAhead ahead(images, first, torch::kCPU);
    RowsAhead next(images, second, torch::kCPU);
    CHECK(ahead.take().equal(take_images(images, first, torch::kCPU)));
    ahead = std::move(next);
    CHECK(ahead.take().equal(take_images(images, second, torch::kCPU)));
    const auto masks = grey_images(12).view({6, 2, 20, 20}), turned = images.transpose(1, 2);
    CHECK(RowsAhead(masks, {5, 1}, torch::kCPU).take().equal(take_images(masks, {5, 1}, torch::kCPU)));
    CHECK(RowsAhead(turned, {5, 1}, torch::kCPU).take().equal(take_images(turned, {5, 1}, torch::kCPU)));
    CHECK(RowsAhead(grey_images(0), {}, torch::kCPU).take().size(0) == 0);
}

TEST_CASE("images: rows that nobody takes may outlive what asked for them", "[unit]") {
    RowsAhead forgotten;
    {
        const auto images = grey_images(2000);
        forgotten = RowsAhead(images, std::vector<std::int64_t>(20'000, 1999), torch::kCPU);
    }
    forgotten = RowsAhead(grey_images(3), {2}, torch::kCPU);
    CHECK(forgotten.take().equal(grey_images(3).slice(0, 2)));
}

TEST_CASE("images: an index outside of the images is refused before it is collected", "[unit]") {
    CHECK_THROWS_AS(RowsAhead(grey_images(3), {0, 3}, torch::kCPU), InternalError);
    CHECK_THROWS_AS(RowsAhead(grey_images(3), {-1}, torch::kCPU), InternalError);
}

TEST_CASE("images: a GPU keeps what fits, and no more than it may", "[gpu]") {
    if (!torch::cuda::is_available()) SKIP_TEST("no CUDA device");
    const torch::Device card(torch::kCUDA, 0);
    const auto images = grey_images(50);
    CHECK(images_on(images, card).is_cuda());
    const std::vector<std::int64_t> chosen{7, 0, 49, 7};
    {
        const Variable none("MLVICX_GPU_IMAGES", "0");
        const auto streamed = images_on(images, card);
        REQUIRE(streamed.is_cpu());
        CHECK(RowsAhead(streamed, chosen, card).take().cpu().equal(take_images(images, chosen, torch::kCPU)));
    }
    const Variable wrong("MLVICX_GPU_IMAGES", "8 GB");
    CHECK_THROWS_AS(images_on(images, card), UserError);
}
