#ifdef MLVICX_HAS_PANGO

#include "datasets/lettering/lettering_kinds.h"

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>
#include <pango/pangocairo.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace mlvicx {

namespace {

// One family, so that a figure has the same widths everywhere: fontconfig, which Pango needs, depends on it in Debian
// and Ubuntu. Fontconfig finds other fonts for the letters that it lacks.
constexpr const char* family = "DejaVu Sans";
constexpr double capital_height = 0.729; // of its em square

struct Release {
    void operator()(void* object) const { g_object_unref(object); }
    void operator()(PangoFontDescription* description) const { pango_font_description_free(description); }
    void operator()(cairo_font_options_t* options) const { cairo_font_options_destroy(options); }
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
    void operator()(cairo_t* context) const { cairo_destroy(context); }
};
template <class T> using Owned = std::unique_ptr<T, Release>;

/// One thread's objects of Pango, which are not shared.
class Layouts {
public:
    Layouts() : map_(pango_cairo_font_map_new()), context_(pango_font_map_create_context(map_.get())) {
        const Owned<cairo_font_options_t> options(cairo_font_options_create());
        cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
        cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE); // hints differ between machines
        cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
        pango_cairo_context_set_font_options(context_.get(), options.get());
        pango_context_set_round_glyph_positions(context_.get(), FALSE);
        pango_context_set_base_dir(context_.get(), PANGO_DIRECTION_LTR); // an English sentence may begin with any name
        layout_.reset(pango_layout_new(context_.get()));
        pango_layout_set_auto_dir(layout_.get(), FALSE);
        pango_layout_set_single_paragraph_mode(layout_.get(), TRUE);
    }

    /// The family that is drawn with; empty if this machine has no font at all.
    std::string found_family() {
        const Owned<PangoFontDescription> wanted(font_of(TextStyle().scale));
        const Owned<PangoFont> font(pango_context_load_font(context_.get(), wanted.get()));
        if (!font) return "";
        const Owned<PangoFontDescription> found(pango_font_describe(font.get()));
        return pango_font_description_get_family(found.get());
    }

    /// Valid until the next call.
    PangoLayout* of(const std::string& text, double scale) {
        if (scale != scale_) {
            const Owned<PangoFontDescription> font(font_of(scale));
            pango_layout_set_font_description(layout_.get(), font.get());
            scale_ = scale;
        }
        if (text != text_) pango_layout_set_text(layout_.get(), text.data(), static_cast<int>(text.size()));
        text_ = text;
        return layout_.get();
    }

private:
    static PangoFontDescription* font_of(double scale) {
        PangoFontDescription* font = pango_font_description_new();
        pango_font_description_set_family_static(font, family);
        pango_font_description_set_absolute_size(font, 22.5 * scale / capital_height * PANGO_SCALE);
        return font;
    }

    Owned<PangoFontMap> map_;
    Owned<PangoContext> context_;
    Owned<PangoLayout> layout_;
    std::string text_;
    double scale_ = 0;
};

Layouts& layouts() {
    thread_local Layouts own;
    return own;
}

int width(const std::string& text, double scale) {
    PangoRectangle ink, line;
    pango_layout_get_extents(layouts().of(text, scale), &ink, &line);
    return PANGO_PIXELS_CEIL(std::max(line.width, ink.x + ink.width));
}

/// Mixes the colour into the image, as far as `share` (u8) says; `at`: its upper left corner, which may be outside.
void mix(cv::Mat& image, const cv::Mat& share, cv::Point at, const cv::Scalar& colour) {
    const cv::Rect place = cv::Rect(at, share.size()) & cv::Rect({}, image.size());
    for (int y = place.y; y < place.y + place.height; ++y)
        for (int x = place.x; x < place.x + place.width; ++x) {
            auto& pixel = image.at<cv::Vec3b>(y, x);
            const double part = share.at<std::uint8_t>(y - at.y, x - at.x) / 255.0;
            for (int c = 0; c < 3; ++c)
                pixel[c] = static_cast<std::uint8_t>(std::lround(pixel[c] + part * (colour[c] - pixel[c])));
        }
}

/// The letters are drawn as outlines, because older releases of Cairo place whole glyphs at whole pixels.
void draw(cv::Mat& image, const std::string& text, cv::Point at, const TextStyle& style) {
    PangoLayoutLine* line = pango_layout_get_line_readonly(layouts().of(text, style.scale), 0);
    PangoRectangle ink;
    pango_layout_line_get_pixel_extents(line, &ink, nullptr);
    constexpr int margin = 2; // the rim, and a soft edge
    const cv::Size size(ink.width + 2 * margin, ink.height + 2 * margin);
    const cv::Point origin(ink.x - margin, ink.y - margin);
    if (ink.width <= 0) return;
    cv::Mat pixels(size.height, cairo_format_stride_for_width(CAIRO_FORMAT_A8, size.width), CV_8U, cv::Scalar(0));
    const Owned<cairo_surface_t> surface(cairo_image_surface_create_for_data(
        pixels.data, CAIRO_FORMAT_A8, size.width, size.height, static_cast<int>(pixels.step)));
    const Owned<cairo_t> cairo(cairo_create(surface.get()));
    cairo_move_to(cairo.get(), -origin.x, -origin.y);
    pango_cairo_layout_line_path(cairo.get(), line);
    cairo_fill(cairo.get());
    cairo_surface_flush(surface.get());
    const cv::Mat letters = pixels.colRange(0, size.width);
    if (style.rim) {
        cv::Mat wider;
        cv::dilate(letters, wider, cv::Mat());
        mix(image, wider, at + origin, colours::paper);
    }
    mix(image, letters, at + origin, style.colour);
}

std::vector<std::size_t> ends_of(const std::string& text) {
    int count = 0;
    const PangoLogAttr* places = pango_layout_get_log_attrs_readonly(layouts().of(text, TextStyle().scale), &count);
    std::vector<std::size_t> ends;
    const char* at = text.data();
    for (int i = 1; i < count; ++i) {
        at = g_utf8_next_char(at);
        if (places[i].is_cursor_position) ends.push_back(static_cast<std::size_t>(at - text.data()));
    }
    return ends;
}

std::size_t missing(const std::string& text) {
    return static_cast<std::size_t>(pango_layout_get_unknown_glyphs_count(layouts().of(text, TextStyle().scale)));
}

} // namespace

Lettering pango_lettering() {
    const std::string found = layouts().found_family();
    if (found.empty())
        return opencv_lettering(fmt::format("{}, but no font is installed", pango_version_string()),
                                "fonts-dejavu-core");
    return {.description = fmt::format("{}, {}", pango_version_string(), found),
            .loss = "letters that no installed font has, which are drawn as boxes (fonts-noto-core, fonts-noto-cjk)",
            .width = width,
            .draw = draw,
            .missing = missing,
            .dots = "...\u200F",
            .ends = ends_of};
}

} // namespace mlvicx

#endif
