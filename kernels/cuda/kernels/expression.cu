#include "kernels/cuda/kernels/expression.h"

#include <cmath>

#include "kernels/cuda/kernels/expression_chain.cuh"
#include "kernels/cuda/kernels/expression_plan.h"

namespace trimtab::cuda {
namespace {

constexpr int kThreads = 256;

/// Threads 0 … groups − 1 take V elements each, those behind them the single elements of the remainder (which only a single axis has).
template <class T, int V, int R, class Index>
__global__ void __launch_bounds__(kThreads, 3) chainKernel(const Chain<T, R, Index> chain) {
    allowNextKernel();
    const auto number = static_cast<typename Index::Unsigned>(blockIdx.x) * kThreads + threadIdx.x;
    if (number < chain.groups) {
        auto place = chain.space.place(number);
        place.at[0] *= V;
        ChainRun<T, V, R, Index> thread{chain, place};
        waitForPreviousKernel();
        thread.run(static_cast<std::int64_t>(number) * V);
    } else if (V > 1 && R == 1 && number - chain.groups < chain.remainder) {
        const auto element = chain.groups * (V - 1) + number;
        ChainRun<T, 1, R, Index> thread{chain, {{element}}};
        waitForPreviousKernel();
        thread.run(static_cast<std::int64_t>(element));
    }
}

/// Numbers reach int64 chains whole, as they would a tensor.
template <class T>
T numberAs(double x) {
    if constexpr (std::is_same_v<T, float>) {
        return static_cast<float>(x);
    } else {
        if (std::isnan(x)) return 0;
        if (x >= 0x1p63) return std::numeric_limits<long long>::max();
        if (x <= -0x1p63) return std::numeric_limits<long long>::min();
        return static_cast<long long>(x);
    }
}

template <class T>
Step<T> stepOf(const Instruction& instruction) {
    Step<T> step{};
    step.op = instruction.op;
    step.kind = instruction.operand.kind;
    step.secondKind = instruction.second.kind;
    step.index = static_cast<std::uint8_t>(instruction.operand.index);
    step.secondIndex = static_cast<std::uint8_t>(instruction.second.index);
    step.number = numberAs<T>(instruction.operand.number);
    step.second = numberAs<T>(instruction.second.number);
    step.p = numberAs<T>(instruction.p);
    step.q = numberAs<T>(instruction.q);
    return step;
}

template <class T, int V, int R, class Index>
Status launchChain(Stream stream, const Expression& expression, MergedAxes axes, const std::array<const void*, kMaxInputs>& inputs,
                   void* y) {
    Chain<T, R, Index> chain{};
    chain.inputCount = static_cast<int>(expression.inputs.size());
    for (std::size_t i = 0; i < expression.inputs.size(); ++i) {
        chain.strides[i] = placeStridesOf<R, Index>(axes, i);
        chain.inputs[i] = inputs[i];
        chain.types[i] = expression.inputs[i].type;
        chain.bytes[i] = static_cast<std::uint8_t>(expressionBytes(expression.inputs[i].type));
    }
    chain.stepCount = static_cast<int>(expression.instructions.size());
    for (std::size_t i = 0; i < expression.instructions.size(); ++i) chain.steps[i] = stepOf<T>(expression.instructions[i]);
    chain.outputType = expression.outputType;
    chain.y = y;
    const std::int64_t count = axes.count();
    chain.groups = static_cast<typename Index::Unsigned>(count / V);
    chain.remainder = static_cast<typename Index::Unsigned>(count % V);
    if (axes.rank > 0) axes.extents[static_cast<std::size_t>(axes.rank - 1)] /= V;
    chain.space = indexSpaceOf<R, Index>(axes);
    const std::int64_t threads = count / V + count % V;
    const dim3 grid(static_cast<unsigned>((threads + kThreads - 1) / kThreads));
    return launchDependent(chainKernel<T, V, R, Index>, grid, dim3(kThreads), 0, stream, chain);
}

}  // namespace

Status launchExpression(Stream stream, const Expression& expression, const std::array<const void*, kMaxInputs>& inputs, void* y) {
    for (const std::int64_t extent : expression.extents)
        if (extent == 0) return {};
    const ExpressionPlan plan = planExpression(expression, inputs, y);
    const bool wide = plan.wide || plan.axes.rank > kNarrowAxes;
    const auto start = [&](auto launcher) { return launcher(stream, expression, plan.axes, inputs, y); };
    if (plan.integers) {
        if (plan.width == 2) return start(launchChain<long long, 2, 1, WideIndex>);
        return wide ? start(launchChain<long long, 1, kMaxRank, WideIndex>) : start(launchChain<long long, 1, kNarrowAxes, NarrowIndex>);
    }
    if (plan.axes.rank == 1 && plan.width == 8) return start(launchChain<float, 8, 1, WideIndex>);
    if (plan.axes.rank == 1 && plan.width == 4) return start(launchChain<float, 4, 1, WideIndex>);
    if (plan.width == 8) return start(launchChain<float, 8, kNarrowAxes, NarrowIndex>);
    if (plan.width == 4) return start(launchChain<float, 4, kNarrowAxes, NarrowIndex>);
    return wide ? start(launchChain<float, 1, kMaxRank, WideIndex>) : start(launchChain<float, 1, kNarrowAxes, NarrowIndex>);
}

}  // namespace trimtab::cuda
