#include "datasets/phantom/study.h"

#include "datasets/importers/study_labels.h"

#include <opencv2/imgproc.hpp>

#include <map>

namespace mlvicx::phantom {

namespace {

/// Whether a study has the finding of this name, and how severe it is: 0 if it is absent.
double severity_of(const std::string& name, const Severities& severities) {
    static const std::map<std::string, std::vector<Finding>> findings = {
        {"Cardiomegaly", {Finding::cardiomegaly}},         {"Lung Opacity", {Finding::consolidation, Finding::edema}},
        {"Lung Lesion", {Finding::mass, Finding::nodule}}, {"Edema", {Finding::edema}},
        {"Consolidation", {Finding::consolidation}},       {"Atelectasis", {Finding::atelectasis}},
        {"Pneumothorax", {Finding::pneumothorax}},         {"Pleural Effusion", {Finding::effusion}}};
    double severity = 0;
    if (const auto found = findings.find(name); found != findings.end())
        for (const Finding finding : found->second) severity = std::max(severity, severities[finding]);
    return severity;
}

} // namespace

std::string label_cells(const ImageKey& key, const PhantomImage& image) {
    constexpr double faint = 0.15, false_alarm = 0.03, said_to_be_absent = 0.25;
    Random report = of_image(key, Stream::readers);
    std::string cells;
    bool any = false;
    for (std::size_t c = 1; c < study_classes().size(); ++c) {
        const double severity = severity_of(study_classes()[c], image.severities), drawn = report.uniform();
        any = any || severity > 0;
        cells += severity > faint                          ? ",1.0"
                 : severity > 0 || drawn < false_alarm     ? ",-1.0"
                 : drawn < false_alarm + said_to_be_absent ? ",0.0"
                                                           : ",";
    }
    return (any ? "," : ",1.0") + cells; // No Finding is the first
}

bool has_lateral(const ImageKey& key, double share) {
    return of_image(key, Stream::split).chance(share);
}

cv::Mat1b lateral_of(const cv::Mat1b& frontal) {
    const int width = frontal.cols * 3 / 5, left = (frontal.cols - width) / 2;
    cv::Mat1b lateral(frontal.size(), 0);
    cv::Mat1b middle = lateral.colRange(left, left + width);
    cv::resize(frontal, middle, middle.size(), 0, 0, cv::INTER_AREA);
    return lateral;
}

} // namespace mlvicx::phantom
