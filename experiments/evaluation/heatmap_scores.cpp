#include "experiments/evaluation/heatmap_scores.h"

#include "core/parallel.h"
#include "core/progress.h"
#include "experiments/evaluation/test_images.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace mlvicx {

BoxedImages boxed_images(const PreparedDataset& dataset, const std::vector<std::string>& counted) {
    const auto counts = [&](std::size_t label) {
        return counted.empty() || std::find(counted.begin(), counted.end(), dataset.classes()[label]) != counted.end();
    };
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<PixelBox>> found; // by image and class
    std::set<std::int64_t> images, classes;
    for (const Box& box : dataset.boxes()) {
        const auto image = static_cast<std::int64_t>(box.image), label = static_cast<std::int64_t>(box.label);
        if (dataset.split(image) != Split::test || !counts(box.label)) continue;
        images.insert(image);
        classes.insert(label);
        found[{image, label}].push_back({box.x, box.y, box.width, box.height});
    }
    BoxedImages boxed{{images.begin(), images.end()}, {classes.begin(), classes.end()}, {}};
    for (const auto image : images)
        for (const auto label : classes) boxed.boxes.push_back(found[{image, label}]);
    return boxed;
}

namespace {

ScoredImages scored_images(const PreparedDataset& dataset, const BoxedImages& boxed) {
    std::vector<std::string> classes;
    for (const auto label : boxed.classes) classes.push_back(dataset.classes()[static_cast<std::size_t>(label)]);
    auto scored = unlabelled_test_images(dataset, boxed.images, std::move(classes));
    for (const auto& boxes : boxed.boxes) scored.labels.push_back(boxes.empty() ? 0 : 1);
    return scored;
}

} // namespace

ImageMetrics score_heatmaps(const PreparedDataset& dataset, const BoxedImages& boxed, const torch::Tensor& maps,
                            double tolerance) {
    ImageMetrics result;
    result.images = scored_images(dataset, boxed);
    const std::vector<float> undefined(boxed.boxes.size(), std::nanf(""));
    result.metrics.push_back({area_metric, undefined});
    for (const auto& metric : localisation_metrics) {
        result.metrics.push_back({metric.name, undefined});
        result.metrics.push_back({centre_prefix + metric.name, undefined});
    }
    const auto size = dataset.image_size();
    const auto centre = centre_prior(size);
    Progress progress("scoring heatmaps", std::ssize(boxed.images), "images");
    parallel_for(boxed.images.size(), 0, [&](std::size_t image) {
        for (std::size_t c = 0; c < boxed.classes.size(); ++c) {
            const auto& boxes = boxed.at(image, c);
            if (boxes.empty()) continue;
            const auto map = maps[static_cast<std::int64_t>(image)][static_cast<std::int64_t>(c)];
            const auto ours = localise(over_image(map, size), size, boxes, tolerance);
            const auto prior = localise(centre, size, boxes, tolerance);
            const std::size_t place = image * boxed.classes.size() + c;
            std::size_t m = 0;
            const auto put = [&](double value) { result.metrics[m++].values[place] = static_cast<float>(value); };
            put(ours.area);
            for (const auto& metric : localisation_metrics) {
                put(ours.*metric.value);
                put(prior.*metric.value);
            }
        }
        progress.advance();
    });
    return result;
}

std::int64_t flat_maps(const BoxedImages& boxed, const torch::Tensor& maps) {
    const auto hottest = maps.flatten(2).amax(2);
    std::int64_t count = 0;
    for (std::size_t i = 0; i < boxed.boxes.size(); ++i)
        if (!boxed.boxes[i].empty()) count += hottest.flatten()[static_cast<std::int64_t>(i)].item<float>() <= 0;
    return count;
}

} // namespace mlvicx
