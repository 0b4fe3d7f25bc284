// Products that skip the zeros of pruned weights (CSR), where that is faster here: both kernels are timed once for each weight and number
// of rows when the plan is made, and the faster is taken.
#include <chrono>
#include <limits>

#include "kernels/cpu/implementations/emulation.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/matmul.h"
#include "kernels/cpu/implementations/weight_only.h"
#include "kernels/cpu/onednn/timing.h"
#include "kernels/cpu/simd/csr_weight.h"

namespace trimtab::cpu {
namespace {

/// Above this share of non-zeros an index for each weight costs more than it saves on every processor tried; no time is spent on measuring.
constexpr double kHighestDensity = 0.6;
constexpr int kTimedRuns = 5;

/// Seconds of the fastest of a few runs.
template <class Run>
double fastest(const Run& run) {
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < kTimedRuns; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        run();
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    return best;
}

struct Operands {
    Tensor x, y;
};

Result<Operands> operands(const WeightProduct& product) {
    TRIMTAB_TRY(Tensor x, Tensor::zeros(DataType::Float32, Shape{product.m, product.k}));
    TRIMTAB_TRY(Tensor y, Tensor::allocate(DataType::Float32, Shape{product.m, product.n}));
    return Operands{std::move(x), std::move(y)};
}

Result<double> secondsSparse(const simd::CsrWeight& weight, const WeightProduct& product) {
    TRIMTAB_TRY(Operands on, operands(product));
    TRIMTAB_TRY(Tensor scratch, Tensor::allocate(DataType::Float32, Shape{simd::scratchFloats(weight, product.m)}));
    return fastest([&] {
        simd::matMul(weight, on.x.data<float>().data(), product.m, on.y.mutableData<float>().data(), {},
                     scratch.mutableData<float>().data());
    });
}

/// Of the dense kernel that would run otherwise.
Result<double> secondsDense(Builder& builder, const NodeView& view, const WeightProduct& product) {
    if (product.m <= kFewRows) {
        TRIMTAB_TRY(const auto packed, packedFloat32(builder, view, product));
        TRIMTAB_TRY(Operands on, operands(product));
        return fastest([&] { simd::matMul(*packed.value, on.x.data<float>().data(), product.m, on.y.mutableData<float>().data()); });
    }
    const auto plain = [](std::int64_t rows, std::int64_t columns) { return onednn::describe(Shape{rows, columns}, DataType::Float32); };
    TRIMTAB_TRY(const auto primitive,
                onednn::matMul(plain(product.m, product.k), onednn::anyLayout({product.k, product.n}, DataType::Float32), std::nullopt,
                               plain(product.m, product.n), {}));
    return onednn::fastestRun(primitive, kTimedRuns);
}

std::string microseconds(double seconds) { return std::to_string(static_cast<std::int64_t>(seconds * 1e6)) + " µs"; }

}  // namespace

bool hasSparseKernel(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    const bool isPlain = treatment.weightBits == 32 && treatment.activationBits == 32 && treatment.compute == graph::ComputeType::Float32;
    const bool isConvolution = view.node.op == "Conv" || view.node.op == "FusedConv";
    return isPlain && !isConvolution && hasTreatedOperands(view.node) && view.constant(1) && isFloatWeightProduct(view, nullptr);
}

runtime::Support judgeSparse(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    if (!treatment.pruned || !hasSparseKernel(view)) return notMeant();  // the planner notes that the zeros are multiplied
    if (treatment.density > kHighestDensity) return refused("too few weights are zero");
    return native();
}

Status placeSparse(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const WeightProduct product, weightProduct(view));
    const Tensor weight = *view.constant(1);
    const auto make = [&]() -> Result<simd::CsrWeight> {
        TRIMTAB_TRY(const auto rows, tensor::toRows(weight, product.layout));
        return simd::CsrWeight::fromDense(rows, product.n, product.k);
    };
    const std::string orientation = product.layout == tensor::WeightLayout::OutputsFirst ? " n k" : " k n";
    TRIMTAB_TRY(auto entry, builder.weightStore().findOrMake<simd::CsrWeight>(weight.bytes().data(), "csr" + orientation, weight, make,
                                                                              [](const simd::CsrWeight& csr) { return csr.bytes(); }));
    TRIMTAB_TRY(const double sparse, secondsSparse(*entry.value, product));
    TRIMTAB_TRY(const double dense, secondsDense(builder, view, product));
    const std::string times = microseconds(sparse) + " sparse, " + microseconds(dense) + " dense";
    if (sparse >= dense) return fail(ErrorCode::Unsupported, "dense was picked by measured speed (" + times + ")");

    builder.hold(entry.held);
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0)));
    TRIMTAB_TRY(const SlotId bias, readBias(builder, view, product));
    const SlotId y = builder.write(view.node.output(0));
    const SlotId scratch = builder.scratch(simd::scratchFloats(*entry.value, product.m) * 4);
    std::vector<SlotId> reads{x};
    if (bias != kNoSlot) reads.push_back(bias);
    builder.step(
        [csr = entry.value, x, y, bias, scratch, m = product.m, relu = product.relu](Frame& frame) {
            const simd::Epilogue epilogue{bias == kNoSlot ? nullptr : frame.at<float>(bias), relu};
            simd::matMul(*csr, frame.at<float>(x), m, frame.at<float>(y), epilogue, frame.at<float>(scratch));
            return Status{};
        },
        std::move(reads), {y, scratch});
    recordTreatment(builder, view);
    builder.record().weightBytes = entry.held.bytes;
    builder.record().density = static_cast<double>(entry.value->nonZeros()) / static_cast<double>(product.n * product.k);
    builder.record().kernel = "csr " + std::string(simd::name(simd::bestIsa()));
    // The name is part of what tells plans apart; measured times would make every plan another one.
    builder.record().reason = "picked by measured speed: " + times;
    return {};
}

}  // namespace trimtab::cpu
