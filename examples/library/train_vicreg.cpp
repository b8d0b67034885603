// Pre-trains a ResNet-18 with VICReg on synthetic chest X-rays, and writes its weights: train_vicreg OUT.safetensors
#include "datasets/phantom/image.h"
#include "experiments/method_table.h"
#include "methods/pretrain/pretrain.h"
#include "methods/weights.h"

#include <torch/torch.h>

#include <cstdio>
#include <cstring>
#include <numeric>

using namespace mlvicx;

int main(int argc, char** argv) {
    constexpr int count = 64, size = 64;
    const auto images = torch::empty({count, size, size}, torch::kUInt8);
    for (int i = 0; i < count; ++i) {
        const auto pixels = phantom::draw_image({.patient = static_cast<std::uint32_t>(i)}, size).pixels;
        std::memcpy(images[i].data_ptr(), pixels.data, pixels.total());
    }
    std::vector<std::int64_t> indices(count);
    std::iota(indices.begin(), indices.end(), 0);

    MethodOptions own;
    own.vicreg.hidden = own.vicreg.output = 256;
    const auto& entry = method_entry("vicreg", "train_vicreg");
    auto options = resolve_pretrain(entry, [](auto& o) { o.epochs = 2, o.batch_size = 32, o.image_size = 32; });
    const auto method = initial_method(entry, own, "resnet18", 0);
    for (const auto& epoch : pretrain(*method, images, indices, options, torch::kCPU))
        std::printf("epoch %d: loss %.3f\n", static_cast<int>(epoch.epoch) + 1, epoch.values.front().second);
    save_tensors(argc > 1 ? argv[1] : "vicreg.safetensors", state_of(method->encoder()), {{"method", "vicreg"}});
}
