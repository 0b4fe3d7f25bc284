// Draws the chart model with cairo and pango; the same drawing becomes SVG and PNG.
#include <algorithm>
#include <cmath>
#include <memory>

#include <cairo-svg.h>
#include <cairo.h>
#include <pango/pangocairo.h>

#include "core/base/file.h"
#include "core/report/chart_model.h"

namespace trimtab::report {
namespace {

struct Color {
    double red, green, blue, alpha = 1;
};

struct Palette {
    Color paper, ink, quiet, grid, native, front, emulated, baseline, band;
};

constexpr Palette kLight{{1, 1, 1},          {0.11, 0.13, 0.16}, {0.39, 0.43, 0.48}, {0.90, 0.91, 0.93}, {0.55, 0.62, 0.70},
                         {0.05, 0.44, 0.65}, {0.72, 0.45, 0.10}, {0.75, 0.18, 0.25}, {0.965, 0.97, 0.975}};
constexpr Palette kDark{{0.098, 0.11, 0.13}, {0.91, 0.93, 0.95}, {0.62, 0.66, 0.71}, {0.20, 0.22, 0.25}, {0.48, 0.55, 0.63},
                        {0.32, 0.72, 0.93},  {0.93, 0.67, 0.32}, {0.95, 0.45, 0.48}, {0.125, 0.14, 0.16}};

struct Box {
    double x, y, width, height;
    bool overlaps(const Box& other) const {
        return x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height;
    }
};

class Canvas {
public:
    Canvas(cairo_t* context, const Palette& palette, int width, int height)
        : m_cr(context), m_palette(palette), m_width(width), m_height(height) {}

    void draw(const ChartModel& chart) {
        fill({0, 0, static_cast<double>(m_width), static_cast<double>(m_height)}, m_palette.paper);
        const bool margin = std::ranges::any_of(chart.points, [](const ChartPoint& point) { return !point.timed; });
        m_plot = {84, 64, m_width - 84.0 - (margin ? 132 : 28), m_height - 64.0 - 96};
        m_band = {m_plot.x + m_plot.width + 16, m_plot.y, margin ? 96.0 : 0.0, m_plot.height};
        text(chart.title, 84, 18, 17, m_palette.ink, true);
        drawAxes(chart);
        if (margin) drawBand();
        drawFront(chart);
        for (const bool front : {false, true})
            for (const ChartPoint& point : chart.points)
                if (point.onFront == front) drawPoint(chart, point);
        drawLabels(chart);
        drawLegend(margin);
    }

private:
    void ink(const Color& color) { cairo_set_source_rgba(m_cr, color.red, color.green, color.blue, color.alpha); }
    void fill(const Box& box, const Color& color) {
        ink(color);
        cairo_rectangle(m_cr, box.x, box.y, box.width, box.height);
        cairo_fill(m_cr);
    }
    void line(double x0, double y0, double x1, double y1, const Color& color, double width) {
        ink(color);
        cairo_set_line_width(m_cr, width);
        cairo_move_to(m_cr, x0, y0);
        cairo_line_to(m_cr, x1, y1);
        cairo_stroke(m_cr);
    }

    struct Layout {
        std::unique_ptr<PangoLayout, void (*)(void*)> layout;
        double width, height;
    };
    Layout layOut(const std::string& words, double size, bool bold) {
        Layout result{{pango_cairo_create_layout(m_cr), g_object_unref}, 0, 0};
        PangoFontDescription* font = pango_font_description_from_string("Sans");
        pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
        pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_SEMIBOLD : PANGO_WEIGHT_NORMAL);
        pango_layout_set_font_description(result.layout.get(), font);
        pango_font_description_free(font);
        pango_layout_set_text(result.layout.get(), words.c_str(), static_cast<int>(words.size()));
        int width = 0, height = 0;
        pango_layout_get_pixel_size(result.layout.get(), &width, &height);
        result.width = width;
        result.height = height;
        return result;
    }
    void place(const Layout& words, double x, double y, const Color& color) {
        ink(color);
        cairo_move_to(m_cr, x, y);
        pango_cairo_show_layout(m_cr, words.layout.get());
    }
    void text(const std::string& words, double x, double y, double size, const Color& color, bool bold = false) {
        place(layOut(words, size, bold), x, y, color);
    }

    double atX(const ChartModel& chart, double value) const { return m_plot.x + chart.x.position(value) * m_plot.width; }
    double atY(const ChartModel& chart, double value) const { return m_plot.y + (1 - chart.y.position(value)) * m_plot.height; }

