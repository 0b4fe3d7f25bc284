#include "kernels/cuda/kernels/expression.h"
#include "kernels/cuda/kernels/rows.h"
#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {

Status launchChannelScale(Stream stream, DataType type, std::int64_t outer, std::int64_t channels, std::int64_t inner, const void* x,
                          const float* scale, const float* shift, void* y) {
    if (type != DataType::Float32 && type != DataType::Float16 && type != DataType::BFloat16)
        return fail(ErrorCode::Unsupported, "scale by channel: no kernel for " + std::string(tensor::name(type)));
    Expression chain;
    chain.extents = {outer, channels, inner};
    chain.inputs = {{type, {channels * inner, inner, 1}}, {DataType::Float32, {0, 1, 0}}, {DataType::Float32, {0, 1, 0}}};
    chain.instructions = {{Op::Mul, {Operand::Kind::Input, 1}}, {Op::Add, {Operand::Kind::Input, 2}}};
    chain.outputType = type;
    return launchExpression(stream, chain, {x, scale, shift}, y);
}

}  // namespace trimtab::cuda
