#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace mlvicx {

/// A colour on a white and on a dark page, as red, green and blue in one number: 0xD55E00.
struct Colour {
    unsigned light = 0, dark = 0;
};

/// The hues of Okabe and Ito ("Color Universal Design", 2008), which people with any colour vision tell apart, darkened
/// on white and lightened on dark pages until each has a contrast of 3:1 to the page. The first is for controls.
inline constexpr std::array<Colour, 7> line_colours = {{{0x6B6B6B, 0xA8A8A8},
                                                        {0x0072B2, 0x5AB0EC},
                                                        {0xD55E00, 0xFF8C4A},
                                                        {0x00805C, 0x35C79B},
                                                        {0xB5548B, 0xE79CC8},
                                                        {0xA87400, 0xF0B840},
                                                        {0x2E8BC0, 0x9AD8FA}}};
inline constexpr Colour ink = {0x1A1A1A, 0xE8E8E8}, axes = {0x767676, 0x8C8C8C}, grid_lines = {0xDDDDDD, 0x3A3A3A};

/// How a line is drawn besides its colour: gnuplot's dash and point types. Colours repeat after six lines, but then
/// with open markers and dashes, so that twelve lines differ.
struct LineStyle {
    Colour colour;
    std::size_t variable = 0; ///< index into line_colours
    int dash = 1, marker = 7;
};

/// From 1 on the methods; 0, -1, -2 ... the controls: all grey and dashed, with markers of their own.
LineStyle line_style(int style);

/// "#d55e00".
std::string hex(unsigned colour);

/// A drawing of gnuplot's for use inside a page: the colours above become the page's variables (--line-0 ..., --axis,
/// --rule, currentColor), so that they follow dark mode; no background, titles, ids or symbols of its own (a page has
/// those once: svg_symbols). `label` is read out to those who do not see it.
std::string page_svg(const std::string& svg, const std::string& label);
/// The symbols that every drawing uses, as a hidden drawing; "" if `svg` has none.
std::string svg_symbols(const std::string& svg);
/// The CSS variables of the colours on a light or dark page: "--line-0: #6b6b6b; ...".
std::string colour_variables(bool dark);

} // namespace mlvicx
