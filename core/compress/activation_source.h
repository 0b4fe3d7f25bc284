#pragma once
// The activations that compression looks at: whoever runs the model on calibration data hands them over.
#include <functional>
#include <span>

#include "core/graph/graph.h"

namespace trimtab::compress {

/// Thread-compatible.
class ActivationSource {
public:
    virtual ~ActivationSource() = default;

    using Take = std::function<Status(std::size_t which, const Tensor& value)>;
    /// Runs `graph` on the calibration set as far as `values` want it and hands over values[which] of every batch, in the order of the set;
    /// a tensor lives for the call. One model at a time: calls go forward through it, and between them only nodes may change that lie
    /// behind every value that was wanted so far, so that what was computed is kept.
    virtual Status forEach(const Graph& graph, std::span<const graph::ValueId> values, const Take& take) = 0;
    /// Forgets what was computed: the next call may be about another graph.
    virtual void restart() = 0;
};

}  // namespace trimtab::compress
