#include "datasets/phantom/phantom.h"

#include "core/error.h"
#include "core/files.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "datasets/phantom/layouts.h"

#include <opencv2/core.hpp>

#include <vector>

namespace mlvicx {

namespace fs = std::filesystem;
using namespace phantom;

const std::vector<std::string>& phantom_layouts() {
    static const std::vector<std::string> names = {"nih",    "rsna",    "siim",     "siim_png",
                                                   "vinbig", "kermany", "chexpert", "mimic"};
    return names;
}

void fields(Fields& f, PhantomOptions& options) {
    f.field({"images", "Number of images"}, options.images, between(1, 10'000'000));
    f.field({"size", "Pixels of the square images"}, options.size, between(32, 2048));
    f.field({"seed", "Seed of the patients"}, options.seed, at_least(0));
    f.field({"layout", "The dataset whose files are written"}, options.layout, phantom_layouts());
    f.field({"images_per_patient", "Mean number of images per patient; 0: as in the layout's original"},
            options.images_per_patient, between(0, 10));
    f.field(addition({"mildest", "Severity of the mildest findings: 0 hardly visible, 1 all of them obvious"}),
            options.mildest, between(0, 1));
    f.field(addition({"exposure_spread", "How far brightness and contrast vary, from 0 to 1"}), options.exposure_spread,
            between(0, 1));
}

namespace {

/// Patients in order, each with its follow-ups, until there are `images` images. The number of a patient's images is
/// geometric: most have one, a few have many.
std::vector<ImageKey> draw_cohort(const PhantomOptions& options, const Layout& layout) {
    std::vector<ImageKey> keys;
    const auto wanted = static_cast<std::size_t>(options.images);
    const double per_patient = options.images_per_patient > 0 ? options.images_per_patient : layout.images_per_patient;
    for (std::uint32_t patient = 1; keys.size() < wanted; ++patient) {
        ImageKey key{static_cast<std::uint64_t>(options.seed), patient, 0};
        Random random = of_patient(key, Stream::cohort);
        do {
            keys.push_back(key);
            ++key.follow_up;
        } while (keys.size() < wanted && key.follow_up < 20 && random.chance(1 - 1 / per_patient));
    }
    return keys;
}

} // namespace

void write_phantom(const PhantomOptions& options, const fs::path& root, unsigned threads) {
    PhantomOptions copy = options;
    const json::object wanted = resolved([&](Fields& f) { fields(f, copy); });
    if (options.images_per_patient > 0 && options.images_per_patient < 1)
        user_error("phantom: images_per_patient is {}, expected 0 (as in the layout's original) or at least 1",
                   options.images_per_patient);
    if (fs::exists(root)) {
        const fs::path record = root / "phantom.json";
        if (!fs::exists(record)) user_error("{}: exists and is not a phantom folder", root.string());
        if (canonical(read_json(record)) != canonical(wanted))
            user_error("{}: has a phantom made with {}, expected {}", root.string(), canonical(read_json(record)),
                       canonical(wanted));
        return;
    }
    if (root.has_parent_path()) require_writable_folder(root.parent_path());
    const fs::path partial = partial_name(root);
    try {
        const Layout layout = layout_of(options.layout);
        for (const auto& folder : layout.folders) fs::create_directories(partial / folder);
        const auto keys = draw_cohort(options, layout);
        std::vector<Lines> lines(keys.size());
        const int size = static_cast<int>(options.size);
        {
            Progress progress("phantom", options.images, "images");
            parallel_for(keys.size(), threads, [&](std::size_t i) {
                const auto severities = draw_findings(keys[i]).at_least(options.mildest);
                lines[i] = layout.write_image(keys[i], draw_image(keys[i], size, severities, options.exposure_spread),
                                              partial);
                progress.advance();
            });
        }
        layout.write_tables(keys, lines, partial);
        write_text(partial / "phantom.json", pretty(wanted));
        fs::rename(partial, root);
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(partial, ignored);
        throw;
    }
}

bool is_phantom(const fs::path& root) {
    return fs::exists(root / "phantom.json");
}

} // namespace mlvicx
