#include "kernels/ref/broadcast.h"

#include <fmt/format.h>

namespace trimtab::ref {

Result<BroadcastPlan> BroadcastPlan::make(const Call& call, std::span<const Tensor* const> inputs) {
    BroadcastPlan plan;
    for (const Tensor* input : inputs) {
        const auto wider = tensor::broadcast(plan.m_shape, input->shape());
        if (!wider) return refuse(call, fmt::format("shapes {} and {} don't broadcast", plan.m_shape.text(), input->shape().text()));
        plan.m_shape = *wider;
    }
    if (!plan.m_shape.checkedElementCount()) return refuse(call, "the broadcast shape " + plan.m_shape.text() + " is too large");

    // Axes are gathered from the last one up; an axis joins the one after it when every input walks on through both evenly.
    const int rank = plan.m_shape.rank();
    std::vector<std::int64_t> extents;
    std::vector<std::vector<std::int64_t>> strides;
    std::vector<std::int64_t> step(inputs.size(), 1);
    for (int d = rank - 1; d >= 0; --d) {
        const std::int64_t extentHere = plan.m_shape[d];
        std::vector<std::int64_t> here(inputs.size(), 0);
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const Shape& shape = inputs[i]->shape();
            const int own = d - (rank - shape.rank());
            if (own < 0 || shape[own] == 1) continue;
            here[i] = step[i];
            step[i] *= shape[own];
        }
        if (extentHere == 1) continue;
        bool joins = !extents.empty();
        for (std::size_t i = 0; joins && i < inputs.size(); ++i) joins = here[i] == strides.back()[i] * extents.back();
        if (joins) {
            extents.back() *= extentHere;
        } else {
            extents.push_back(extentHere);
            strides.push_back(std::move(here));
        }
    }
    if (extents.empty()) {
        plan.m_lastStrides.assign(inputs.size(), 0);
        return plan;
    }
    plan.m_runLength = extents.front();
    plan.m_lastStrides = strides.front();
    for (std::size_t d = extents.size(); d-- > 1;) {
        plan.m_outer.push_back(extents[d]);
        plan.m_outerStrides.push_back(strides[d]);
        plan.m_runs *= extents[d];
    }
    if (plan.m_shape.elementCount() == 0) plan.m_runs = 0;
    return plan;
}

Result<std::array<Tensor, 2>> binaryInputs(const Call& call) {
    const Tensor& a = call.tensor(0);
    const Tensor& b = call.tensor(1);
    if (opset(call) >= 7 || call.node.integer("broadcast", 0) == 0) return std::array<Tensor, 2>{a, b};
    const int rank = a.shape().rank();
    const int suffix = rank - b.shape().rank();
    if (suffix < 0) return refuse(call, "the second input has more axes than the first");
    int at = suffix;
    if (call.node.has("axis") && b.shape().rank() > 0) {
        TRIMTAB_TRY(at, axisAttribute(call, "axis", suffix, rank));
    }
    if (at > suffix) return refuse(call, fmt::format("axis {} leaves no room for the second input", at));
    Ints dims = b.shape().dims();
    dims.resize(static_cast<std::size_t>(rank - at), 1);
    return std::array<Tensor, 2>{a, b.reshaped(Shape(std::move(dims)))};
}

}  // namespace trimtab::ref
