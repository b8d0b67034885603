#include "datasets/phantom.h"

#include "core/error.h"
#include "core/files.h"
#include "core/parallel.h"
#include "core/progress.h"
#include "datasets/phantom_film.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <vector>

namespace mlvicx {

namespace fs = std::filesystem;
using namespace phantom;

void fields(Fields& f, PhantomOptions& options) {
    f.field("layout", options.layout, {"nih", "rsna", "siim", "vinbig"});
    f.field("films", options.films, between(1, 10'000'000));
    f.field("size", options.size, between(32, 2048));
    f.field("seed", options.seed, at_least(0));
    f.field("films_per_patient", options.films_per_patient, between(1, 10));
}

namespace {

constexpr double test_share = 0.2; ///< of the patients, about as NIH's own lists

/// Patients in order, each with its follow-ups, until there are `films` films. The number of a patient's films is
/// geometric: most have one, a few have many.
std::vector<FilmKey> draw_cohort(const PhantomOptions& options) {
    std::vector<FilmKey> keys;
    const auto wanted = static_cast<std::size_t>(options.films);
    for (std::uint32_t patient = 1; keys.size() < wanted; ++patient) {
        FilmKey key{static_cast<std::uint64_t>(options.seed), patient, 0};
        Random random = of_patient(key, Stream::cohort);
        do {
            keys.push_back(key);
            ++key.follow_up;
        } while (keys.size() < wanted && key.follow_up < 20 && random.chance(1 - 1 / options.films_per_patient));
    }
    return keys;
}

std::string film_name(const FilmKey& key) {
    return fmt::format("{:08}_{:03}.png", key.patient, key.follow_up);
}

void write_png(const fs::path& file, const cv::Mat& image) {
    std::vector<unsigned char> bytes;
    if (!cv::imencode(".png", image, bytes)) throw InternalError(file.string() + ": could not be encoded");
    // The whole folder is renamed at the end, so a plain write is enough here.
    std::FILE* out = std::fopen(file.c_str(), "wb");
    const bool written = out && std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
    if (!out || std::fclose(out) != 0 || !written) user_error("{}: cannot be written", file.string());
}

struct Row {
    std::string entry, boxes;
};

/// Draws and writes one film with its masks; returns its lines of the two tables.
Row write_film(const FilmKey& key, int size, const fs::path& root) {
    const PhantomFilm film = draw_film(key, size);
    const std::string name = film_name(key);
    write_png(root / "images" / name, film.pixels);
    std::string findings;
    Row row;
    const double to_frame = 1024.0 / size; // NIH's boxes are pixels of films of 1024
    for (std::size_t i = 0; i < finding_count; ++i) {
        if (film.masks[i].empty()) continue;
        findings += (findings.empty() ? "" : "|") + std::string(finding_names[i]);
        write_png(root / "masks" / finding_names[i] / name, film.masks[i]);
        cv::Mat labels, stats, centres;
        const int parts = cv::connectedComponentsWithStats(film.masks[i], labels, stats, centres);
        int largest = 0;
        for (int part = 1; part < parts; ++part) largest = std::max(largest, stats.at<int>(part, cv::CC_STAT_AREA));
        for (int part = 1; part < parts; ++part) {
            if (10 * stats.at<int>(part, cv::CC_STAT_AREA) < largest) continue; // a splinter of a ragged border
            row.boxes += fmt::format(
                "{},{},{},{},{},{},,,\n", name, finding_names[i], to_frame * stats.at<int>(part, cv::CC_STAT_LEFT),
                to_frame * stats.at<int>(part, cv::CC_STAT_TOP), to_frame * stats.at<int>(part, cv::CC_STAT_WIDTH),
                to_frame * stats.at<int>(part, cv::CC_STAT_HEIGHT));
        }
    }
    row.entry = fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", name, findings.empty() ? "No Finding" : findings,
                            key.follow_up, key.patient, film.age, film.male ? 'M' : 'F', film.ap ? "AP" : "PA", size,
                            size, 0.143 * to_frame, 0.143 * to_frame);
    return row;
}

void write_tables(const std::vector<FilmKey>& keys, const std::vector<Row>& rows, const fs::path& root) {
    std::string entries = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
                          "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n";
    std::string boxes = "Image Index,Finding Label,Bbox [x,y,w,h],,,\n", train, test;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        entries += rows[i].entry;
        boxes += rows[i].boxes;
        const bool tests = of_patient(keys[i], Stream::split).chance(test_share);
        (tests ? test : train) += film_name(keys[i]) + '\n';
    }
    write_text(root / "BBox_List_2017.csv", boxes);
    write_text(root / "train_val_list.txt", train);
    write_text(root / "test_list.txt", test);
    write_text(root / "Data_Entry_2017_v2020.csv", entries);
}

} // namespace

void write_phantom(const PhantomOptions& options, const fs::path& root, unsigned threads) {
    PhantomOptions copy = options;
    const json::object wanted = resolved([&](Fields& f) { fields(f, copy); });
    if (fs::exists(root)) {
        const fs::path record = root / "phantom.json";
        if (!fs::exists(record)) user_error("{}: exists and is not a phantom's folder", root.string());
        if (canonical(read_json(record)) != canonical(wanted))
            user_error("{}: holds a phantom made with {}, expected {}", root.string(), canonical(read_json(record)),
                       canonical(wanted));
        return;
    }
    if (root.has_parent_path()) require_writable_folder(root.parent_path());
    const fs::path partial = partial_name(root);
    try {
        fs::create_directories(partial / "images");
        for (const char* name : finding_names) fs::create_directories(partial / "masks" / name);
        const auto keys = draw_cohort(options);
        std::vector<Row> rows(keys.size());
        {
            Progress progress("phantom", options.films, "films");
            parallel_for(keys.size(), threads, [&](std::size_t i) {
                rows[i] = write_film(keys[i], static_cast<int>(options.size), partial);
                progress.advance();
            });
        }
        write_tables(keys, rows, partial);
        write_text(partial / "phantom.json", pretty(wanted));
        fs::rename(partial, root);
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(partial, ignored);
        throw;
    }
}

} // namespace mlvicx
