#include "datasets/importers/vinbig/tables.h"

#include "core/error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>

namespace mlvicx {

std::size_t Votes::reader(std::string_view name, const std::string& where) {
    const auto found = std::find(readers_.begin(), readers_.end(), name);
    if (found != readers_.end()) return static_cast<std::size_t>(found - readers_.begin());
    if (name.empty()) user_error("{}: has no reader", where);
    if (readers_.size() == 32) user_error("{}: an image with more than 32 readers, expected three", where);
    readers_.emplace_back(name);
    return readers_.size() - 1;
}

bool Votes::saw_anything(std::size_t reader) const {
    return std::any_of(seen_.begin(), seen_.end(), [&](std::uint32_t who) { return (who >> reader & 1) != 0; });
}

bool Votes::present(std::size_t label, std::string_view rule) const {
    const auto count = static_cast<std::size_t>(std::popcount(seen_[label]));
    if (rule == "any") return count > 0;
    if (rule == "majority") return 2 * count > readers_.size();
    ensure(rule == "unanimous", "the rule for readers is any, majority or unanimous");
    return count > 0 && count == readers_.size();
}

std::size_t VinbigReading::image(std::string_view id, Split split, const std::string& where) {
    if (id.empty()) user_error("{}: has no image_id", where);
    const auto [place, is_new] = known.emplace(id, index.images.size());
    if (is_new) {
        ImageEntry image;
        image.id = image.patient = id;
        image.split = split;
        index.images.push_back(std::move(image));
        votes.emplace_back(index.classes.size());
    } else if (index.images[place->second].split != split) {
        user_error("{}: image {} is among the training images too", where, id);
    }
    return place->second;
}

std::size_t VinbigReading::label(std::string_view name, const std::string& where) const {
    const auto found = std::find(index.classes.begin(), index.classes.end(), name);
    if (found == index.classes.end())
        user_error("{}: unknown finding \"{}\", expected one of {}, or {}", where, name, fmt::join(index.classes, ", "),
                   healthy);
    return static_cast<std::size_t>(found - index.classes.begin());
}

std::vector<std::size_t> corner_columns(const Csv& table) {
    return {table.column("x_min"), table.column("y_min"), table.column("x_max"), table.column("y_max")};
}

std::optional<Area> box_from(const Csv& table, std::size_t row, const std::vector<std::size_t>& corners) {
    double corner[4];
    int empty = 0;
    for (std::size_t k = 0; k < 4; ++k) {
        const auto cell = table.cell(row, corners[k]);
        const auto number = number_from(cell);
        empty += cell.empty();
        if (!cell.empty() && (!number || *number < 0))
            user_error("{}: the box has \"{}\", expected a number of pixels", table.where(row), cell);
        corner[k] = number.value_or(0);
    }
    if (empty == 4) return {};
    if (empty > 0 || corner[0] >= corner[2] || corner[1] >= corner[3])
        user_error("{}: the box from ({}, {}) to ({}, {}) has no pixels", table.where(row), corner[0], corner[1],
                   corner[2], corner[3]);
    return Area{corner[0], corner[1], corner[2] - corner[0], corner[3] - corner[1]};
}

std::size_t reader_column(const Csv& table) {
    return table.column(table.find("rad_ID") ? "rad_ID" : "rad_id");
}

} // namespace mlvicx
