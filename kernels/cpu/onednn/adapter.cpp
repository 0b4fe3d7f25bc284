#include "kernels/cpu/onednn/adapter.h"

namespace trimtab::cpu::onednn {
namespace {

using dnnl::algorithm;
using dnnl::memory;
constexpr auto kInference = dnnl::prop_kind::forward_inference;

template <class Make>
auto caught(const Make& make) -> decltype(make()) {
    try {
        return make();
    } catch (const dnnl::error& error) {
        if (error.status == dnnl_out_of_memory) return fail(ErrorCode::OutOfMemory, "oneDNN ran out of memory");
        return fail(ErrorCode::Unsupported, std::string("oneDNN has no kernel for it (") + error.what() + ")");
    } catch (const std::exception& error) {
        return fail(ErrorCode::Failed, std::string("oneDNN: ") + error.what());
    }
}

void appendEltwise(dnnl::post_ops& ops, algorithm kind, float alpha, float beta) {
#if DNNL_VERSION_MAJOR >= 3
    ops.append_eltwise(kind, alpha, beta);
#else
    ops.append_eltwise(1.0F, kind, alpha, beta);
#endif
}

dnnl::primitive_attr attributesOf(const Attributes& attributes) {
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    dnnl::post_ops ops;
    for (const PostOp& op : attributes.postOps) {
        switch (op.kind) {
            case PostOp::Kind::Sum: ops.append_sum(1.0F); break;
            case PostOp::Kind::Relu: appendEltwise(ops, algorithm::eltwise_relu, 0, 0); break;
            case PostOp::Kind::Clip: appendEltwise(ops, algorithm::eltwise_clip, op.low, op.high); break;
            case PostOp::Kind::Sigmoid: appendEltwise(ops, algorithm::eltwise_logistic, 0, 0); break;
            case PostOp::Kind::Linear: appendEltwise(ops, algorithm::eltwise_linear, op.low, op.high); break;
            case PostOp::Kind::Multiply: ops.append_binary(algorithm::binary_mul, op.operand); break;
            case PostOp::Kind::Add: ops.append_binary(algorithm::binary_add, op.operand); break;
        }
    }
    if (attributes.postOps.size() > 0) attr.set_post_ops(ops);
    if (attributes.sourceZeroPoint) {
#if DNNL_VERSION_MAJOR >= 3
        attr.set_zero_points_mask(DNNL_ARG_SRC, 0);
#else
        attr.set_zero_points(DNNL_ARG_SRC, 0, {DNNL_RUNTIME_S32_VAL});
#endif
    }
    return attr;
}

template <class Kind, class Description>
Primitive made(const Description& description) {
    Primitive result;
    result.primitive = Kind(description);
    result.source = description.query_md(dnnl::query::src_md, 0);
    result.weights = description.query_md(dnnl::query::weights_md, 0);
    result.bias = description.query_md(dnnl::query::weights_md, 1);
    result.destination = description.query_md(dnnl::query::dst_md, 0);
    result.scratchpad = description.scratchpad_desc();
    result.name = description.impl_info_str();
    return result;
}

// 2.6 makes an operation descriptor first; 3.x passes the same arguments, after the engine, to the primitive descriptor.
#if DNNL_VERSION_MAJOR >= 3
template <class Kind, class... Arguments>
typename Kind::primitive_desc describePrimitive(const dnnl::primitive_attr& attr, const Arguments&... arguments) {
    return typename Kind::primitive_desc(engine(), arguments..., attr);
}
#else
template <class Kind, class... Arguments>
typename Kind::primitive_desc describePrimitive(const dnnl::primitive_attr& attr, const Arguments&... arguments) {
    return typename Kind::primitive_desc(typename Kind::desc(arguments...), attr, engine());
}
#endif

bool isaHas(dnnl::cpu_isa wanted) {
    const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    return (isa & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
}

}  // namespace

const dnnl::engine& engine() {
    static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
    return cpu;
}

const dnnl::stream& stream() {
    static const dnnl::stream inOrder(engine());
    return inOrder;
}

std::string versionText() {
    const dnnl::version_t* version = dnnl::version();
    return std::to_string(version->major) + "." + std::to_string(version->minor) + "." + std::to_string(version->patch);
}

std::string instructionSet() {
    if (isaHas(dnnl::cpu_isa::avx512_core_amx)) return "avx512_core_amx";
    if (isaHas(dnnl::cpu_isa::avx512_core_bf16)) return "avx512_core_bf16";
    if (isaHas(dnnl::cpu_isa::avx512_core_vnni)) return "avx512_core_vnni";
    if (isaHas(dnnl::cpu_isa::avx512_core)) return "avx512_core";
    if (isaHas(dnnl::cpu_isa::avx2_vnni)) return "avx2_vnni";
    if (isaHas(dnnl::cpu_isa::avx2)) return "avx2";
    if (isaHas(dnnl::cpu_isa::avx)) return "avx";
    return isaHas(dnnl::cpu_isa::sse41) ? "sse41" : "generic";
}

bool hasInt8Products() { return isaHas(dnnl::cpu_isa::avx512_core_vnni) || isaHas(dnnl::cpu_isa::avx2_vnni); }
bool hasBfloat16Products() { return isaHas(dnnl::cpu_isa::avx512_core_bf16); }
bool emulatesBfloat16() { return isaHas(dnnl::cpu_isa::avx512_core) && !hasBfloat16Products(); }

std::optional<memory::data_type> dataType(DataType type) {
    switch (type) {
        case DataType::Float32: return memory::data_type::f32;
        case DataType::BFloat16: return memory::data_type::bf16;
        case DataType::Int8: return memory::data_type::s8;
        case DataType::UInt8: return memory::data_type::u8;
        case DataType::Int32: return memory::data_type::s32;
        default: return std::nullopt;
    }
}

Desc describe(const Shape& shape, DataType type, Layout layout) {
    if (shape.rank() == 0) return Desc({1}, *dataType(type), Dims{1});
    return Desc(Dims(shape.dims()), *dataType(type), Dims(stridesOf(shape, layout)));
}

Desc describe(const Dims& dims, DataType type, const Dims& strides) { return Desc(dims, *dataType(type), strides); }
Desc anyLayout(const Dims& dims, DataType type) { return Desc(dims, *dataType(type), memory::format_tag::any); }
std::int64_t byteSize(const Desc& desc) { return static_cast<std::int64_t>(desc.get_size()); }

Result<Primitive> convolution(const Desc& source, const Desc& weights, const std::optional<Desc>& bias, const Desc& destination,
                              const Window& window, const Attributes& attributes) {
    return caught([&]() -> Result<Primitive> {
        using Kind = dnnl::convolution_forward;
        const auto attr = attributesOf(attributes);
        const auto kind = algorithm::convolution_direct;
        if (bias) {
            return made<Kind>(describePrimitive<Kind>(attr, kInference, kind, source, weights, *bias, destination, window.strides,
                                                      window.dilations, window.padBegin, window.padEnd));
        }
        return made<Kind>(describePrimitive<Kind>(attr, kInference, kind, source, weights, destination, window.strides, window.dilations,
                                                  window.padBegin, window.padEnd));
    });
}

Result<Primitive> deconvolution(const Desc& source, const Desc& weights, const std::optional<Desc>& bias, const Desc& destination,
                                const Window& window) {
    return caught([&]() -> Result<Primitive> {
        using Kind = dnnl::deconvolution_forward;
        const auto attr = attributesOf({});
        const auto kind = algorithm::deconvolution_direct;
        if (bias) {
            return made<Kind>(describePrimitive<Kind>(attr, kInference, kind, source, weights, *bias, destination, window.strides,
                                                      window.dilations, window.padBegin, window.padEnd));
        }
        return made<Kind>(describePrimitive<Kind>(attr, kInference, kind, source, weights, destination, window.strides, window.dilations,
                                                  window.padBegin, window.padEnd));
    });
}

Result<Primitive> matMul(const Desc& source, const Desc& weights, const std::optional<Desc>& bias, const Desc& destination,
                         const Attributes& attributes) {
    return caught([&]() -> Result<Primitive> {
        using Kind = dnnl::matmul;
        const auto attr = attributesOf(attributes);
        if (bias) return made<Kind>(describePrimitive<Kind>(attr, source, weights, *bias, destination));
        return made<Kind>(describePrimitive<Kind>(attr, source, weights, destination));
    });
}

Result<Primitive> pooling(Pooling kind, const Desc& source, const Desc& destination, const Dims& kernel, const Window& window) {
    return caught([&]() -> Result<Primitive> {
        const auto attr = attributesOf({});
        const auto how = kind == Pooling::Max                  ? algorithm::pooling_max
                         : kind == Pooling::AverageWithPadding ? algorithm::pooling_avg_include_padding
                                                               : algorithm::pooling_avg_exclude_padding;
#if DNNL_VERSION_MAJOR >= 3
        using Kind = dnnl::pooling_forward;
        return made<Kind>(describePrimitive<Kind>(attr, kInference, how, source, destination, window.strides, kernel, window.dilations,
                                                  window.padBegin, window.padEnd));
#else
        for (const auto dilation : window.dilations) {
            if (dilation != 0) return fail(ErrorCode::Unsupported, "oneDNN 2 has no fast pooling with dilations");
        }
        using Kind = dnnl::pooling_forward;
        return made<Kind>(
            describePrimitive<Kind>(attr, kInference, how, source, destination, window.strides, kernel, window.padBegin, window.padEnd));
#endif
    });
}

Result<Primitive> reorder(const Desc& source, const Desc& destination) {
    return caught([&]() -> Result<Primitive> {
        const dnnl::reorder::primitive_desc description(engine(), source, engine(), destination, attributesOf({}));
        Primitive result;
        result.primitive = dnnl::reorder(description);
        result.source = source;
        result.destination = destination;
        result.scratchpad = description.scratchpad_desc();
        result.name = description.impl_info_str();
        return result;
    });
}

Status reorderNow(const Desc& source, const void* from, const Desc& destination, void* to) {
    return caught([&]() -> Status {
        const memory input(source, engine(), const_cast<void*>(from));
        memory output(destination, engine(), to);
        const dnnl::reorder::primitive_desc description(engine(), source, engine(), destination);
        dnnl::stream here = stream();
        dnnl::reorder(description).execute(here, {{DNNL_ARG_FROM, input}, {DNNL_ARG_TO, output}});
        here.wait();
        return {};
    });
}

}  // namespace trimtab::cpu::onednn
