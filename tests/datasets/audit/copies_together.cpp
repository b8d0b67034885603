#include "tests/support/audit_support.h"

#include "datasets/audit/copies_together.h"
#include "datasets/import.h"

using namespace mlvicx;

namespace {

/// Thirty drawn images, each of a different patient, split by patient. Some are copies of images of patients in other
/// splits: p1 of p0 to the pixel, and p3 of p2 re-encoded; p2, p3 and p4 form one group, because p4 is p3 inverted.
struct Copied {
    DatasetIndex index;
    SplitOptions split;
};
Copied copied_dataset(const TempFolder& folder) {
    auto pixels = drawn_images(60, 64);
    Copied made;
    made.split.kind = "patient";
    made.index.dataset = "copied";
    made.index.classes = {"Mass"};
    for (int i = 0; i < 30; ++i) {
        ImageEntry image;
        image.id = "i" + std::to_string(i);
        image.patient = "p" + std::to_string(i);
        image.file = folder / (image.id + ".png");
        image.labels = {0};
        made.index.images.push_back(image);
    }
    split_by_patient(made.index, made.split);
    const auto& images = made.index.images;
    // Patients in different splits take the roles of p0 to p4 above.
    std::vector<std::size_t> chosen;
    for (const Split split : {Split::train, Split::test, Split::validation, Split::train, Split::test})
        for (std::size_t i = 0; i < images.size(); ++i)
            if (images[i].split == split && std::find(chosen.begin(), chosen.end(), i) == chosen.end()) {
                chosen.push_back(i);
                break;
            }
    REQUIRE(chosen.size() == 5);
    for (std::size_t i = 0; i < images.size(); ++i) write_image(images[i].file, pixels[2 * i]);
    const auto of = [&](std::size_t k) { return pixels[2 * chosen[k]]; };
    write_image(images[chosen[1]].file, of(0));
    write_image(images[chosen[3]].file, image_changes().at("JPEG of quality 90")(of(2)));
    write_image(images[chosen[4]].file, 255 - of(2));
    return made;
}

} // namespace

TEST_CASE("copies together: patients who share an image are in one split, all others where they were", "[unit]") {
    const TempFolder folder;
    const auto made = copied_dataset(folder);
    PrepareOptions options;
    options.size = 64;
    options.threads = 1;
    const auto plain = prepare(made.index, options, folder / "plain.safetensors");
    options.copies_together = made.split;
    prepare(made.index, options, folder / "together.safetensors");
    const PreparedDataset before(folder / "plain.safetensors"), after(folder / "together.safetensors");
    CHECK(before.fingerprint() == plain.fingerprint);
    CHECK(audit_datasets({&before}).leaks() >= 3);
    CHECK(audit_datasets({&after}).leaks() == 0);
    const auto& joined = after.provenance().at("prepared").at("copies_together").as_object();
    CHECK(joined.at("pairs") == 4); // for three copies of one image, each pair counts
    CHECK(joined.at("patients") == 5);
    CHECK(joined.at("into") == 2);
    std::size_t moved = 0;
    for (std::int64_t i = 0; i < 30; ++i) moved += before.split(i) != after.split(i);
    CHECK(joined.at("moved").to_number<std::size_t>() == moved);
    CHECK(moved == 3); // all but the patient with the smallest id in each group
    CHECK(before.patient_ids() == after.patient_ids());
}

TEST_CASE("copies together: unreadable images are left out before the search for copies", "[unit]") {
    const TempFolder folder;
    const auto made = copied_dataset(folder);
    put(made.index.images[0].file, "no image");
    PrepareOptions options;
    options.size = 64;
    options.skip_bad = true;
    options.copies_together = made.split;
    CHECK(prepare(made.index, options, folder / "p.safetensors").images == 29);
    const PreparedDataset together(folder / "p.safetensors");
    CHECK(audit_datasets({&together}).leaks() == 0);
}

TEST_CASE("copies together: the dataset's own split is refused before anything is decoded", "[unit]") {
    const TempFolder folder;
    auto made = copied_dataset(folder);
    auto& image = made.index.images[7];
    image.split = image.split == Split::train ? Split::test : Split::train;
    PrepareOptions options;
    options.copies_together = made.split;
    const auto message = user_error_of([&] { prepare(made.index, options, folder / "p.safetensors"); });
    CHECK(contains(message, "requires a split by patient"));
    CHECK(contains(message, "i7"));
    CHECK_FALSE(fs::exists(folder / "p.safetensors"));
}
