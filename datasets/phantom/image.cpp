#include "datasets/phantom/image.h"

#include "datasets/phantom/exposure.h"
#include "datasets/phantom/parts.h"

#include <algorithm>
#include <cmath>

namespace mlvicx::phantom {

namespace {

/// Everything that is fixed for an image, ready to be evaluated point by point.
struct Scene {
    Thorax thorax;
    Frame frame;
    Lesions lesions;
    double haze, heart;
    cv::Mat1f bones, vessels, airway, devices, bands;
    Texture coarse, middle, fine;
    bool has_bubble; ///< gas in the stomach
    Ellipse bubble;
};

/// Fraction of the lung's air that findings leave at a point, the density they add, and what they cover.
struct Change {
    double air = 1, add = 0, markings = 1;
    std::array<double, finding_count> cover{};
    double& of(Finding finding) { return cover[static_cast<std::size_t>(finding)]; }
};

void add_blobs(Change& change, const Scene& scene, Point at, const std::vector<Blob>& blobs, Finding finding,
               double ragged) {
    for (const auto& blob : blobs) {
        const double far = length(at.x - blob.at.x, at.y - blob.at.y);
        const double radius = std::max(blob.radius, 0.75 * scene.frame.pixel());
        if (far > 1.6 * radius) continue;
        const double rough = radius * (1 + ragged * (scene.middle.at(at) + 0.5 * scene.fine.at(at)));
        const double inside = (rough - far) / radius;
        if (inside <= 0) continue;
        const double thin = std::pow(blob.radius / radius, 2); // smaller than a pixel: fainter
        change.add += blob.density * thin * std::sqrt(std::min(1.0, 1.6 * inside));
        change.of(finding) = 1;
    }
}

void add_patches(Change& change, const Scene& scene, Point at, const LungPlace& place) {
    for (const auto& patch : scene.lesions.patches) {
        if ((at.x < 0) != (patch.at.x < 0)) continue; // confined to its lung
        const double far = length(at.x - patch.at.x, 1.15 * (at.y - patch.at.y));
        const double edge = patch.radius * (1 + 0.45 * scene.coarse.at(at)) - far;
        const double cover = smooth_edge(edge, 0.35 * patch.radius);
        if (cover <= 0) continue;
        const double patchy = 0.75 + 0.35 * scene.middle.at(at) + 0.15 * scene.fine.at(at);
        change.air *= 1 - std::clamp(patch.density * cover * patchy, 0.0, 0.95);
        if (place.depth > 0) change.of(Finding::consolidation) = std::max(change.of(Finding::consolidation), cover);
    }
}

void add_pleura(Change& change, const Scene& scene, Point at, const LungPlace& place) {
    const auto side = static_cast<std::size_t>(place.side);
    if (const double width = scene.lesions.free_air[side]; width > 0 && place.depth > 0) {
        const double down = (at.y - scene.thorax.anatomy().apex_y) / 0.6;
        const double gap = width * std::max(0.25, 1.15 - 0.9 * down) - place.wall;
        const double cover = smooth_edge(gap, 0.5 * scene.frame.pixel() + 0.001);
        change.markings *= 1 - cover;
        change.air *= 1 + 0.16 * cover - 0.1 * (1 - cover) * std::min(1.0, width / 0.1); // the rest is smaller, denser
        const double line = 0.0022, shown = std::max(line, 0.5 * scene.frame.pixel());
        change.add += 0.11 * (line / shown) * std::max(0.0, 1 - std::abs(gap) / (1.6 * shown));
        change.of(Finding::pneumothorax) = cover;
    }
    if (const double height = scene.lesions.fluid[side]; height > 0 && place.wall > -0.01) {
        const double climb = (0.03 + 0.3 * height) * std::exp(-std::max(place.wall, 0.0) / 0.04);
        const double surface = scene.thorax.base(place.side) - height - climb;
        const double cover = smooth_edge(at.y - surface, 0.01 + 0.05 * height);
        change.air *= 1 - 0.97 * cover;
        change.add += 0.09 * cover * smooth_edge(place.wall, 0.01);
        const bool seen = place.wall > 0 && place.above > -0.005 && std::abs(at.x) > 0.045; // next to the spine
        if (seen) change.of(Finding::effusion) = cover;
    }
}

void add_haze(Change& change, const Scene& scene, Point at, const LungPlace& place) {
    if (scene.haze <= 0) return;
    const Point hilum = scene.thorax.hilum(place.side);
    const double far = length(at.x - hilum.x, 0.75 * (at.y - hilum.y - 0.06)) / 0.17;
    const double wing = std::exp(-far * far) + 0.18;
    const double patchy = 0.85 + 0.3 * scene.middle.at(at) + 0.25 * scene.fine.at(at);
    change.air *= 1 - std::clamp((0.15 + 0.55 * scene.haze) * wing * patchy, 0.0, 0.9);
    if (place.depth > 0.01 && wing > 0.45) change.of(Finding::edema) = 1;
}

Change change_at(const Scene& scene, Point at, const LungPlace& place) {
    Change change;
    add_pleura(change, scene, at, place);
    if (place.wall > -0.02) {
        add_patches(change, scene, at, place);
        add_haze(change, scene, at, place);
        add_blobs(change, scene, at, scene.lesions.nodules, Finding::nodule, 0.08);
        add_blobs(change, scene, at, scene.lesions.masses, Finding::mass, 0.12);
    }
    return change;
}

double breast_at(const Thorax& thorax, Point at, double size) {
    if (size <= 0) return 0;
    const double radius = 0.12 + 0.06 * size;
    const Point centre{0.21 + 0.03 * size, 0.54 + 0.05 * size + 0.3 * thorax.setup().breath};
    const double inside = Ellipse(centre, radius, 0.9 * radius).inside({std::abs(at.x), at.y});
    const double fold = smooth_edge(at.y - centre.y, 0.12); // sharp only below
    const double width = 0.004 + 0.07 * (1 - fold);
    return (0.05 + 0.08 * size) * smooth_edge(inside, width) * (0.6 + 0.4 * fold);
}

/// Bodies and discs of the vertebrae.
double spine_at(const Thorax& thorax, Point at) {
    const double off = std::abs(at.x - thorax.midline(at.y));
    const double phase = at.y / (0.8 * thorax.anatomy().rib_gap), part = std::abs(phase - std::floor(phase) - 0.5);
    const double disc = smooth_edge(part - 0.36, 0.06);
    const double pedicle = std::exp(-(std::pow(off - 0.02, 2) + 0.002 * std::pow(part - 0.1, 2)) / 5e-5);
    return smooth_edge(0.033 - 0.004 * (1 - disc) - off, 0.004) * (0.75 - 0.3 * disc + 0.25 * pedicle);
}

double attenuation_at(const Scene& scene, Point at, cv::Point pixel, const LungPlace& place, double heart,
                      const Change& change) {
    const Thorax& thorax = scene.thorax;
    const Anatomy& body = thorax.anatomy();
    const double skin = thorax.body(at);
    if (skin <= 0) return scene.devices(pixel) * 0.3;
    const double tissue = 1 - std::exp(-skin / (0.055 + 0.02 * body.fat));
    const double belly = smooth_edge(at.y - body.dome + thorax.setup().breath - 0.06, 0.2);
    const double bulk = 0.6 + 0.1 * body.fat + (0.36 + 0.1 * body.fat) * belly - 0.08 * smooth_edge(0.12 - at.y, 0.1);
    double sum = tissue * bulk * (0.9 + 0.16 * std::exp(-at.x * at.x / 0.05));

    const double edge = std::max(0.004, 0.8 * scene.frame.pixel());
    const double middle = thorax.mediastinum(at, heart), cover = smooth_edge(middle, edge + 0.002);
    const double full = smooth_edge(place.depth, edge) * (0.62 + 0.38 * (1 - std::exp(-place.depth / 0.06)));
    const double aerated = full * change.air * (1 - 0.9 * cover);
    sum -= 0.43 * tissue * aerated;
    if (place.above < 0 && place.wall > 0) sum -= 0.05 * smooth_edge(place.wall, 0.02) * std::exp(place.above / 0.04);
    if (middle > 0) { // merges with what is below the diaphragm
        const double shown = smooth_edge(at.y - 0.09, 0.13) * (0.25 + 0.75 * smooth_edge(place.above + 0.015, 0.05));
        sum += cover * (0.13 + 0.16 * (1 - std::exp(-middle / 0.08))) * shown;
    }
    const Point hilum = thorax.hilum(place.side);
    const double far = length(at.x - hilum.x, 0.7 * (at.y - hilum.y)) / 0.034;
    sum += 0.07 * body.markings * std::exp(-far * far) * (1 - cover);

    const double marked = std::min(1.0, full * 1.3) * change.markings * (1 - 0.75 * cover);
    sum +=
        body.markings * marked * (0.13 * scene.vessels(pixel) + 0.02 * scene.fine.at(at) + 0.012 * scene.middle.at(at));
    sum += 0.2 * scene.bands(pixel) * full;
    const double under = 0.35 + 0.65 * smooth_edge(place.above + 0.02, 0.05); // little contrast against the belly
    sum += 0.18 * body.bone * scene.bones(pixel) * tissue * under * (1 - 0.5 * cover) +
           0.065 * body.bone * spine_at(thorax, at);
    sum += breast_at(thorax, at, body.breast) * tissue + change.add * (0.35 + 0.65 * (1 - cover));
    sum -= 0.1 * scene.airway(pixel);
    if (scene.has_bubble && place.above < -0.012) {
        const double inside = scene.bubble.inside(at);
        sum -= 0.13 * smooth_edge(inside, 0.016);
    }
    return sum + 0.02 * tissue * scene.coarse.at(at) + 0.3 * scene.devices(pixel);
}

Scene scene_of(const ImageKey& key, int size, const Severities& severities) {
    const Anatomy anatomy = draw_anatomy(key);
    const Setup setup = draw_setup(key);
    const Thorax thorax(anatomy, setup, severities[Finding::cardiomegaly], draw_lift(key, severities));
    const Frame frame(size, setup.angle, setup.scale, setup.shift);
    const Lesions lesions = draw_lesions(key, severities, thorax);
    Random texture = of_patient(key, Stream::texture), gas = of_image(key, Stream::gas);
    const auto layer = [&](double per_unit) {
        return Texture(Random(key.seed, Purpose::phantom, texture.bits(), key.patient), per_unit);
    };
    const bool has_bubble = gas.chance(0.45);
    const double across = gas.uniform(0.12, 0.22), radius = gas.uniform(0.02, 0.045);
    const Ellipse bubble({across, thorax.diaphragm(1, across) + 0.018 + radius}, 1.5 * radius, radius);
    return {thorax,
            frame,
            lesions,
            lesions.haze,
            severities[Finding::cardiomegaly],
            draw_skeleton(frame, thorax),
            draw_vessels(frame, thorax, key, lesions.haze),
            draw_airway(frame, thorax),
            draw_devices(frame, thorax, key),
            draw_bands(frame, lesions.bands),
            layer(9),
            layer(28),
            layer(75),
            has_bubble,
            bubble};
}

} // namespace

PhantomImage draw_image(const ImageKey& key, int size, const Severities& severities, double spread) {
    PhantomImage image;
    image.severities = severities;
    const Scene scene = scene_of(key, size, image.severities);
    const Anatomy& anatomy = scene.thorax.anatomy();
    image.male = anatomy.male;
    image.age = anatomy.age;
    image.ap = scene.thorax.setup().ap;
    for (std::size_t f = 0; f < finding_count; ++f)
        if (image.severities.value[f] > 0) image.masks[f] = cv::Mat1b(size, size, std::uint8_t{0});
    cv::Mat1f attenuation(size, size);
    for (int row = 0; row < size; ++row)
        for (int column = 0; column < size; ++column) {
            const Point at = scene.frame.to_body(column + 0.5, row + 0.5);
            const LungPlace place = scene.thorax.place(at);
            Change change = change_at(scene, at, place);
            const double heart = scene.thorax.heart(at);
            attenuation(row, column) =
                static_cast<float>(attenuation_at(scene, at, {column, row}, place, heart, change));
            if (heart > 0) change.of(Finding::effusion) = 0; // invisible behind the heart
            if (image.severities.has(Finding::cardiomegaly))
                change.of(Finding::cardiomegaly) = heart > 0 && place.above > -0.02;
            if (scene.bands(row, column) > 0 && place.depth > 0) change.of(Finding::atelectasis) = 1;
            for (std::size_t f = 0; f < finding_count; ++f)
                if (change.cover[f] > 0.5) image.masks[f](row, column) = 255;
        }
    image.pixels = expose(attenuation, key, image.ap, spread);
    return image;
}

} // namespace mlvicx::phantom
