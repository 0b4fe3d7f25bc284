#pragma once
// What happens to a finished sum of a product, and how type numbers of the host become template arguments.
#include <climits>
#include <cstdint>

#include "kernels/cuda/kernels/products.h"
#include "kernels/cuda/language/language.h"

namespace trimtab::cuda::product {

struct Epilogue {
    const float* bias = nullptr;     // [n] or null
    const void* residual = nullptr;  // as y, or null
    void* y = nullptr;
    Activation activation = Activation::None;
    float low = 0, high = 0;
    bool wide = false;  // y and residual are Float32, else of the kernel's own type
};

inline Epilogue epilogueOf(const Product& product, const ProductOperands& operands) {
    return {operands.bias,
            operands.residual,
            operands.y,
            product.activation,
            product.low,
            product.high,
            product.outputType == DataType::Float32};
}

__device__ __forceinline__ float sigmoidOf(float value) { return 1.0F / (1.0F + expf(-value)); }

__device__ __forceinline__ float activated(Activation activation, float low, float high, float value) {
    switch (activation) {
        case Activation::Relu: return value < 0 ? 0.0F : value;
        case Activation::Sigmoid: return sigmoidOf(value);
        case Activation::Clip: return fminf(fmaxf(value, low), high);
        case Activation::None: break;
    }
    return value;
}

template <class T>
__device__ __forceinline__ float residualAt(const Epilogue& e, std::int64_t index) {
    if (e.residual == nullptr) return 0;
    return e.wide ? static_cast<const float*>(e.residual)[index] : toFloat(static_cast<const T*>(e.residual)[index]);
}

/// y[index] = activation(value), value being the sum with bias and residual.
template <class T>
__device__ __forceinline__ void store(const Epilogue& e, std::int64_t index, float value) {
    value = activated(e.activation, e.low, e.high, value);
    if (e.wide)
        static_cast<float*>(e.y)[index] = value;
    else
        static_cast<T*>(e.y)[index] = fromFloat<T>(value);
}

/// Output `column` of row `row` from its sum, times its column's scale where `scales` is not null.
template <class T>
__device__ __forceinline__ void finishOutput(const Epilogue& e, const float* scales, int n, int row, int column, float sum) {
    if (scales != nullptr) sum *= scales[column];
    if (e.bias != nullptr) sum += e.bias[column];
    const std::int64_t at = static_cast<std::int64_t>(row) * n + column;
    store<T>(e, at, sum + residualAt<T>(e, at));
}

template <class T>
struct Type {
    using type = T;
};

/// f(Type<T>{}) for a floating type number; Unsupported, naming `what`, for any other.
template <class F>
Status withFloat(DataType type, const char* what, F&& f) {
    switch (type) {
        case DataType::Float32: return f(Type<float>{});
        case DataType::Float16: return f(Type<__half>{});
        case DataType::BFloat16: return f(Type<__nv_bfloat16>{});
        default: break;
    }
    return fail(ErrorCode::Unsupported, std::string(what) + " takes float32, float16 and bfloat16, not " + std::string(tensor::name(type)));
}

inline std::int64_t ceilDivide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
inline bool isAligned(const void* p, std::int64_t bytes) {
    return reinterpret_cast<std::uintptr_t>(p) % static_cast<std::uintptr_t>(bytes) == 0;
}

/// Bytes of a weight row that hold codes or numbers, rounded up to the 16 that rows are padded to.
inline std::int64_t paddedRowBytes(const WeightFormat& format, std::int64_t k) {
    std::int64_t bytes = k * 4;
    if (format.kind == WeightFormat::Kind::Plain && format.type != DataType::Float32) bytes = k * 2;
    if (format.kind == WeightFormat::Kind::Int8) bytes = k;
    if (format.kind == WeightFormat::Kind::Int4) bytes = (k + 1) / 2;
    return ceilDivide(bytes, 16) * 16;
}
inline std::int64_t groupsOf(const WeightFormat& format, std::int64_t k) { return format.group > 0 ? ceilDivide(k, format.group) : 1; }
/// Whether the columns of a block of 32 always share a scale.
inline bool groupsAreWholeBlocks(const WeightFormat& format, std::int64_t k) { return groupsOf(format, k) == 1 || format.group % 32 == 0; }

/// The limits that all product kernels share: extents that an int counts, rows of weights that 16-byte loads may read whole.
Status checkProduct(const Product& product, const ProductOperands& operands);

/// REQUIRES: streamsWeights(); a checked product; x aligned to 16 bytes, k a multiple of 8.
Status launchStreamed(Stream stream, const Product& product, const ProductOperands& operands);

}  // namespace trimtab::cuda::product
