// AutoAWQ's version "gemm" (Lin et al. 2023, "AWQ"; the layout of AutoAWQ's WQLinear_GEMM): codes of four bits without a sign, eight
// outputs in a word, from the lowest bits up outputs 0, 2, 4, 6, 1, 3, 5, 7 of the eight; groups along the inputs.
//   qweight int32 [inputs, outputs / 8], qzeros int32 [inputs / group, outputs / 8], scales [inputs / group, outputs]
//   weight[n][k] = (qweight[k][n] − qzeros[k / group][n]) · scales[k / group][n]
#include <fmt/format.h>

#include <set>

#include "core/formats/huggingface/quantized/code_matrix.h"
#include "core/formats/huggingface/quantized/packed_words.h"
#include "core/formats/huggingface/quantized/packing.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr int kBits = 4, kInWord = 32 / kBits, kMiddle = 1 << (kBits - 1);
constexpr std::int64_t kUsualGroup = 128;

/// Where in its word an output stands.
std::int64_t placeOfOutput(std::int64_t n) { return n % 2 == 0 ? n % kInWord / 2 : kInWord / 2 + n % kInWord / 2; }

class AwqPacking final : public Packing {
public:
    explicit AwqPacking(std::int64_t group) : m_group(group) {}

    bool holds(const ModuleTensors& module) const override { return module.has("qweight"); }
    std::vector<std::string> parts() const override { return {"qweight", "qzeros", "scales"}; }

    Result<tensor::QuantizedWeight> codes(const ModuleTensors& module, const Shape& shape, bool read) const override {
        tensor::QuantizedWeight weight = codeMatrix(shape, kBits, m_group);
        const std::int64_t outputs = weight.rows, inputs = weight.columns, groups = weight.groups(), words = outputs / kInWord;
        if (outputs % kInWord != 0 || inputs % weight.group != 0)
            return fail(ErrorCode::Refused,
                        fmt::format("{} has {} inputs and {} outputs, which are no whole groups of {} and words of {}", module.module(),
                                    inputs, outputs, weight.group, kInWord));
        TRIMTAB_TRY(const Tensor* stored, module.get("qweight", {DataType::Int32}, Shape{inputs, words}));
        TRIMTAB_TRY(const Tensor* zeros, module.get("qzeros", {DataType::Int32}, Shape{groups, words}));
        TRIMTAB_TRY(const std::vector<float> scales, module.numbers("scales", Shape{groups, outputs}));
        const auto at = [words](const Tensor& packed, std::int64_t row, std::int64_t n) {
            const PackedWords codes{.words = packed.bytes().data(), .bits = kBits};
            return static_cast<int>(codes.code(row * words + n / kInWord, placeOfOutput(n))) - kMiddle;
        };
        fillZeroPoints(weight, [&](std::int64_t n, std::int64_t g) { return at(*zeros, g, n); });
        if (!read) return weight;
        fillScales(weight, [&](std::int64_t n, std::int64_t g) { return scales[static_cast<std::size_t>(g * outputs + n)]; });
        fillCodes(weight, [&](std::int64_t n, std::int64_t k) { return at(*stored, k, n); });
        stored->releasePages();
        return weight;
    }

private:
    std::int64_t m_group;
};

}  // namespace

Result<std::unique_ptr<Packing>> awqPacking(const Json& quantization) {
    TRIMTAB_TRY(const std::int64_t older, base::integerAt(quantization, "w_bit", kBits));
    TRIMTAB_TRY(const std::int64_t bits, base::integerAt(quantization, "bits", older));
    if (bits != kBits) return fail(ErrorCode::Unsupported, fmt::format("bits is {}; of AWQ 4 are read", bits));
    TRIMTAB_TRY(const std::string version, base::stringAt(quantization, "version", "gemm"));
    static const std::set<std::string, std::less<>> kRead{"gemm", "GEMM"};
    if (!kRead.contains(version))
        return fail(ErrorCode::Unsupported, fmt::format("version {} of AWQ is not read yet; gemm is", version));
    const char* const key = base::memberAt(quantization, "q_group_size") != nullptr ? "q_group_size" : "group_size";
    TRIMTAB_TRY(const std::int64_t group, groupSizeAt(quantization, key, kUsualGroup));
    return std::unique_ptr<Packing>(std::make_unique<AwqPacking>(group));
}

}  // namespace trimtab::formats::huggingface
