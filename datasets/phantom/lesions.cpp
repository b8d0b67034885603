#include "datasets/phantom/lesions.h"

#include <cmath>

namespace mlvicx::phantom {

namespace {

int side_of_collapse(Random& random) {
    return static_cast<int>(random.below(2));
}

void add_nodules(Lesions& lesions, Random random, double severity, const Thorax& thorax) {
    const auto count = 1 + random.below(3);
    for (std::uint32_t i = 0; i < count; ++i) {
        const int side = static_cast<int>(random.below(2));
        const double across = random.uniform(0.35, 0.9), down = random.uniform(0.12, 0.9);
        const double radius = 0.01 + 0.022 * severity * random.uniform(0.6, 1);
        lesions.nodules.push_back({thorax.in_lung(side, across, down), radius, 0.07 + 0.13 * severity});
    }
}

void add_mass(Lesions& lesions, Random random, double severity, const Thorax& thorax) {
    const int side = static_cast<int>(random.below(2));
    const Point at = thorax.in_lung(side, random.uniform(0.35, 0.9), random.uniform(0.12, 0.85));
    lesions.masses.push_back({at, 0.036 + 0.05 * severity, 0.12 + 0.2 * severity});
}

void add_patches(Lesions& lesions, Random random, double severity, const Thorax& thorax) {
    const int first = static_cast<int>(random.below(2));
    const int count = random.chance(0.3) ? 2 : 1; // sometimes both lungs
    for (int i = 0; i < count; ++i) {
        const Point at =
            thorax.in_lung(i == 0 ? first : 1 - first, random.uniform(0.4, 0.85), random.uniform(0.25, 0.95));
        lesions.patches.push_back({at, 0.07 + 0.09 * severity, 0.2 + 0.6 * severity});
    }
}

/// Plate-like: one to four nearly horizontal lines above the diaphragm.
void add_bands(Lesions& lesions, Random random, double severity, const Thorax& thorax) {
    const int side = side_of_collapse(random);
    const double sign = side == 0 ? -1 : 1;
    const int count = 1 + static_cast<int>(3.5 * severity * random.uniform(0.5, 1));
    for (int i = 0; i < count; ++i) {
        const Point inner = thorax.in_lung(side, random.uniform(0.3, 0.45), random.uniform(0.7, 0.95));
        const double length = random.uniform(0.08, 0.14) + 0.06 * severity, slope = random.uniform(-0.35, 0.35);
        Band band{{}, 0.0035 + 0.009 * severity * random.uniform(0.5, 1), 0.35 + 0.65 * severity};
        for (int step = 0; step <= 8; ++step) {
            const double t = step / 8.0;
            band.path.push_back({inner.x + sign * length * t, inner.y + length * (slope * t - 0.08 * std::sin(3 * t))});
        }
        lesions.bands.push_back(band);
    }
}

/// On one side, or (rarely or `often_both`) on both with different amounts.
std::array<double, 2> on_sides(Random& random, double amount, double both) {
    std::array<double, 2> result{};
    const auto side = random.below(2);
    result[side] = amount;
    if (random.chance(both)) result[1 - side] = amount * random.uniform(0.4, 1);
    return result;
}

} // namespace

std::array<double, 2> draw_lift(const ImageKey& key, const Severities& severities) {
    std::array<double, 2> lift{};
    if (!severities.has(Finding::atelectasis)) return lift;
    Random random = of_image(key, Stream::collapse);
    const int side = side_of_collapse(random);
    lift[static_cast<std::size_t>(side)] = (0.015 + 0.06 * severities[Finding::atelectasis]) * random.uniform(0.5, 1);
    return lift;
}

Lesions draw_lesions(const ImageKey& key, const Severities& severities, const Thorax& thorax) {
    Lesions lesions;
    if (severities.has(Finding::nodule))
        add_nodules(lesions, of_patient(key, Stream::nodules), severities[Finding::nodule], thorax);
    if (severities.has(Finding::mass))
        add_mass(lesions, of_patient(key, Stream::mass), severities[Finding::mass], thorax);
    if (severities.has(Finding::consolidation))
        add_patches(lesions, of_image(key, Stream::patches), severities[Finding::consolidation], thorax);
    if (severities.has(Finding::atelectasis))
        add_bands(lesions, of_image(key, Stream::collapse), severities[Finding::atelectasis], thorax);
    Random pleura = of_image(key, Stream::pleura);
    if (severities.has(Finding::effusion))
        lesions.fluid = on_sides(pleura, 0.035 + 0.27 * std::pow(severities[Finding::effusion], 1.3), 0.3);
    if (severities.has(Finding::pneumothorax))
        lesions.free_air = on_sides(pleura, 0.014 + 0.1 * severities[Finding::pneumothorax], 0);
    lesions.haze = severities[Finding::edema];
    return lesions;
}

} // namespace mlvicx::phantom
