#pragma once
// Calibration for tests: every value from the start, by the reference kernels.
#include "core/compress/activation_source.h"
#include "kernels/ref/graph_run.h"

namespace trimtab::compress {

class CalibrationByReference final : public ActivationSource {
public:
    /// One tensor a batch, for the one input of the graph.
    explicit CalibrationByReference(std::vector<Tensor> batches) : m_batches(std::move(batches)) {}

    Status forEach(const Graph& graph, std::span<const graph::ValueId> values, const Take& take) override {
        for (const Tensor& batch : m_batches) {
            Graph part = graph;
            part.outputs.assign(values.begin(), values.end());
            TRIMTAB_TRY(const auto outputs, ref::evaluateGraph(part, {batch}));
            for (std::size_t i = 0; i < outputs.size(); ++i) TRIMTAB_REQUIRE(take(i, std::get<Tensor>(outputs[i])));
        }
        return {};
    }
    void restart() override {}

private:
    std::vector<Tensor> m_batches;
};

}  // namespace trimtab::compress
