#pragma once
// The interpreter of a chain: the same instruction for all threads, each on V neighbouring elements.
#include "kernels/cuda/kernels/expression_elements.cuh"
#include "kernels/cuda/kernels/expression_operators.cuh"
#include "kernels/cuda/kernels/index_space.h"

namespace trimtab::cuda {

/// An instruction with its numbers in the accumulator's type.
template <class T>
struct Step {
    Op op;
    Operand::Kind kind;
    Operand::Kind secondKind;
    std::uint8_t index;
    std::uint8_t secondIndex;
    T number;
    T second;
    T p;
    T q;
};

/// A chain as kernels receive it, by value: below 2 KB.
template <class T, int R, class Index>
struct Chain {
    IndexSpace<R, Index> space;  // innermost axis in groups of V
    PlaceStrides<R, Index> strides[kMaxInputs];
    const void* inputs[kMaxInputs];
    DataType types[kMaxInputs];
    std::uint8_t bytes[kMaxInputs];  // of an element
    Step<T> steps[kMaxInstructions];
    int inputCount;
    int stepCount;
    DataType outputType;
    void* y;
    typename Index::Unsigned groups;     // of V elements
    typename Index::Unsigned remainder;  // elements behind them, fewer than V
};

/// What one thread works on: V elements beginning at `place` (in elements along every axis).
template <class T, int V, int R, class Index>
struct ChainRun {
    using Place = typename IndexSpace<R, Index>::Place;

    const Chain<T, R, Index>& chain;
    const Place place;
    uint4 first;  // inputs 0 and 1, asked for before anything is computed
    uint4 next;
    T saved0[V];
    T saved1[V];

    __device__ __forceinline__ bool repeats(int input) const { return chain.strides[input].along[0] == 0; }

    __device__ __forceinline__ uint4 load(int input) const {
        const int bytes = chain.bytes[input];
        const auto offset = static_cast<std::int64_t>(chain.strides[input].offset(place));
        return loadBytes(static_cast<const char*>(chain.inputs[input]) + offset * bytes, repeats(input) ? bytes : bytes * V);
    }

    __device__ __forceinline__ void fetch(Operand::Kind kind, int index, T number, T (&out)[V]) const {
        if (kind == Operand::Kind::Input) {
            const uint4 raw = index == 0 ? first : index == 1 ? next : load(index);
            decode<V>(raw, chain.types[index], repeats(index), out);
            return;
        }
#pragma unroll
        for (int i = 0; i < V; ++i) out[i] = kind == Operand::Kind::Number ? number : index == 0 ? saved0[i] : saved1[i];
    }

    __device__ __forceinline__ void step(const Step<T>& s, T (&acc)[V]) {
        if (s.op < Op::Add) {
            applyUnary(s.op, s.p, s.q, acc);
        } else if (s.op < Op::Select) {
            T operand[V];
            fetch(s.kind, s.index, s.number, operand);
            applyBinary(s.op, acc, operand);
        } else if (s.op == Op::Select) {
            T operand[V];
            T second[V];
            fetch(s.kind, s.index, s.number, operand);
            fetch(s.secondKind, s.secondIndex, s.second, second);
#pragma unroll
            for (int i = 0; i < V; ++i) acc[i] = acc[i] != 0 ? operand[i] : second[i];
        } else if (s.op == Op::Save) {
#pragma unroll
            for (int i = 0; i < V; ++i) (s.index == 0 ? saved0[i] : saved1[i]) = acc[i];
        } else if (s.op == Op::Load) {
            fetch(s.kind, s.index, s.number, acc);
        } else {
            roundTo(static_cast<DataType>(static_cast<int>(s.p)), acc);
        }
    }

    /// Writes elements `element` … element + V − 1 of y.
    __device__ __forceinline__ void run(std::int64_t element) {
        first = load(0);
        next = chain.inputCount > 1 ? load(1) : first;
        T acc[V];
        decode<V>(first, chain.types[0], repeats(0), acc);
#pragma unroll
        for (int i = 0; i < V; ++i) saved0[i] = saved1[i] = T{};
#pragma unroll 1
        for (int i = 0; i < chain.stepCount; ++i) step(chain.steps[i], acc);
        store(acc, chain.outputType, chain.y, element);
    }
};

}  // namespace trimtab::cuda
