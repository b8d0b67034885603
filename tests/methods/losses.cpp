#include "tests/support/bf16.h"
#include "tests/support/catch.h"
#include "tests/support/noise.h"

#include "core/json.h"
#include "methods/device/device.h"
#include "methods/direct_losses.h"
#include "methods/losses.h"

using namespace mlvicx;
using torch::Tensor;

namespace {

const json::object& reference() {
    static const auto file = read_json(MLVICX_TEST_DATA "/losses.json");
    return file.as_object();
}

double number(const json::value& value) {
    return value.to_number<double>();
}

double relative(const Tensor& found, double expected) {
    return std::abs(found.item<double>() - expected) / std::max(std::abs(expected), 1e-300);
}

/// Largest difference between two losses' gradients relative to the largest gradient.
double gradient_gap(const std::function<Tensor(const Tensor&, const Tensor&)>& one,
                    const std::function<Tensor(const Tensor&, const Tensor&)>& other, const Tensor& a,
                    const Tensor& b) {
    const auto gradients = [&](const auto& loss) {
        auto x = a.detach().clone().requires_grad_(), y = b.detach().clone().requires_grad_();
        loss(x, y).backward();
        return torch::cat({x.grad(), y.grad()}).to(torch::kFloat64);
    };
    const auto g = gradients(one), h = gradients(other);
    return ((g - h).abs().max() / h.abs().max()).template item<double>();
}

struct Case {
    std::string loss;
    const json::object* entry;
    Tensor a, b, t1, t2; ///< float64
    Loss run(const Tensor& x, const Tensor& y) const {
        const auto& params = entry->at("params").as_object();
        const auto type = x.scalar_type();
        if (loss == "vicreg")
            return vicreg_loss(x, y, {number(params.at("sim")), number(params.at("std")), number(params.at("cov"))});
        if (loss == "barlow_twins") return barlow_twins_loss(x, y, number(params.at("lambda")));
        if (loss == "nt_xent") return nt_xent_loss(x, y, number(params.at("temperature")));
        REQUIRE(loss == "byol");
        return byol_loss(x, y, t1.to(type), t2.to(type));
    }
};

std::vector<Case> cases() {
    std::vector<Case> result;
    for (const auto& value : reference().at("losses").as_array()) {
        const auto& entry = value.as_object();
        const auto& shape = entry.at("shape").as_array();
        const std::vector<std::int64_t> size{shape[0].as_int64(), shape[1].as_int64()};
        Case c{std::string(entry.at("loss").as_string()), &entry,         2 * noise(size, 1),
               noise(size, 1) + 1.4 * noise(size, 2),     noise(size, 3), noise(size, 4)};
        const auto* inputs = entry.at("params").as_object().if_contains("inputs");
        if (inputs && inputs->as_string().starts_with("0.1*a")) {
            c.a = 0.1 * c.a;
            c.b = 0.1 * c.b;
        }
        result.push_back(c);
    }
    return result;
}

void check_case(const Case& c, torch::ScalarType type, double tolerance) {
    INFO(json::serialize(c.entry->at("params")) << " " << c.loss << " " << c.a.sizes());
    auto x = c.a.to(type).detach().clone().requires_grad_(), y = c.b.to(type).detach().clone().requires_grad_();
    const auto loss = c.run(x, y);
    CHECK(loss.value.scalar_type() == type);
    CHECK(loss.value.dim() == 0);
    CHECK(relative(loss.value, number(c.entry->at("value"))) < tolerance);
    for (const auto& [name, term] : loss.terms) {
        const auto& terms = c.entry->at("terms").as_object();
        CHECK(relative(term, number(terms.at(name == "nt_xent" ? "mean_over_2N" : name))) < tolerance);
    }
    loss.value.backward();
    const auto& norms = c.entry->at("grad_norm").as_array();
    const auto& first = c.entry->at("grad_first4").as_array();
    const std::array<Tensor, 2> gradients{x.grad(), y.grad()};
    for (std::size_t side = 0; side < 2; ++side) {
        CHECK(relative(gradients[side].norm(), number(norms[side])) < tolerance);
        const auto row = gradients[side].flatten();
        const double largest = row.abs().max().item<double>();
        for (std::int64_t i = 0; i < 4; ++i)
            CHECK(std::abs(row[i].item<double>() - number(first[side].as_array()[static_cast<std::size_t>(i)])) <
                  tolerance * largest);
    }
}

} // namespace

