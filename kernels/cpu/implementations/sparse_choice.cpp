#include "kernels/cpu/implementations/sparse_choice.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "kernels/cpu/implementations/dense_choice.h"
#include "kernels/cpu/implementations/timed_runs.h"
#include "kernels/cpu/implementations/weight_only.h"
#include "kernels/cpu/onednn/timing.h"

namespace trimtab::cpu {
namespace {

constexpr double kHopeless = 3;      // times the best prediction
constexpr double kMustBeFaster = 0.95;
constexpr double kSmallestGain = 0.5e-6;  // seconds: below lies the noise of starting a kernel

/// Of the dense kernel that would run otherwise.
Result<double> secondsDense(Builder& builder, const NodeView& view, const WeightProduct& product, const Tensor& x, Tensor& y) {
    if (product.m <= kFewRows || panelsAreFaster(product.m, product.n, product.k)) {
        TRIMTAB_TRY(const auto packed, packedFloat32(builder, view, product));
        const auto run = [&] { simd::matMul(*packed.value, x.data<float>().data(), product.m, y.mutableData<float>().data()); };
        return fastest(run);
    }
    const auto plain = [](std::int64_t rows, std::int64_t columns) { return onednn::describe(Shape{rows, columns}, DataType::Float32); };
    TRIMTAB_TRY(const auto primitive,
                onednn::matMul(plain(product.m, product.k), onednn::anyLayout({product.k, product.n}, DataType::Float32), std::nullopt,
                               plain(product.m, product.n), {}));
    return onednn::fastestRun(primitive, kTimedRuns + 1);
}

/// The weight of one product, as rows once a packing asks for them.
class Candidates {
public:
    Candidates(Builder& builder, const NodeView& view, const WeightProduct& product)
        : m_store(builder.weightStore()), m_weight(*view.constant(1)), m_product(product) {}

    Result<WeightStore::Entry<std::vector<simd::FittingForm>>> fitting() {
        const auto make = [&]() -> Result<std::vector<simd::FittingForm>> {
            TRIMTAB_REQUIRE(readRows());
            return simd::fittingForms(m_rows, m_product.n, m_product.k);
        };
        return m_store.findOrMake<std::vector<simd::FittingForm>>(m_weight.bytes().data(), kind("zeros"), m_weight, make,
                                                                  [](const auto&) { return std::int64_t{0}; });
    }
    Result<WeightStore::Entry<simd::SparseWeight>> make(const simd::SparseForm& form) {
        const auto make = [&]() -> Result<simd::SparseWeight> {
            TRIMTAB_REQUIRE(readRows());
            return simd::makeSparse(form, m_rows, m_product.n, m_product.k);
        };
        return m_store.findOrMake<simd::SparseWeight>(m_weight.bytes().data(), kind(simd::name(form)), m_weight, make,
                                                      [](const simd::SparseWeight& made) { return simd::bytes(made); });
    }

private:
    Status readRows() {
        if (!m_rows.empty()) return {};
        TRIMTAB_TRY(m_rows, tensor::toRows(m_weight, m_product.layout));
        return {};
    }
    std::string kind(const std::string& form) const {
        return form + (m_product.layout == tensor::WeightLayout::OutputsFirst ? " n k" : " k n");
    }

    WeightStore& m_store;
    Tensor m_weight;
    const WeightProduct& m_product;
    std::vector<float> m_rows;
};

struct Timed {
    std::string name;
    double seconds = 0;
};

std::string timesText(std::vector<Timed> timed, const std::string& skipped) {
    std::stable_sort(timed.begin(), timed.end(), [](const Timed& a, const Timed& b) { return a.seconds < b.seconds; });
    std::string text;
    for (const Timed& one : timed) text += fmt::format("{}{:.1f} µs {}", text.empty() ? "" : ", ", one.seconds * 1e6, one.name);
    return skipped.empty() ? text : text + "; not timed: " + skipped;
}

}  // namespace

Result<SparseChoice> chooseSparse(Builder& builder, const NodeView& view, const WeightProduct& product) {
    Candidates candidates(builder, view, product);
    SparseChoice choice;
    TRIMTAB_TRY(choice.fitting, candidates.fitting());
    std::vector<simd::FittingForm> forms = *choice.fitting.value;
    choice.density = forms.front().stored;
    const auto predicted = [&](const simd::FittingForm& form) { return simd::predictedTime(form, product.m); };
    std::stable_sort(forms.begin(), forms.end(), [&](const auto& a, const auto& b) { return predicted(a) < predicted(b); });
    const double bestPredicted = std::min(1.0, predicted(forms.front()));

    TRIMTAB_TRY(const Tensor x, Tensor::zeros(DataType::Float32, Shape{product.m, product.k}));
    TRIMTAB_TRY(Tensor y, Tensor::allocate(DataType::Float32, Shape{product.m, product.n}));
    TRIMTAB_TRY(Tensor scratch, Tensor::allocate(DataType::Float32, Shape{simd::scratchFloats(product.k, product.m)}));
    TRIMTAB_TRY(double best, secondsDense(builder, view, product, x, y));
    std::vector<Timed> timed{{"dense", best}};
    std::string skipped;
    for (const simd::FittingForm& fitting : forms) {
        const std::string name = simd::name(fitting.form);
        if (predicted(fitting) > kHopeless * bestPredicted) {
            skipped += fmt::format("{}{} ({:.1f} times the best by operations)", skipped.empty() ? "" : ", ", name,
                                   predicted(fitting) / bestPredicted);
            continue;
        }
        TRIMTAB_TRY(auto entry, candidates.make(fitting.form));
        const auto run = [&] {
            simd::matMul(*entry.value, x.data<float>().data(), product.m, y.mutableData<float>().data(), {},
                         scratch.mutableData<float>().data());
        };
        const double seconds = fastest(run, best);
        timed.push_back({name, seconds});
        if (seconds >= kMustBeFaster * best || best - seconds < kSmallestGain) continue;
        best = seconds;
        choice.form = fitting.form;
        choice.weight = std::move(entry);
    }
    choice.times = timesText(std::move(timed), skipped);
    if (!choice.weight.value) return fail(ErrorCode::Unsupported, "dense was picked by measured speed (" + choice.times + ")");
    return choice;
}

}  // namespace trimtab::cpu
