#include "core/error.h"
#include "datasets/figure.h"
#include "experiments/commands/arguments.h"
#include "experiments/commands/commands.h"
#include "experiments/method_table.h"
#include "experiments/open_dataset.h"
#include "methods/device/device.h"
#include "methods/views/views_parameters.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace mlvicx {

namespace {

struct Options {
    std::filesystem::path data, out;
    std::string method;
    std::int64_t images = 6, size = 224, seed = 0, epoch = 0, epochs = 2;
};

/// A view in two lines: the crop and the changes.
std::pair<std::string, std::string> words(const ViewParameters& view, std::int64_t image_size) {
    const auto area = static_cast<double>(view.height * view.width) / static_cast<double>(image_size * image_size);
    const auto where = fmt::format("{:.0f} % of the image{}", 100 * area, view.flip ? ", flipped" : "");
    std::vector<std::string> changes;
    const auto brightness = fmt::format("b {:.2f}", view.brightness), contrast = fmt::format("c {:.2f}", view.contrast);
    if (view.brightness != 1 || view.contrast != 1)
        changes.push_back(view.brightness_first ? brightness + ", " + contrast : contrast + ", " + brightness);
    if (view.sigma > 0) changes.push_back(fmt::format("blur {:.1f}", view.sigma));
    if (view.solarize) changes.push_back("solarized");
    return {where, changes.empty() ? "nothing else" : fmt::format("{}", fmt::join(changes, ", "))};
}

std::string describe(const ViewRecipe& r) {
    return fmt::format("crop {}-{}, {}, flip {}, jitter {} (b {}, c {}), blur {} (sigma {}-{}), solarize {}",
                       r.crop_low, std::round(100 * r.crop_high) / 100, r.interpolation, r.flip, r.jitter, r.brightness,
                       r.contrast, r.blur, r.blur_sigma_low, r.blur_sigma_high, r.solarize);
}

/// Images spread evenly over the training split.
std::vector<std::int64_t> chosen_images(const PreparedDataset& dataset, std::int64_t wanted) {
    const auto train = dataset.images_of(Split::train);
    if (train.empty()) user_error("{}: has no training images to draw", dataset.file().string());
    const auto count = std::min(wanted, static_cast<std::int64_t>(train.size()));
    std::vector<std::int64_t> images;
    for (std::int64_t i = 0; i < count; ++i)
        images.push_back(train[static_cast<std::size_t>(i * static_cast<std::int64_t>(train.size()) / count)]);
    return images;
}

/// Draws `views` [B, 1, S, S] in 0..1 down one column.
void draw_column(Drawing& figure, std::size_t column, const std::string& name, const torch::Tensor& views,
                 const std::vector<std::pair<std::string, std::string>>& captions) {
    figure.column_name(column, name);
    const auto bytes = views.mul(255).round().to(torch::kUInt8).contiguous();
    const auto size = static_cast<int>(views.size(2));
    for (std::size_t row = 0; row < captions.size(); ++row) {
        auto pixels = bytes[static_cast<std::int64_t>(row)];
        figure.draw(row, column, cv::Mat(size, size, CV_8U, pixels.data_ptr<std::uint8_t>()), captions[row].first,
                    captions[row].second);
    }
}

/// One row per image: the image as evaluation sees it, then both views of each epoch.
void views_command(const Options& given) {
    const auto& entry = method_entry(given.method, "--method");
    const PretrainOptions options = resolve_pretrain(entry, [](PretrainOptions&) {});
    const OpenDataset data = open_dataset(given.data);
    const auto indices = chosen_images(*data.prepared, given.images);
    const auto images = data.images.index_select(0, torch::tensor(indices, torch::kInt64));
    const std::int64_t image_size = images.size(1);

    const auto side = static_cast<int>(std::max<std::int64_t>(given.size, 192));
    Drawing figure({indices.size(), static_cast<std::size_t>(1 + 2 * given.epochs), side, side},
                   {fmt::format("{}: view 1: {}", given.method, describe(options.view1)),
                    fmt::format("{}: view 2: {}", given.method, describe(options.view2))});
    std::vector<std::pair<std::string, std::string>> ids;
    for (const auto index : indices) ids.emplace_back(data.prepared->id(index), "");
    draw_column(figure, 0, "image", plain_view(images, given.size), ids);
    std::size_t column = 1;
    for (std::int64_t epoch = given.epoch; epoch < given.epoch + given.epochs; ++epoch)
        for (int view = 0; view < 2; ++view) {
            const auto& recipe = view == 0 ? options.view1 : options.view2;
            const auto seed = static_cast<std::uint64_t>(given.seed);
            std::vector<std::pair<std::string, std::string>> captions;
            for (const auto index : indices)
                captions.push_back(words(drawn_view(recipe, image_size, index, {seed, epoch, view}), image_size));
            draw_column(figure, column++, fmt::format("epoch {}, view {}", epoch, view + 1),
                        make_views(images, indices, recipe, given.size, {seed, epoch, view}), captions);
        }
    figure.save(given.out);
    fmt::print("{}: {} images, {} views each\n", given.out.string(), indices.size(), 2 * given.epochs);
}

} // namespace

void add_views(CLI::App& app) {
    auto* command = app.add_subcommand("views", "Draw the views that a method makes of a prepared dataset's images");
    auto options = std::make_shared<Options>();
    command->add_option("FILE", options->data, "Prepared dataset")->required();
    command->add_option("--method", options->method, "Method whose views are drawn")
        ->required()
        ->check(one_of(trained_methods()));
    command->add_option("--out", options->out, "Figure to write (PNG)")->required()->type_name("FILE");
    add_examples(*command, {"mlvicx-bench views nih.safetensors --method mlvicx --out views.png"});
    command->add_option("--images", options->images, "Number of images, one per row")
        ->check(whole_number(1, 200))
        ->capture_default_str();
    command->add_option("--size", options->size, "Side of a view in pixels")
        ->check(whole_number(16, 1024))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Seed for the views")->check(whole_number())->capture_default_str();
    command->add_option("--epoch", options->epoch, "First epoch to show")->check(whole_number())->capture_default_str();
    command->add_option("--epochs", options->epochs, "Number of epochs to show")
        ->check(whole_number(1, 10))
        ->capture_default_str();
    command->callback([options] {
        use_all_threads();
        views_command(*options);
    });
}

} // namespace mlvicx