TEST_CASE("losses: the inputs' formula gives the reference file's numbers", "[reference]") {
    const auto& check = reference().at("noise_check").as_object();
    const auto found = noise({4}, 1);
    for (std::int64_t i = 0; i < 4; ++i)
        CHECK(std::abs(found[i].item<double>() - number(check.at("values").as_array()[static_cast<std::size_t>(i)])) <
              1e-15); // old releases of Boost.JSON read a number's last bit wrong
}

TEST_CASE("losses: values, terms and gradients are those of the authors' code", "[reference]") {
    const auto all = cases();
    REQUIRE(all.size() == 12);
    for (const auto& c : all) check_case(c, torch::kFloat64, 1e-9);
    for (const auto& c : all) check_case(c, torch::kFloat32, 1e-4);
}

TEST_CASE("losses: the cheap forms equal the direct forms for every shape", "[unit]") {
    const std::vector<std::vector<std::int64_t>> shapes{{2, 2},   {2, 64}, {3, 7},   {16, 16}, {16, 31},
                                                        {16, 33}, {17, 5}, {64, 16}, {32, 256}};
    for (const auto& shape : shapes) {
        INFO(shape[0] << " x " << shape[1]);
        const auto a = noise(shape, 5), b = noise(shape, 6) + 0.5 * a;
        const auto vicreg = [](const Tensor& x, const Tensor& y) { return vicreg_loss(x, y).value; };
        const auto barlow = [](const Tensor& x, const Tensor& y) { return barlow_twins_loss(x, y).value; };
        const auto nt_xent = [](const Tensor& x, const Tensor& y) { return nt_xent_loss(x, y).value; };
        const auto byol = [](const Tensor& x, const Tensor& y) { return byol_loss(x, y, y.flip(0), x.flip(0)).value; };
        const auto vicreg_oracle = [](const Tensor& x, const Tensor& y) { return direct_vicreg(x, y); };
        const auto barlow_oracle = [](const Tensor& x, const Tensor& y) { return direct_barlow_twins(x, y); };
        const auto nt_xent_oracle = [](const Tensor& x, const Tensor& y) { return direct_nt_xent(x, y); };
        const auto byol_oracle = [](const Tensor& x, const Tensor& y) {
            return direct_byol(x, y, y.flip(0).detach(), x.flip(0).detach());
        };
        CHECK(relative(vicreg(a, b), direct_vicreg(a, b).item<double>()) < 1e-9);
        CHECK(relative(barlow(a, b), direct_barlow_twins(a, b).item<double>()) < 1e-9);
        CHECK(relative(nt_xent(a, b), direct_nt_xent(a, b).item<double>()) < 1e-9);
        CHECK(relative(byol(a, b), byol_oracle(a, b).item<double>()) < 1e-9);
        CHECK(gradient_gap(vicreg, vicreg_oracle, a, b) < 1e-9);
        if (shape[0] > 2) // with two rows batch norm leaves only signs: the gradient is zero up to rounding
            CHECK(gradient_gap(barlow, barlow_oracle, a, b) < 1e-7);
        CHECK(gradient_gap(nt_xent, nt_xent_oracle, a, b) < 1e-9);
        CHECK(gradient_gap(byol, byol_oracle, a, b) < 1e-9);
    }
}

TEST_CASE("losses: float32 stays accurate if the off-diagonal sum is a small difference", "[unit]") {
    // One dimension with nearly all the variance, and a large common offset: the Gram identity's worst case.
    for (const auto& shape : {std::vector<std::int64_t>{24, 32}, std::vector<std::int64_t>{64, 32}}) {
        auto z = 0.01 * noise(shape, 7) + 3;
        z.select(1, 0).mul_(50);
        z = z.to(torch::kFloat32);
        const auto expected = direct_covariance(z.to(torch::kFloat64)).item<double>();
        CHECK(relative(covariance_penalty(z), expected) < 1e-4);
        const auto fast = [](const Tensor& x, const Tensor& y) {
            return covariance_penalty(x) + covariance_penalty(y);
        };
        const auto direct = [](const Tensor& x, const Tensor& y) {
            return direct_covariance(x.to(torch::kFloat64)) + direct_covariance(y.to(torch::kFloat64));
        };
        CHECK(gradient_gap(fast, direct, z, z) < 1e-4);
    }
}

