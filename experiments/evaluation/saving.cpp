#include "experiments/evaluation/saving.h"

#include <algorithm>

namespace mlvicx {

namespace {

constexpr double least_work = 50; // for a second of writing

double seconds_between(std::chrono::steady_clock::time_point begin, std::chrono::steady_clock::time_point end) {
    return std::chrono::duration<double>(end - begin).count();
}

} // namespace

std::filesystem::path checkpoint_beside(const std::filesystem::path& file) {
    return std::filesystem::path(file).replace_extension(".checkpoint.safetensors");
}

SavingClock::SavingClock(double seconds) : seconds_(seconds), begin_(Clock::now()), saved_(begin_) {}

bool SavingClock::due() const {
    return seconds_ <= 0 || seconds_between(saved_, Clock::now()) >= std::max(seconds_, least_work * cost_);
}

void SavingClock::save(const std::function<void()>& write) {
    const auto begin = Clock::now();
    write();
    saved_ = Clock::now();
    cost_ = seconds_between(begin, saved_);
}

double SavingClock::worked() const {
    return seconds_between(begin_, Clock::now());
}

} // namespace mlvicx
