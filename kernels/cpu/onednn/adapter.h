#pragma once
// The one place that knows which oneDNN this is: 2.6 (Debian 12) or 3.x (Ubuntu 24.04). Everything above speaks of these structs.
// oneDNN's exceptions stop here: a description that it has no kernel for is Unsupported with its words.
#include <optional>
#include <string>
#include <vector>

#include <dnnl.hpp>

#include "core/base/result.h"
#include "core/tensor/data_type.h"
#include "core/tensor/shape.h"
#include "kernels/cpu/planning.h"

namespace trimtab::cpu::onednn {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;

const dnnl::engine& engine();
const dnnl::stream& stream();
std::string versionText();     // "2.6.3"
std::string instructionSet();  // what oneDNN uses here: "avx512_core_bf16"
bool hasInt8Products();        // u8 × s8 sums that cannot saturate (VNNI or AMX)
bool hasBfloat16Products();    // the processor multiplies bfloat16
bool emulatesBfloat16();       // oneDNN has bfloat16 kernels for this processor, without such an instruction

/// nullopt for types that oneDNN does not hold.
std::optional<dnnl::memory::data_type> dataType(DataType type);
/// A dense tensor. REQUIRES: dataType(type).
Desc describe(const Shape& shape, DataType type, Layout layout = Layout::Plain);
Desc describe(const Dims& dims, DataType type, const Dims& strides);
/// The kernel chooses the arrangement.
Desc anyLayout(const Dims& dims, DataType type);
std::int64_t byteSize(const Desc& desc);

struct PostOp {
    enum class Kind : std::uint8_t { Sum, Relu, Clip, Sigmoid, Linear, Multiply, Add };
    Kind kind = Kind::Relu;
    float low = 0;   // Clip; Linear: the factor
    float high = 0;  // Clip; Linear: the summand
    Desc operand;    // Multiply, Add: read under DNNL_ARG_ATTR_MULTIPLE_POST_OP(index) | DNNL_ARG_SRC_1
};

struct Attributes {
    std::vector<PostOp> postOps;
    bool sourceZeroPoint = false;  // one int32 under DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC, known when it runs
};

/// A kernel that was chosen, and the arrangements it wants.
struct Primitive {
    dnnl::primitive primitive;
    Desc source, weights, bias, destination, scratchpad;
    std::string name;  // "jit:avx512_core"

    bool isPlainReference() const { return name.rfind("ref", 0) == 0 || name.rfind("gemm:ref", 0) == 0; }
};

struct Window {
    Dims strides, dilations, padBegin, padEnd;  // dilations count skipped elements: 0 is dense
};

Result<Primitive> convolution(const Desc& source, const Desc& weights, const std::optional<Desc>& bias, const Desc& destination,
                              const Window& window, const Attributes& attributes);
Result<Primitive> deconvolution(const Desc& source, const Desc& weights, const std::optional<Desc>& bias, const Desc& destination,
                                const Window& window);
Result<Primitive> matMul(const Desc& source, const Desc& weights, const std::optional<Desc>& bias, const Desc& destination,
                         const Attributes& attributes);

enum class Pooling : std::uint8_t { Max, AverageWithPadding, AverageWithoutPadding };
Result<Primitive> pooling(Pooling kind, const Desc& source, const Desc& destination, const Dims& kernel, const Window& window);
Result<Primitive> reorder(const Desc& source, const Desc& destination);

/// Rearranges bytes now. REQUIRES: both sizes fit their descriptions.
Status reorderNow(const Desc& source, const void* from, const Desc& destination, void* to);

}  // namespace trimtab::cpu::onednn
