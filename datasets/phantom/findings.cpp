#include "datasets/phantom/findings.h"

#include <algorithm>

namespace mlvicx::phantom {

Severities draw_findings(const ImageKey& key) {
    Random patient = of_patient(key, Stream::chronic), image = of_image(key, Stream::acute);
    const bool failure = patient.chance(0.15);
    Severities severities;
    const auto chronic = [&](Finding finding, double probability) {
        const bool present = patient.chance(probability);
        const double severity = patient.uniform(), change = image.uniform(-0.1, 0.1);
        if (present) severities[finding] = std::clamp(severity + change, 0.02, 1.0);
    };
    const auto acute = [&](Finding finding, double probability) {
        const bool present = image.chance(probability);
        const double severity = image.uniform(0.02, 1);
        if (present) severities[finding] = severity;
    };
    chronic(Finding::cardiomegaly, failure ? 0.5 : 0.1);
    chronic(Finding::mass, 0.12);
    chronic(Finding::nodule, 0.16);
    acute(Finding::edema, failure ? 0.35 : 0.08);
    acute(Finding::effusion, severities.has(Finding::edema) ? 0.45 : 0.14);
    acute(Finding::atelectasis, severities.has(Finding::effusion) ? 0.3 : 0.1);
    acute(Finding::consolidation, 0.15);
    acute(Finding::pneumothorax, 0.13);
    return severities;
}

} // namespace mlvicx::phantom
