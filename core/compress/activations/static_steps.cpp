#include "core/compress/activations/static_steps.h"

#include "core/compress/calibrate/calibrator.h"
#include "core/compress/layer_error.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

constexpr int kBits = 8;

tl::unexpected<Error> refuse(const std::string& why) { return fail(ErrorCode::Refused, "activations.mode \"static\": " + why); }

Status show(RangeCalibrator& calibrator, const Tensor& value) {
    if (value.type() == DataType::Float32) return calibrator.see(value.data<float>());
    return calibrator.see(tensor::toFloats(value));
}

}  // namespace

Result<graph::ActivationStep> calibratedStep(const Graph& graph, graph::ValueId value, const recipe::ActivationSpec& spec,
                                             const Tools& tools) {
    if (!tools.activations) return refuse("the range comes from activations: name calibration data (--calibration)");
    TRIMTAB_TRY(const auto calibrator, makeCalibrator(spec.calibrator, spec.percentile));
    Status ofValues;
    const Status run = tools.activations->forEach(graph, std::span(&value, 1), [&](std::size_t, const Tensor& batch) {
        ofValues = show(*calibrator, batch);
        return ofValues;
    });
    if (!ofValues) return refuse(ofValues.error().message);
    TRIMTAB_REQUIRE(run);
    if (calibrator->count() == 0) return refuse("no calibration data reach this layer");
    const Step step = stepFor(calibrator->range(kBits, false), kBits, false);
    return graph::ActivationStep{step.scale, step.zero + (1 << (kBits - 1))};
}

Status StaticSteps::advance(Graph& graph, std::size_t end, const Tools& tools) {
    for (; m_next < end; ++m_next) {
        const auto& spec = m_asked[m_next];
        if (!spec || spec->mode != "static" || spec->bits >= 32) continue;
        if (tools.stops()) return fail(ErrorCode::Cancelled, "cancelled");
        graph::Node& node = graph.nodes[m_next];
        const graph::ValueId input = node.input(0);
        const Key key{input, spec->calibrator, spec->calibrator == "percentile" ? spec->percentile : 0};
        auto known = m_known.find(key);
        if (known == m_known.end()) {
            auto step = calibratedStep(graph, input, *spec, tools);
            if (!step) return atLayer(std::move(step).error(), node);
            known = m_known.emplace(key, *step).first;
        }
        node.treatment.activationStep = known->second;
        if (tools.progress) tools.progress(static_cast<double>(m_next + 1) / static_cast<double>(m_asked.size()));
    }
    return {};
}

}  // namespace trimtab::compress
