// The losses as they run, next to their direct forms (D x D matrices), forward and backward.
#include "experiments/performance/arguments.h"
#include "methods/direct_losses.h"

using namespace mlvicx;
using torch::Tensor;

namespace {

using Form = std::function<Tensor(const Tensor&, const Tensor&)>;

/// Two views' embeddings, [N, D].
std::pair<Tensor, Tensor> embeddings(std::int64_t n, std::int64_t d) {
    torch::manual_seed(0);
    const auto a = torch::randn({n, d}).requires_grad_();
    return {a, (a.detach() + torch::randn_like(a)).requires_grad_()};
}

/// The loss and its gradients.
Values outcome(const Form& form, const Sizes& sizes) {
    const auto [a, b] = embeddings(sizes[0], sizes[1]);
    const auto loss = form(a, b);
    const auto gradients = torch::autograd::grad({loss}, {a, b});
    return values_of({loss, gradients[0], gradients[1]});
}

void run(benchmark::State& state, const Form& form) {
    const auto [a, b] = embeddings(state.range(0), state.range(1));
    for (auto _ : state) {
        a.mutable_grad().reset();
        b.mutable_grad().reset();
        form(a, b).backward();
    }
}

void add(const std::string& name, const Form& form, const Form& oracle) {
    verified_benchmark({.name = "run/" + name,
                        .candidate = [=](const Sizes& sizes) { return outcome(form, sizes); },
                        .reference = [=](const Sizes& sizes) { return outcome(oracle, sizes); },
                        .tolerance = 1e-4,
                        .timed = [=](benchmark::State& state) { run(state, form); },
                        .sizes = {{16, 4096}, {32, 4096}, {256, 4096}}},
                       in_real_milliseconds);
}

void add_both(const std::string& name, const Form& form, const Form& direct) {
    add(name, form, direct);
    add(name + "_direct", direct, form);
}

} // namespace

int main(int argc, char** argv) {
    use_all_threads();
    add_both(
        "covariance", [](const Tensor& a, const Tensor& b) { return covariance_penalty(a) + covariance_penalty(b); },
        [](const Tensor& a, const Tensor& b) { return direct_covariance(a) + direct_covariance(b); });
    add_both(
        "vicreg", [](const Tensor& a, const Tensor& b) { return vicreg_loss(a, b).value; },
        [](const Tensor& a, const Tensor& b) { return direct_vicreg(a, b); });
    add_both(
        "barlow_twins", [](const Tensor& a, const Tensor& b) { return barlow_twins_loss(a, b).value; },
        [](const Tensor& a, const Tensor& b) { return direct_barlow_twins(a, b); });
    add(
        "nt_xent", [](const Tensor& a, const Tensor& b) { return nt_xent_loss(a, b).value; },
        [](const Tensor& a, const Tensor& b) { return direct_nt_xent(a, b); });
    add(
        "byol", [](const Tensor& a, const Tensor& b) { return byol_loss(a, b, a, b).value; },
        [](const Tensor& a, const Tensor& b) { return direct_byol(a, b, a.detach(), b.detach()); });
    return run_registered(argc, argv);
}
