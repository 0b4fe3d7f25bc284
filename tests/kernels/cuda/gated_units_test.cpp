// Which products of a graph are a gated unit's.
#include <gtest/gtest.h>

#include "core/graph/passes/passes.h"
#include "kernels/cuda/gated_units.h"
#include "tests/kernels/cpu/graph_maker.h"
#include "tests/kernels/cuda/engine_harness.h"

namespace trimtab::cuda {
namespace {

using test::GraphMaker;
using test::normalTensor;
using test::ValueId;

/// Mul(up, silu(gate)) and its ingredients, each of which a test may spoil.
struct Unit {
    GraphMaker maker;
    ValueId x = maker.input("x", Shape{2, 64});
    ValueId weight(std::uint64_t seed) { return maker.constant(normalTensor(Shape{64, 40}, seed, 0.1)); }
    ValueId product(ValueId of, std::uint64_t seed) { return maker.node("MatMul", {of, weight(seed)}); }
    ValueId silu(ValueId of) { return maker.node("Mul", {of, maker.node("Sigmoid", {of})}); }
    std::size_t count() {
        Graph graph = maker.finish();
        EXPECT_TRUE(graph::fuse(graph));
        graph.removeDeadNodes();
        return gatedUnits(graph).size();
    }
};

TEST(CudaGatedUnits, AreKnownInEitherOrder) {
    for (const bool gateFirst : {false, true}) {
        Unit unit;
        const ValueId gate = unit.product(unit.x, 1);
        const ValueId up = unit.product(unit.x, 2);
        const ValueId silu = unit.silu(gate);
        unit.maker.output(unit.maker.node("Mul", gateFirst ? std::vector{silu, up} : std::vector{up, silu}));
        EXPECT_EQ(unit.count(), 4U);  // gate, up, silu and the result
    }
}

TEST(CudaGatedUnits, NeedOneInputAndNoOtherReaders) {
    Unit others;
    const ValueId y = others.maker.input("y", Shape{2, 64});
    others.maker.output(others.maker.node("Mul", {others.silu(others.product(others.x, 1)), others.product(y, 2)}));
    EXPECT_EQ(others.count(), 0U);

    Unit readTwice;
    const ValueId up = readTwice.product(readTwice.x, 2);
    readTwice.maker.output(readTwice.maker.node("Mul", {readTwice.silu(readTwice.product(readTwice.x, 1)), up}));
    readTwice.maker.output(readTwice.maker.node("Neg", {up}));
    EXPECT_EQ(readTwice.count(), 0U);

    Unit returned;
    const ValueId gate = returned.product(returned.x, 1);
    returned.maker.output(returned.maker.node("Mul", {returned.silu(gate), returned.product(returned.x, 2)}));
    returned.maker.output(gate);
    EXPECT_EQ(returned.count(), 0U);
}

TEST(CudaGatedUnits, NeedPlainProductsUnderOneTreatment) {
    Unit biased;
    const ValueId gate = biased.maker.node("Add", {biased.product(biased.x, 1), biased.maker.constant(normalTensor(Shape{40}, 3))});
    biased.maker.output(biased.maker.node("Mul", {biased.silu(gate), biased.product(biased.x, 2)}));
    EXPECT_EQ(biased.count(), 0U);

    Unit treated;
    const ValueId plain = treated.product(treated.x, 1);
    const ValueId up = treated.product(treated.x, 2);
    treated.maker.last().treatment.compute = graph::ComputeType::BFloat16;
    treated.maker.output(treated.maker.node("Mul", {treated.silu(plain), up}));
    EXPECT_EQ(treated.count(), 0U);
}

/// A second node may read x behind the products, and the unit's result be a graph's output in float32.
TEST(CudaGatedUnits, LeaveFloat32Results) {
    Unit unit;
    graph::Treatment treatment;
    treatment.compute = graph::ComputeType::BFloat16;
    treatment.weightBits = 8;
    const auto product = [&](std::uint64_t seed) {
        const Tensor weight = normalTensor(Shape{64, 40}, seed, 0.1);
        const ValueId codes = unit.maker.quantized(test::quantize(weight, tensor::WeightLayout::OutputsLast, 8));
        const ValueId y = unit.maker.node("MatMul", {unit.x, codes});
        unit.maker.last().treatment = treatment;
        return y;
    };
    const ValueId up = product(1);
    const ValueId gate = product(2);
    unit.maker.output(unit.maker.node("Mul", {unit.silu(gate), up}));
    const auto layers = expectLikeReference(unit.maker.finish(), {{"x", normalTensor(Shape{2, 64}, 5)}}, 2e-2);
    EXPECT_EQ(layers.front().kernel, "gated few rows int8 bf16");
}

}  // namespace
}  // namespace trimtab::cuda
