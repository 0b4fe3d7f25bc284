// SPDX-License-Identifier: GPL-3.0-or-later
// How long the timeline takes to show a trace of a million spans, and to draw a frame while it is panned and zoomed. Offscreen.
//   timeline_bench [SPANS]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <QApplication>
#include <QPixmap>

#include "app/gui/charts/timeline_view.h"
#include "app/gui/theme/theme.h"
#include "core/trace/trace_codec.h"
#include "tests/core/trace/random_trace.h"

namespace {

using namespace trimtab;
using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

}  // namespace

int main(int count, char** words) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(count, words);
    const auto spans = static_cast<std::size_t>(count > 1 ? std::atoll(words[1]) : 1'000'000);
    const std::string bytes = trace::packed(trace::randomTrace(1, spans));
    gui::Theme theme(application);
    gui::TimelineView view(theme);
    view.resize(1400, 260);
    QPixmap canvas(view.size());

    const auto start = Clock::now();
    auto trace = trace::unpacked(bytes);
    if (!trace) return 1;
    view.setTrace(std::make_shared<const trace::Trace>(std::move(*trace)));
    view.showAll();
    view.render(&canvas);
    const double load = millisecondsSince(start);

    const gui::TimeRange whole = view.range();
    std::vector<double> frames;
    for (int i = 0; i < 400; ++i) {
        const double length = whole.lengthNs() * std::pow(0.97, i), at = whole.beginNs + 0.4 * whole.lengthNs() + 0.01 * i * length;
        view.setRange({at, at + length});
        const auto begin = Clock::now();
        view.render(&canvas);
        frames.push_back(millisecondsSince(begin));
    }
    std::ranges::sort(frames);
    std::printf("%zu spans, %zu bytes packed: unpacked, laid out and drawn in %.0f ms; frames of 400 zoom and pan steps: median %.2f ms, "
                "longest %.2f ms\n",
                spans, bytes.size(), load, frames[frames.size() / 2], frames.back());
}