    void drawAxes(const ChartModel& chart) {
        for (const auto& tick : chart.y.ticks) {
            const double y = atY(chart, tick.value);
            line(m_plot.x, y, m_plot.x + m_plot.width, y, m_palette.grid, 1);
            const Layout label = layOut(tick.label, 11.5, false);
            place(label, m_plot.x - 10 - label.width, y - label.height / 2, m_palette.quiet);
        }
        for (const auto& tick : chart.x.ticks) {
            const double x = atX(chart, tick.value);
            line(x, m_plot.y, x, m_plot.y + m_plot.height, m_palette.grid, 1);
            const Layout label = layOut(tick.label, 11.5, false);
            place(label, x - label.width / 2, m_plot.y + m_plot.height + 8, m_palette.quiet);
        }
        line(m_plot.x, m_plot.y + m_plot.height, m_plot.x + m_plot.width, m_plot.y + m_plot.height, m_palette.quiet, 1);
        text(chart.y.title, m_plot.x - 60, m_plot.y - 22, 12, m_palette.quiet);
        const Layout title = layOut(chart.x.title, 12, false);
        place(title, m_plot.x + m_plot.width - title.width, m_plot.y + m_plot.height + 28, m_palette.quiet);
    }

    void drawBand() {
        fill(m_band, m_palette.band);
        const Layout first = layOut("no real speed", 11, false);
        place(first, m_band.x + (m_band.width - first.width) / 2, m_band.y + m_band.height + 8, m_palette.quiet);
        const Layout second = layOut("(emulated)", 11, false);
        place(second, m_band.x + (m_band.width - second.width) / 2, m_band.y + m_band.height + 24, m_palette.quiet);
    }

    void drawFront(const ChartModel& chart) {
        std::vector<const ChartPoint*> front;
        for (const ChartPoint& point : chart.points)
            if (point.onFront && point.timed) front.push_back(&point);
        std::ranges::sort(front, {}, &ChartPoint::x);
        ink({m_palette.front.red, m_palette.front.green, m_palette.front.blue, 0.55});
        cairo_set_line_width(m_cr, 2);
        for (std::size_t i = 0; i < front.size(); ++i) {
            const double x = atX(chart, front[i]->x), y = atY(chart, front[i]->y);
            if (i == 0) cairo_move_to(m_cr, x, y);
            else cairo_line_to(m_cr, x, y);
        }
        cairo_stroke(m_cr);
    }

    std::pair<double, double> centre(const ChartModel& chart, const ChartPoint& point) const {
        // Emulated rows stand side by side in the margin, so that equal heights stay apart.
        const double x = point.timed ? atX(chart, point.x) : m_band.x + 16 + static_cast<double>(point.trial * 37 % 64);
        return {x, atY(chart, point.y)};
    }

    void drawPoint(const ChartModel& chart, const ChartPoint& point) {
        const auto [x, y] = centre(chart, point);
        Color color = point.baseline                   ? m_palette.baseline
                      : point.emulated || !point.timed ? m_palette.emulated
                      : point.onFront                  ? m_palette.front
                                                       : m_palette.native;
        if (point.stale) color.alpha = 0.3;
        const Color faint{color.red, color.green, color.blue, 0.35};
        line(x, atY(chart, point.yInterval.low), x, atY(chart, point.yInterval.high), faint, 1.5);
        if (point.timed) line(atX(chart, point.xInterval.low), y, atX(chart, point.xInterval.high), y, faint, 1.5);
        const double radius = point.onFront || point.baseline ? 5.5 : 4;
        cairo_new_sub_path(m_cr);
        if (point.baseline) {
            cairo_move_to(m_cr, x, y - radius - 1.5);
            cairo_line_to(m_cr, x + radius + 1.5, y);
            cairo_line_to(m_cr, x, y + radius + 1.5);
            cairo_line_to(m_cr, x - radius - 1.5, y);
            cairo_close_path(m_cr);
        } else {
            cairo_arc(m_cr, x, y, radius, 0, 2 * M_PI);
        }
        if (point.timed) {
            ink(color);
            cairo_fill_preserve(m_cr);
            ink(m_palette.paper);
            cairo_set_line_width(m_cr, 1.2);
        } else {
            ink(m_palette.paper);
            cairo_fill_preserve(m_cr);
            ink(color);
            cairo_set_line_width(m_cr, 1.8);
        }
        cairo_stroke(m_cr);
        if (!point.chosen) return;
        ink(m_palette.ink);
        cairo_set_line_width(m_cr, 1.5);
        cairo_new_sub_path(m_cr);
        cairo_arc(m_cr, x, y, radius + 5, 0, 2 * M_PI);
        cairo_stroke(m_cr);
    }

