#include "experiments/open_dataset.h"

#include "core/progress.h"
#include "core/verify_once.h"
#include "datasets/fingerprint.h"
#include "methods/device/device.h"
#include "methods/views/images.h"

#include <torch/torch.h>

namespace mlvicx {

namespace fs = std::filesystem;

OpenDataset open_dataset(const fs::path& file) {
    auto prepared = std::make_shared<const PreparedDataset>(file);
    const auto view = [](const auto& span, std::vector<std::int64_t> shape, torch::Dtype type) {
        using Value = std::remove_const_t<std::remove_reference_t<decltype(span[0])>>;
        return torch::from_blob(const_cast<Value*>(span.data()), shape,
                                torch::dtype(type)); // the pages are read-only
    };
    const auto count = prepared->size(), size = prepared->image_size();
    const auto classes = static_cast<std::int64_t>(prepared->classes().size());
    OpenDataset open;
    open.prepared = prepared;
    open.images = view(prepared->images(), {count, size, size}, torch::kUInt8);
    open.labels = view(prepared->labels(), {count, classes}, torch::kInt8);
    const auto masks = static_cast<std::int64_t>(prepared->mask_names().size());
    if (masks > 0) {
        const auto rows = static_cast<std::int64_t>(prepared->masks().size()) / (size * size);
        open.masks = prepared->stores_all_masks() ? view(prepared->masks(), {count, masks, size, size}, torch::kUInt8)
                                                  : view(prepared->masks(), {rows, size, size}, torch::kUInt8);
    }
    open.classes = prepared->classes();
    open.mask_names = prepared->mask_names();
    open.train = prepared->images_of(Split::train);
    open.validation = prepared->images_of(Split::validation);
    open.test = prepared->images_of(Split::test);
    return open;
}

void verify_content(const OpenDataset& data) {
    const fs::path& file = data.prepared->file();
    verify_once(file, [&] {
        if (fs::file_size(file) > 1'000'000'000) say("checking {} against its fingerprint", file.string());
        verify_fingerprint(file);
    });
}

MaskRows::MaskRows(const OpenDataset& data, const std::vector<std::int64_t>& indices)
    : images(std::ssize(indices)), kinds(static_cast<std::int64_t>(data.mask_names.size())),
      whole(data.masks.dim() == 4) {
    if (whole) {
        rows = indices;
        return;
    }
    for (std::int64_t k = 0; k < images; ++k)
        for (std::int64_t m = 0; m < kinds; ++m) {
            const auto row = data.prepared->mask_row(indices[static_cast<std::size_t>(k)], static_cast<std::size_t>(m));
            if (row < 0) continue;
            rows.push_back(row);
            places.push_back(k * kinds + m);
        }
}

torch::Tensor MaskRows::placed(const torch::Tensor& taken) const {
    if (whole) return taken;
    const auto side = taken.size(1);
    const auto all = torch::zeros({images * kinds, side, side}, taken.options());
    if (!rows.empty()) all.index_copy_(0, sent_to(torch::tensor(places, torch::kInt64), all.device()), taken);
    return all.view({images, kinds, side, side});
}

torch::Tensor OpenDataset::masks_of(const std::vector<std::int64_t>& indices, const torch::Device& device) const {
    const MaskRows chosen(*this, indices);
    return chosen.placed(take_images(masks, chosen.rows, device));
}

void OpenDataset::move_to(const torch::Device& device) {
    images = images_on(images, device);
    if (masks.defined()) masks = images_on(masks, device, "images' masks");
}

} // namespace mlvicx
