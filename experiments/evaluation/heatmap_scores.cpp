#include "experiments/evaluation/heatmap_scores.h"

#include "core/parallel.h"
#include "core/progress.h"
#include "experiments/evaluation/test_films.h"

#include <cmath>
#include <map>
#include <set>

namespace mlvicx {

BoxedFilms boxed_films(const PreparedDataset& dataset) {
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<PixelBox>> found; // by film and class
    std::set<std::int64_t> films, classes;
    for (const Box& box : dataset.boxes()) {
        const auto film = static_cast<std::int64_t>(box.film), label = static_cast<std::int64_t>(box.label);
        if (dataset.split(film) != Split::test) continue;
        films.insert(film);
        classes.insert(label);
        found[{film, label}].push_back({box.x, box.y, box.width, box.height});
    }
    BoxedFilms boxed{{films.begin(), films.end()}, {classes.begin(), classes.end()}, {}};
    for (const auto film : films)
        for (const auto label : classes) boxed.boxes.push_back(found[{film, label}]);
    return boxed;
}

namespace {

ScoredFilms scored_films(const PreparedDataset& dataset, const BoxedFilms& boxed) {
    std::vector<std::string> classes;
    for (const auto label : boxed.classes) classes.push_back(dataset.classes()[static_cast<std::size_t>(label)]);
    auto scored = unlabelled_test_films(dataset, boxed.films, std::move(classes));
    for (const auto& boxes : boxed.boxes) scored.labels.push_back(boxes.empty() ? 0 : 1);
    return scored;
}

} // namespace

FilmMetrics score_heatmaps(const PreparedDataset& dataset, const BoxedFilms& boxed, const torch::Tensor& maps,
                           double tolerance) {
    FilmMetrics result;
    result.films = scored_films(dataset, boxed);
    const std::vector<float> undefined(boxed.boxes.size(), std::nanf(""));
    result.metrics.push_back({area_metric, undefined});
    for (const auto& metric : localisation_metrics) {
        result.metrics.push_back({metric.name, undefined});
        result.metrics.push_back({centre_prefix + metric.name, undefined});
    }
    const auto size = dataset.image_size();
    const auto centre = centre_prior(size);
    Progress progress("scoring heatmaps", std::ssize(boxed.films), "images");
    parallel_for(boxed.films.size(), 0, [&](std::size_t film) {
        for (std::size_t c = 0; c < boxed.classes.size(); ++c) {
            const auto& boxes = boxed.at(film, c);
            if (boxes.empty()) continue;
            const auto map = maps[static_cast<std::int64_t>(film)][static_cast<std::int64_t>(c)];
            const auto ours = localise(over_film(map, size), size, boxes, tolerance);
            const auto prior = localise(centre, size, boxes, tolerance);
            const std::size_t place = film * boxed.classes.size() + c;
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

std::int64_t flat_maps(const BoxedFilms& boxed, const torch::Tensor& maps) {
    const auto hottest = maps.flatten(2).amax(2);
    std::int64_t count = 0;
    for (std::size_t i = 0; i < boxed.boxes.size(); ++i)
        if (!boxed.boxes[i].empty()) count += hottest.flatten()[static_cast<std::int64_t>(i)].item<float>() <= 0;
    return count;
}

} // namespace mlvicx
