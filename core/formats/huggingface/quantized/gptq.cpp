// GPTQ (Frantar et al. 2022) as AutoGPTQ and GPTQModel store it: codes of 2, 3, 4 or 8 bits without a sign, those of an output's inputs one
// behind the other in words (packed_words.h), and zero points along the outputs.
//   qweight int32 [⌈inputs · bits / 32⌉, outputs], qzeros int32 [groups, ⌈outputs · bits / 32⌉], scales [groups, outputs],
//   g_idx int32 [inputs]
//   weight[n][k] = (qweight[k][n] − zero) · scales[g_idx[k]][n]
// with zero = qzeros[g_idx[k]][n] where checkpoint_format is gptq_v2, and one more where it is gptq. Without g_idx the group of k is
// k / group_size. Where inputs were ordered by their activations ("desc_act"), g_idx is no such run: columns are put into the order of
// their groups, and a product reads its inputs in that order.
#include <array>

#include <fmt/format.h>

#include "core/formats/huggingface/quantized/code_matrix.h"
#include "core/formats/huggingface/quantized/packed_words.h"
#include "core/formats/huggingface/quantized/packing.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr std::array kWidths{2, 3, 4, 8};
constexpr std::int64_t kUsualGroup = 128;

struct GptqConfig {
    int bits = 4;
    std::int64_t group = 0;
    bool isSymmetric = true;
    bool areZerosOneLess = true;  // as checkpoint_format gptq has them
};

class GptqPacking final : public Packing {
public:
    explicit GptqPacking(const GptqConfig& config) : m_config(config) {}

    bool holds(const ModuleTensors& module) const override { return module.has("qweight"); }
    std::vector<std::string> parts() const override { return {"qweight", "qzeros", "scales", "g_idx"}; }

    Result<tensor::QuantizedWeight> codes(const ModuleTensors& module, const Shape& shape, bool read) const override {
        tensor::QuantizedWeight weight = codeMatrix(shape, m_config.bits, m_config.group);
        const std::int64_t outputs = weight.rows, inputs = weight.columns, groups = weight.groups();
        const int middle = 1 << (m_config.bits - 1);
        TRIMTAB_TRY(const Tensor* stored, module.get("qweight", {DataType::Int32}, Shape{wordsOf(inputs, m_config.bits), outputs}));
        TRIMTAB_TRY(const std::vector<float> scales, module.numbers("scales", Shape{groups, outputs}));
        TRIMTAB_TRY(const std::vector<std::int64_t> order, inputOrder(module, shape));
        TRIMTAB_TRY(const std::vector<int> zeros, zerosOf(module, groups, outputs));
        const auto placeOf = [outputs](std::int64_t n, std::int64_t g) { return static_cast<std::size_t>(g * outputs + n); };
        fillZeroPoints(weight, [&](std::int64_t n, std::int64_t g) { return zeros[placeOf(n, g)] - middle; });
        if (!read) return weight;
        fillScales(weight, [&](std::int64_t n, std::int64_t g) { return scales[placeOf(n, g)]; });
        const PackedWords packed{.words = stored->bytes().data(), .bits = m_config.bits, .step = outputs};
        fillCodes(weight, [&](std::int64_t n, std::int64_t k) {
            return static_cast<int>(packed.code(n, order.empty() ? k : order[static_cast<std::size_t>(k)])) - middle;
        });
        stored->releasePages();
        return weight;
    }

    Result<std::vector<std::int64_t>> inputOrder(const ModuleTensors& module, const Shape& shape) const override {
        if (!module.has("g_idx")) return std::vector<std::int64_t>();
        return inputsByGroup(module, "g_idx", shape[1], codeMatrix(shape, m_config.bits, m_config.group).group);
    }

private:
    /// [groups][outputs], as the formula has them.
    Result<std::vector<int>> zerosOf(const ModuleTensors& module, std::int64_t groups, std::int64_t outputs) const {
        const std::int64_t words = wordsOf(outputs, m_config.bits);
        TRIMTAB_TRY(const Tensor* stored, module.get("qzeros", {DataType::Int32}, Shape{groups, words}));
        const PackedWords packed{.words = stored->bytes().data(), .bits = m_config.bits};
        const int middle = 1 << (m_config.bits - 1), largest = 2 * middle - 1;
        std::vector<int> zeros;
        zeros.reserve(static_cast<std::size_t>(groups * outputs));
        bool areAllMiddle = true;
        for (std::int64_t g = 0; g < groups; ++g)
            for (std::int64_t n = 0; n < outputs; ++n) {
                const int zero = static_cast<int>(packed.code(g * words, n));
                areAllMiddle = areAllMiddle && zero == middle;
                if (m_config.areZerosOneLess && zero == largest)
                    return fail(ErrorCode::Unsupported,
                                fmt::format("{} holds {}, which some readers of checkpoint_format gptq take for {} and others for 0",
                                            module.nameOf("qzeros"), zero, zero + 1));
                zeros.push_back(zero + (m_config.areZerosOneLess ? 1 : 0));
            }
        if (m_config.areZerosOneLess && m_config.isSymmetric && areAllMiddle)
            return fail(ErrorCode::Refused,
                        fmt::format("{} holds {} throughout: with \"sym\" that is how checkpoint_format gptq_v2 stores zero points, and "
                                    "config.json says gptq, which would store {}; set the one that it is",
                                    module.nameOf("qzeros"), middle, middle - 1));
        return zeros;
    }

    GptqConfig m_config;
};

/// "dynamic" gives modules other widths by regular expressions; those behind "-:" are left as they are, which their tensors say too.
Status checkDynamic(const Json& quantization) {
    const Json* const dynamic = base::memberAt(quantization, "dynamic");
    if (dynamic == nullptr) return {};
    if (!dynamic->is_object()) return fail(ErrorCode::Refused, "dynamic is no object");
    for (const auto& [pattern, fields] : dynamic->items())
        if (!pattern.starts_with("-:"))
            return fail(ErrorCode::Unsupported, fmt::format("dynamic gives {:.60} a width of its own, which is not read yet", pattern));
    return {};
}

}  // namespace

Result<std::unique_ptr<Packing>> gptqPacking(const Json& quantization) {
    GptqConfig config;
    TRIMTAB_TRY(const std::int64_t bits, base::integerAt(quantization, "bits"));
    if (std::ranges::find(kWidths, bits) == kWidths.end())
        return fail(ErrorCode::Unsupported, fmt::format("bits is {}; of GPTQ 2, 3, 4 and 8 are read", bits));
    config.bits = static_cast<int>(bits);
    TRIMTAB_TRY(config.group, groupSizeAt(quantization, "group_size", kUsualGroup));
    TRIMTAB_TRY(config.isSymmetric, base::booleanAt(quantization, "sym", true));
    TRIMTAB_TRY(const std::string format, base::stringAt(quantization, "checkpoint_format", "gptq"));
    if (format != "gptq" && format != "gptq_v2")
        return fail(ErrorCode::Unsupported, fmt::format("checkpoint_format {} is not read yet; gptq and gptq_v2 are", format));
    config.areZerosOneLess = format == "gptq";
    TRIMTAB_TRY(const std::string word, base::stringAt(quantization, "pack_dtype", "int32"));
    if (word != "int32") return fail(ErrorCode::Unsupported, fmt::format("pack_dtype {} is not read yet; int32 is", word));
    TRIMTAB_REQUIRE(checkDynamic(quantization));
    return std::unique_ptr<Packing>(std::make_unique<GptqPacking>(config));
}

}  // namespace trimtab::formats::huggingface
