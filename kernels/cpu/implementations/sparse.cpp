// Products that skip the zeros of pruned weights (CSR), where that is faster here: both kernels are timed once for each weight and number of rows when the
// plan is made, and the faster is taken.
#include <chrono>
#include <limits>

#include "kernels/cpu/implementations/emulation.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/matmul.h"
#include "kernels/cpu/onednn/timing.h"
#include "kernels/cpu/simd/csr_weight.h"

namespace trimtab::cpu {
namespace {

/// Above this share of non-zeros an index for each weight costs more than it saves on every processor tried; no time is spent on measuring.
constexpr double kHighestDensity = 0.6;
constexpr int kTimedRuns = 5;

/// Seconds of the fastest of a few runs.
Result<double> secondsOf(const simd::CsrWeight& weight, std::int64_t m) {
    TRIMTAB_TRY(Tensor x, Tensor::zeros(DataType::Float32, Shape{m, weight.columns}));
    TRIMTAB_TRY(Tensor y, Tensor::allocate(DataType::Float32, Shape{m, weight.rows}));
    TRIMTAB_TRY(Tensor scratch, Tensor::allocate(DataType::Float32, Shape{simd::scratchFloats(weight, m)}));
    double best = std::numeric_limits<double>::infinity();
    for (int run = 0; run < kTimedRuns; ++run) {
        const auto begin = std::chrono::steady_clock::now();
        simd::matMul(weight, x.data<float>().data(), m, y.mutableData<float>().data(), {}, scratch.mutableData<float>().data());
        best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    return best;
}

Result<double> secondsDense(const WeightProduct& product) {
    const auto plain = [](std::int64_t rows, std::int64_t columns) { return onednn::describe(Shape{rows, columns}, DataType::Float32); };
    TRIMTAB_TRY(const auto primitive, onednn::matMul(plain(product.m, product.k), onednn::anyLayout({product.k, product.n}, DataType::Float32), std::nullopt,
                                                     plain(product.m, product.n), {}));
    return onednn::fastestRun(primitive, kTimedRuns);
}

std::string microseconds(double seconds) { return std::to_string(static_cast<std::int64_t>(seconds * 1e6)) + " µs"; }

}  // namespace

runtime::Support judgeSparse(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    const bool isPlain = treatment.weightBits == 32 && treatment.activationBits == 32 && treatment.compute == graph::ComputeType::Float32;
    if (!treatment.pruned || !isPlain) return notMeant();
    if (view.node.op == "Conv" || view.node.op == "FusedConv") return refused("no kernel skips the zeros of convolutions");
    std::string reason;
    if (!isWeightProduct(view, &reason)) return refused(reason);
    if (!view.constant(1)) return refused("its weight is not constant");
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
    TRIMTAB_TRY(const double sparse, secondsOf(*entry.value, product.m));
    TRIMTAB_TRY(const double dense, secondsDense(product));
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
    builder.record().kernel = "csr " + std::string(simd::name(simd::bestIsa())) + ", picked by measured speed (" + times + ")";
    return {};
}

}  // namespace trimtab::cpu
