#pragma once

#include "core/random.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace mlvicx::phantom {

enum class Finding { atelectasis, cardiomegaly, consolidation, edema, effusion, mass, nodule, pneumothorax };
inline constexpr std::size_t finding_count = 8;
/// NIH's names, in the order of Finding.
inline constexpr std::array<const char*, finding_count> finding_names = {
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Mass", "Nodule", "Pneumothorax"};

/// Identifies an image; all its random numbers are derived from it.
struct ImageKey {
    std::uint64_t seed = 0;
    std::uint32_t patient = 0;
    std::uint16_t follow_up = 0;
};

/// What a stream of random numbers is used for; each is independent of how many numbers the others draw.
enum class Stream : std::uint32_t {
    cohort,
    split,
    anatomy,
    vessels,
    texture,
    chronic,
    acute,
    nodules,
    mass,
    patches,
    collapse,
    pleura,
    haze,
    gas,
    setup,
    devices,
    exposure,
    noise,
    readers
};

/// A patient's stream, the same for all of the patient's images, or an image's.
inline Random of_patient(const ImageKey& key, Stream stream) {
    return {key.seed, Purpose::phantom, static_cast<std::uint32_t>(stream), key.patient, 0};
}
inline Random of_image(const ImageKey& key, Stream stream) {
    return {key.seed, Purpose::phantom, static_cast<std::uint32_t>(stream), key.patient,
            static_cast<std::uint16_t>(1 + key.follow_up)};
}

/// From hardly visible (just above 0) to obvious (1), by Finding; exactly 0 where absent.
struct Severities {
    std::array<double, finding_count> value{};
    double operator[](Finding finding) const { return value[static_cast<std::size_t>(finding)]; }
    double& operator[](Finding finding) { return value[static_cast<std::size_t>(finding)]; }
    bool has(Finding finding) const { return (*this)[finding] > 0; }
    /// The present findings spread over `mildest` .. 1 instead of 0 .. 1.
    Severities at_least(double mildest) const {
        Severities raised;
        for (std::size_t f = 0; f < finding_count; ++f)
            if (value[f] > 0) raised.value[f] = mildest + (1 - mildest) * value[f];
        return raised;
    }
};

/// Chronic findings (heart size, mass, nodules) stay with the patient and change a little; the others come and go.
/// Heart failure brings edema and effusion together, fluid brings atelectasis.
Severities draw_findings(const ImageKey& key);

} // namespace mlvicx::phantom
