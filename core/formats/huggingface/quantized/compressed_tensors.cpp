// compressed-tensors (vLLM project), the formats of weights that it documents. Codes are signed; those that are packed stand in words
// (packed_words.h) 2^(bits − 1) higher, and so do packed zero points.
//   pack-quantized   weight_packed int32 [outputs, ⌈inputs · bits / 32⌉], weight_shape int64 [2], weight_scale by its strategy and, where
//                    not symmetric, weight_zero_point int32 [⌈outputs · bits / 32⌉, groups], packed along the outputs, or int8 as the
//                    scales
//   int-quantized    weight int8 [outputs, inputs], weight_scale, weight_zero_point int8
//   float-quantized  weight float8 [outputs, inputs], weight_scale
//   mxfp4-pack-quantized  mx4_codes.h
//   value[n][k] = (code[n][k] − zero) · scale
// Strategies: one scale for the tensor, for an output (channel), for a group of its inputs, or for a block. With actorder "group"
// weight_g_idx gives each input's group, as in gptq.cpp. A module's tensors decide which of config_groups it is of.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/formats/huggingface/quantized/code_matrix.h"
#include "core/formats/huggingface/quantized/compressed_group.h"
#include "core/formats/huggingface/quantized/float8_codes.h"
#include "core/formats/huggingface/quantized/mx4_codes.h"
#include "core/formats/huggingface/quantized/packed_words.h"
#include "core/formats/huggingface/quantized/packing.h"
#include "core/tensor/convert.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr const char* kScale = "weight_scale";
constexpr const char* kZero = "weight_zero_point";
constexpr const char* kOrder = "weight_g_idx";

class CompressedPacking final : public Packing {
public:
    CompressedPacking(std::vector<CompressedGroup> groups, std::vector<std::string> limits)
        : m_groups(std::move(groups)), m_limits(std::move(limits)) {}

    bool holds(const ModuleTensors& module) const override {
        const Tensor* const weight = module.find("weight");
        return module.has("weight_packed") || module.has(kScale) || isFloat8(weight) || (weight && weight->type() == DataType::Int8);
    }
    std::vector<std::string> parts() const override {
        return {"weight", "weight_packed", "weight_shape", kScale, kZero, kOrder, "input_scale", "input_zero_point", "output_scale"};
    }
    std::vector<std::string> limits() const override { return m_limits; }

    Result<tensor::QuantizedWeight> codes(const ModuleTensors& module, const Shape& shape, bool read) const override {
        TRIMTAB_TRY(const CompressedGroup* group, groupOf(module, shape));
        const bool isInteger = group->format == CompressedFormat::Packed || group->format == CompressedFormat::Integer;
        if (!isInteger && (module.has(kOrder) || module.has(kZero)))
            return fail(ErrorCode::Unsupported, fmt::format("{} is there, with which floating-point codes are not read",
                                                            module.nameOf(module.has(kOrder) ? kOrder : kZero)));
        if (group->format == CompressedFormat::Float) return float8Codes(module, kScale, group->grid, shape, read);
        if (group->format == CompressedFormat::Mx4) return mx4Codes(module, shape, read);
        tensor::QuantizedWeight weight = codeMatrix(shape, group->bits, group->grid.inputs);
        TRIMTAB_TRY(const std::vector<float> scales, scalesIn(module, kScale, group->grid, shape));
        TRIMTAB_TRY(const std::vector<std::int64_t> order, inputOrder(module, shape));
        TRIMTAB_REQUIRE(readCodes(module, *group, order, weight, read));
        TRIMTAB_REQUIRE(readZeroPoints(module, *group, weight, shape));
        if (read) fillScales(weight, [&](std::int64_t n, std::int64_t g) { return scales[group->grid.at(shape, n, g)]; });
        return weight;
    }

    Result<std::vector<std::int64_t>> inputOrder(const ModuleTensors& module, const Shape& shape) const override {
        const Tensor* const given = module.find(kOrder);
        if (given == nullptr) return std::vector<std::int64_t>();
        TRIMTAB_TRY(const CompressedGroup* group, groupOf(module, shape));
        return inputsByGroup(module, kOrder, shape[1], codeMatrix(shape, group->bits, group->grid.inputs).group);
    }

private:
    /// The first group that the module's tensors are of; of one alone, it.
    Result<const CompressedGroup*> groupOf(const ModuleTensors& module, const Shape& shape) const {
        if (m_groups.size() == 1) return &m_groups.front();
        for (const CompressedGroup& group : m_groups)
            if (isOf(module, group, shape)) return &group;
        return fail(ErrorCode::Refused,
                    fmt::format("the tensors of {} are of none of the {} config_groups", module.module(), m_groups.size()));
    }

