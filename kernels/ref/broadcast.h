#pragma once
// Element-wise evaluation under NumPy's multidirectional broadcasting, in blocks.
#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"

namespace trimtab::ref {

/// How several inputs of shapes that broadcast to `shape` are walked: runs along a merged last axis, on which every input either
/// advances by one element or stands still.
class BroadcastPlan {
public:
    /// Refused when the shapes don't agree.
    static Result<BroadcastPlan> make(const Call& call, std::span<const Tensor* const> inputs);

    const Shape& shape() const { return m_shape; }
    std::int64_t stride(std::size_t input) const { return m_lastStrides[input]; }  // 0 or 1

    /// visit(first output element, count, offset of each input) for every run, in order. Nothing for empty shapes.
    template <class Visit>
    void forEachRun(Visit visit) const {
        if (m_runs == 0 || m_runLength == 0) return;
        std::vector<std::int64_t> index(m_outer.size(), 0);
        std::vector<std::int64_t> offsets(m_lastStrides.size(), 0);
        for (std::int64_t run = 0; run < m_runs; ++run) {
            visit(run * m_runLength, m_runLength, offsets.data());
            for (std::size_t d = m_outer.size(); d-- > 0;) {
                for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] += m_outerStrides[d][i];
                if (++index[d] < m_outer[d]) break;
                for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] -= m_outerStrides[d][i] * m_outer[d];
                index[d] = 0;
            }
        }
    }

private:
    Shape m_shape;
    std::int64_t m_runs = 1, m_runLength = 1;
    std::vector<std::int64_t> m_outer;                       // merged axes before the last
    std::vector<std::vector<std::int64_t>> m_outerStrides;   // [axis][input]
    std::vector<std::int64_t> m_lastStrides;                 // [input]
};

/// out = f over blocks: f(const C* const* in, count, R* out), one pointer for each input. C and R: double, int64 or uint64.
template <class C, class R, class F>
Result<Tensor> mapBroadcast(const Call& call, std::span<const Tensor* const> inputs, DataType outType, F f) {
    constexpr std::int64_t kBlock = 512;
    TRIMTAB_TRY(const BroadcastPlan plan, BroadcastPlan::make(call, inputs));
    TRIMTAB_TRY(Tensor out, Tensor::allocate(outType, plan.shape()));
    std::vector<C> buffer(inputs.size() * kBlock);
    std::vector<const C*> blocks;
    for (std::size_t i = 0; i < inputs.size(); ++i) blocks.push_back(buffer.data() + i * kBlock);
    std::array<R, kBlock> results;
    plan.forEachRun([&](std::int64_t start, std::int64_t length, const std::int64_t* offsets) {
        for (std::int64_t at = 0; at < length; at += kBlock) {
            const std::int64_t count = std::min(kBlock, length - at);
            for (std::size_t i = 0; i < inputs.size(); ++i)
                load(*inputs[i], offsets[i] + at * plan.stride(i), plan.stride(i), count, buffer.data() + i * kBlock);
            f(blocks.data(), count, results.data());
            store(out, start + at, count, results.data());
        }
    });
    return out;
}

/// The two inputs of an element-wise operator. Before opset 7, attribute `broadcast` aligned the second input with the first at `axis`
/// (or at the end): its shape is padded with ones to say the same to NumPy's rule.
Result<std::array<Tensor, 2>> binaryInputs(const Call& call);

}  // namespace trimtab::ref
