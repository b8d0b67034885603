#include "datasets/class_colours.h"

#include "tests/support/datasets_support.h"

using namespace mlvicx;

TEST_CASE("class colours: classes next to each other can be told apart, on dark and on light", "[unit]") {
    for (std::size_t c = 0; c < 20; ++c) {
        INFO(c);
        const auto colour = class_colour(c);
        CHECK(cv::norm(colour - class_colour(c + 1)) > 100);
        CHECK(cv::norm(colour - class_colour(c + 2)) > 50);
        for (int channel = 0; channel < 3; ++channel) CHECK((colour[channel] >= 105 && colour[channel] <= 255));
        CHECK(*std::max_element(colour.val, colour.val + 3) == 255);
    }
}

TEST_CASE("class colours: a mask has its class's colour, an organ one after those of the classes", "[unit]") {
    const std::vector<std::string> classes = {"Effusion", "Pneumothorax"},
                                   masks = {"Pneumothorax", "heart", "left_lung"};
    CHECK(mask_colour(classes, masks, 0) == class_colour(1));
    CHECK(mask_colour(classes, masks, 1) == class_colour(3));
    CHECK(mask_colour(classes, masks, 2) == class_colour(4));
    CHECK(mask_colour({}, masks, 2) == class_colour(2));
}