    static bool isOf(const ModuleTensors& module, const CompressedGroup& group, const Shape& shape) {
        const Tensor *const packed = module.find("weight_packed"), *const weight = module.find("weight");
        const Tensor* const scale = module.find(kScale);
        if (scale == nullptr || !fits(*scale, group.grid, shape)) return false;
        switch (group.format) {
            case CompressedFormat::Packed:
                return packed && packed->type() == DataType::Int32 && packed->shape() == Shape{shape[0], wordsOf(shape[1], group.bits)};
            case CompressedFormat::Integer: return weight && weight->type() == DataType::Int8;
            case CompressedFormat::Float: return isFloat8(weight);
            case CompressedFormat::Mx4: return packed && packed->type() == DataType::UInt8;
        }
        return false;
    }

    static Status readCodes(const ModuleTensors& module, const CompressedGroup& group, const std::vector<std::int64_t>& order,
                            tensor::QuantizedWeight& weight, bool read) {
        const std::int64_t inputs = weight.columns;
        const int middle = 1 << (group.bits - 1);
        const auto inputAt = [&](std::int64_t k) { return order.empty() ? k : order[static_cast<std::size_t>(k)]; };
        if (group.format == CompressedFormat::Packed) {
            const std::int64_t words = wordsOf(inputs, group.bits);
            TRIMTAB_TRY(const Tensor* stored, module.get("weight_packed", {DataType::Int32}, Shape{weight.rows, words}));
            TRIMTAB_REQUIRE(checkShape(module, weight));
            if (!read) return {};
            const PackedWords packed{.words = stored->bytes().data(), .bits = group.bits};
            fillCodes(weight,
                      [&](std::int64_t n, std::int64_t k) { return static_cast<int>(packed.code(n * words, inputAt(k))) - middle; });
            stored->releasePages();
            return {};
        }
        TRIMTAB_TRY(const Tensor* stored, module.get("weight", {DataType::Int8}, Shape{weight.rows, inputs}));
        if (!read) return {};
        const auto* const codes = reinterpret_cast<const std::int8_t*>(stored->bytes().data());
        for (std::int64_t i = 0; i < weight.rows * inputs; ++i)
            if (codes[i] < -middle || codes[i] >= middle)
                return fail(ErrorCode::Refused,
                            fmt::format("{} holds {}, which is no code of {} bits", module.nameOf("weight"), codes[i], group.bits));
        fillCodes(weight, [&](std::int64_t n, std::int64_t k) { return codes[n * inputs + inputAt(k)]; });
        stored->releasePages();
        return {};
    }

    /// The shape that packing hides.
    static Status checkShape(const ModuleTensors& module, const tensor::QuantizedWeight& weight) {
        TRIMTAB_TRY(const Tensor* stored, module.get("weight_shape", {DataType::Int64, DataType::Int32}, Shape{2}));
        TRIMTAB_TRY(const Tensor aligned, stored->clone());
        const std::vector<std::int64_t> said = tensor::toInt64s(aligned), wanted{weight.rows, weight.columns};
        if (said != wanted)
            return fail(ErrorCode::Refused, fmt::format("{} says [{}], and the config asks for [{}]", module.nameOf("weight_shape"),
                                                        fmt::join(said, ", "), fmt::join(wanted, ", ")));
        return {};
    }

    /// Without the tensor they are zero: it is left out where all of them are.
    static Status readZeroPoints(const ModuleTensors& module, const CompressedGroup& group, tensor::QuantizedWeight& weight,
                                 const Shape& shape) {
        if (!module.has(kZero)) return {};
        TRIMTAB_TRY(const Tensor* stored, module.get(kZero, {DataType::Int8, DataType::Int32}));
        const int middle = 1 << (group.bits - 1);
        if (stored->type() == DataType::Int32) {
            const Shape packed{wordsOf(weight.rows, group.bits), weight.groups()};
            TRIMTAB_REQUIRE(module.get(kZero, {DataType::Int32}, packed));
            const PackedWords words{.words = stored->bytes().data(), .bits = group.bits, .step = packed[1]};
            fillZeroPoints(weight, [&](std::int64_t n, std::int64_t g) { return static_cast<int>(words.code(g, n)) - middle; });
        } else {
            if (!fits(*stored, group.grid, shape))
                return fail(ErrorCode::Refused, fmt::format("{} is {}, and the config asks for {}", module.nameOf(kZero),
                                                            stored->shape().text(), group.grid.shapeFor(shape).text()));
            const auto* const zeros = reinterpret_cast<const std::int8_t*>(stored->bytes().data());
            fillZeroPoints(weight, [&](std::int64_t n, std::int64_t g) { return zeros[group.grid.at(shape, n, g)]; });
        }
        if (group.isSymmetric && !weight.symmetric)
            return fail(ErrorCode::Refused,
                        fmt::format("{} holds zero points, and the config says that weights are symmetric", module.nameOf(kZero)));
        return {};
    }

    std::vector<CompressedGroup> m_groups;
    std::vector<std::string> m_limits;
};

}  // namespace

Result<std::unique_ptr<Packing>> compressedTensorsPacking(const Json& quantization) {
    std::vector<std::string> limits;
    TRIMTAB_TRY(auto groups, compressedGroupsIn(quantization, limits));
    return std::unique_ptr<Packing>(std::make_unique<CompressedPacking>(std::move(groups), std::move(limits)));
}

}  // namespace trimtab::formats::huggingface
