#pragma once
// Traces for tests: spans that hold one another as runs, nodes and kernels do.
#include "core/base/random.h"
#include "core/trace/trace.h"

namespace trimtab::trace {

/// About `spans` spans over three tracks, and two counters. Times and names are drawn from the seed.
inline Trace randomTrace(std::uint64_t seed, std::size_t spans) {
    base::Random random(seed);
    Trace trace;
    trace.tracks = {"host", "stream 7", "stream 8"};
    for (int i = 0; i < 20; ++i) trace.names.push_back("layer " + std::to_string(i));
    trace.dropped = static_cast<std::int64_t>(random.below(3));
    const auto layer = [&] { return static_cast<std::int32_t>(random.below(21)) - 1; };
    const auto name = [&] { return static_cast<std::int32_t>(random.below(20)); };
    for (std::uint16_t track = 0; track < trace.tracks.size(); ++track) {
        std::int64_t time = static_cast<std::int64_t>(random.below(1'000));
        while (trace.spans.size() < spans * (track + 1U) / trace.tracks.size()) {
            const std::int64_t begin = time;
            std::vector<Span> inside;
            for (std::uint64_t i = random.below(6); i > 0; --i) {
                const auto length = static_cast<std::int64_t>(random.below(50'000));
                inside.push_back({time, length, name(), layer(), track, SpanKind::Node});
                if (length > 10) inside.push_back({time + 1, length / 2, name(), layer(), track, SpanKind::Kernel});
                time += length + static_cast<std::int64_t>(random.below(100));
            }
            trace.spans.push_back({begin, time - begin, name(), -1, track, SpanKind::Run});
            trace.spans.insert(trace.spans.end(), inside.begin(), inside.end());
            time += 1 + static_cast<std::int64_t>(random.below(5'000));
        }
    }
    for (const char* counter : {"clock", "power"}) {
        CounterSeries& series = trace.counters.emplace_back(CounterSeries{counter, "unit", {}});
        for (std::int64_t i = 0; i < 20; ++i) series.samples.push_back({1'000 * i, random.uniform(0, 2000)});
    }
    sortSpans(trace);
    return trace;
}

}  // namespace trimtab::trace