TEST_CASE("losses: collapsed embeddings and identical views give the known values", "[unit]") {
    const auto same = torch::ones({8, 16}, torch::kFloat64);
    CHECK(variance_penalty(same).item<double>() == Approx(1 - 0.01));
    CHECK(covariance_penalty(same).item<double>() == 0);
    CHECK(vicreg_loss(same, same).value.item<double>() == Approx(25 * 0.99));
    const auto a = noise({8, 16}, 3);
    CHECK(byol_loss(a, a, a, a).value.item<double>() == Approx(0).margin(1e-12));
    CHECK(byol_loss(a, a, -a, -a).value.item<double>() == Approx(8));
    auto t = a.clone().requires_grad_(), p = noise({8, 16}, 4).requires_grad_();
    byol_loss(p, p, t, t).value.backward();
    CHECK_FALSE(t.grad().defined());
}

TEST_CASE("losses: a VICReg term of weight 0 is measured, and neither its value nor its gradient counts", "[unit]") {
    const auto a = noise({16, 24}, 5), b = noise({16, 24}, 6) + 0.5 * a;
    for (const auto& weights : {VicregWeights{0, 25, 1}, VicregWeights{25, 0, 1}, VicregWeights{25, 25, 0},
                                VicregWeights{25, 0, 0}, VicregWeights{0, 0, 1}}) {
        INFO(weights.invariance << " " << weights.variance << " " << weights.covariance);
        const auto loss = [&](const Tensor& x, const Tensor& y) { return vicreg_loss(x, y, weights).value; };
        const auto direct = [&](const Tensor& x, const Tensor& y) { return direct_vicreg(x, y, weights); };
        CHECK(relative(loss(a, b), direct(a, b).item<double>()) < 1e-9);
        CHECK(gradient_gap(loss, direct, a, b) < 1e-9);
        const auto part = vicreg_loss(a.clone().requires_grad_(), b, weights), all = vicreg_loss(a, b);
        const double given[] = {weights.invariance, weights.variance, weights.covariance};
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(part.terms[i].second.item<double>() == all.terms[i].second.item<double>());
            CHECK(part.terms[i].second.requires_grad() == (given[i] != 0));
        }
    }
    // An overflow in a term that does not count does no harm.
    const auto large = (1e12 * a).to(torch::kFloat32).requires_grad_();
    const auto loss = vicreg_loss(large, large.detach(), {25, 25, 0});
    CHECK(std::isinf(loss.terms[2].second.item<float>()));
    CHECK(std::isfinite(loss.value.item<float>()));
    loss.value.backward();
    CHECK(large.grad().isfinite().all().item<bool>());
}

TEST_CASE("losses: low precision is raised, and autocast does not affect their products", "[unit]") {
    const auto a = noise({32, 256}, 8), b = noise({32, 256}, 9) + a;
    const auto x = a.to(torch::kFloat32), y = b.to(torch::kFloat32);
    const auto outside = std::vector<Tensor>{vicreg_loss(x, y).value, barlow_twins_loss(x, y).value,
                                             nt_xent_loss(x, y).value, byol_loss(x, y, y, x).value};
    NEEDS_BF16();
    std::vector<Tensor> inside;
    {
        const Autocast autocast(torch::kCPU, Precision::bf16);
        REQUIRE(x.mm(y.t()).scalar_type() == torch::kBFloat16);
        inside = {vicreg_loss(x, y).value, barlow_twins_loss(x, y).value, nt_xent_loss(x, y).value,
                  byol_loss(x, y, y, x).value};
    }
    for (std::size_t i = 0; i < outside.size(); ++i) {
        CHECK(inside[i].scalar_type() == torch::kFloat32);
        CHECK(inside[i].item<float>() == outside[i].item<float>());
    }
    const auto low = vicreg_loss(a.to(torch::kBFloat16), b.to(torch::kBFloat16)).value;
    CHECK(low.scalar_type() == torch::kFloat32);
    CHECK(relative(low, outside[0].item<double>()) < 0.02);
}
