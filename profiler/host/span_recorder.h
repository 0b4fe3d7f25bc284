#pragma once
// Times each layer of traced runs on the CPU. Everything is allocated before the first run; a span costs two clock reads and two stores.
#include <chrono>
#include <cstdint>
#include <vector>

#include "core/trace/layer_record.h"
#include "core/trace/node_scope.h"

namespace trimtab::profiler {

/// Scopes of one run may nest (a layer inside a subgraph's layer); a layer that runs several times in a run counts the sum.
/// Used by one thread, the one that runs the model.
class SpanRecorder final : public trace::NodeListener {
public:
    /// REQUIRES: layers >= 0, runs >= 1. Layers out of range and scopes beyond the depth are not recorded.
    SpanRecorder(std::size_t layers, std::size_t runs);

    /// Goes on to the next run; the first run needs no call. Runs beyond the number given are added to the last.
    void nextRun();

    void beginNode(std::int32_t layer) override;
    void endNode(std::int32_t layer) override;
    void nodeTime(std::int32_t layer, double nanoseconds) override;

    /// Median over the runs of the time in each layer, ns; −1 for layers that never ran.
    std::vector<double> medians() const;
    /// Fills medianNs and share (of the sum over all layers) of each record.
    void fill(std::vector<trace::LayerRecord>& records) const;

private:
    void add(std::int32_t layer, std::int64_t nanoseconds);

    using Clock = std::chrono::steady_clock;
    static constexpr std::size_t kMaxDepth = 64;

    std::size_t m_layers;
    std::size_t m_runs;
    std::size_t m_run = 0;
    std::size_t m_depth = 0;
    std::vector<std::int64_t> m_spent;  // runs × layers, ns; −1: did not run
    std::vector<Clock::time_point> m_begun;
};

}  // namespace trimtab::profiler