    // Names stand beside points of the front, the baseline and the chosen one, where they cover neither another name nor a point.
    void drawLabels(const ChartModel& chart) {
        std::vector<Box> taken;
        for (const ChartPoint& point : chart.points) {
            const auto [x, y] = centre(chart, point);
            taken.push_back({x - 6, y - 6, 12, 12});
        }
        for (const ChartPoint& point : chart.points) {
            if (!point.timed || !(point.onFront || point.baseline || point.chosen)) continue;
            const auto [x, y] = centre(chart, point);
            const Layout label = layOut(point.baseline ? point.label + " (baseline)" : point.label, 11, false);
            for (const auto& [dx, dy] :
                 {std::pair{9.0, -label.height - 3}, {9.0, 3.0}, {-label.width - 9, -label.height - 3}, {-label.width - 9, 3.0}}) {
                const Box box{x + dx, y + dy, label.width, label.height};
                const bool inside = box.x >= m_plot.x && box.x + box.width <= m_plot.x + m_plot.width && box.y >= m_plot.y &&
                                    box.y + box.height <= m_plot.y + m_plot.height;
                if (!inside || std::ranges::any_of(taken, [&](const Box& other) { return box.overlaps(other); })) continue;
                place(label, box.x, box.y, m_palette.ink);
                taken.push_back(box);
                break;
            }
        }
    }

    void drawLegend(bool margin) {
        double x = 84;
        const double y = m_height - 26;
        const auto entry = [&](const Color& color, bool filled, const std::string& words) {
            cairo_new_sub_path(m_cr);
            cairo_arc(m_cr, x + 5, y + 8, 4.5, 0, 2 * M_PI);
            ink(color);
            if (filled) cairo_fill(m_cr);
            else cairo_set_line_width(m_cr, 1.8), cairo_stroke(m_cr);
            const Layout label = layOut(words, 11.5, false);
            place(label, x + 15, y, m_palette.quiet);
            x += label.width + 36;
        };
        entry(m_palette.front, true, "on the front");
        entry(m_palette.native, true, "native, measured");
        entry(m_palette.baseline, true, "baseline (diamond)");
        if (margin) entry(m_palette.emulated, false, "emulated: accuracy only");
        text("bars: 95 % intervals", x, y, 11.5, m_palette.quiet);
    }

    cairo_t* m_cr;
    const Palette& m_palette;
    int m_width, m_height;
    Box m_plot{};
    Box m_band{};
};

void drawOn(cairo_surface_t* surface, const ReportInput& input, int width, int height, double scale) {
    cairo_t* context = cairo_create(surface);
    cairo_scale(context, scale, scale);
    Canvas(context, input.dark ? kDark : kLight, width, height).draw(chartModel(input));
    cairo_destroy(context);
}

cairo_status_t append(void* target, const unsigned char* bytes, unsigned int count) {
    static_cast<std::string*>(target)->append(reinterpret_cast<const char*>(bytes), count);
    return CAIRO_STATUS_SUCCESS;
}

}  // namespace

std::string chartSvg(const ReportInput& input, int width, int height) {
    std::string svg;
    cairo_surface_t* surface = cairo_svg_surface_create_for_stream(append, &svg, width, height);
    cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
    drawOn(surface, input, width, height, 1);
    cairo_surface_destroy(surface);
    return svg;
}

Status chartPng(const ReportInput& input, const std::filesystem::path& path, int width, int height, double scale) {
    cairo_surface_t* surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(std::lround(width * scale)),
                                                          static_cast<int>(std::lround(height * scale)));
    drawOn(surface, input, width, height, scale);
    std::string png;
    const cairo_status_t status = cairo_surface_write_to_png_stream(surface, append, &png);
    cairo_surface_destroy(surface);
    if (status != CAIRO_STATUS_SUCCESS)
        return fail(ErrorCode::Failed, std::string("the chart could not be drawn: ") + cairo_status_to_string(status), path.string());
    return base::writeFileAtomically(path, png);
}

}  // namespace trimtab::report
