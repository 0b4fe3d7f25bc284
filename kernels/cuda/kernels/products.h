#pragma once
// Matrix products of our own: y[m, n] = activation(Σk x[m, k] · w[n, k] + bias[n] + residual[m, n]). Weights stand as rows of outputs (n),
// read once. Few rows (decode, m ≤ kFewRows) are a matter of bandwidth: a warp or more for each output, weights streamed 16 bytes at a
// time, codes turned into numbers in registers. Tens of rows (m ≤ kStreamedRows) times codes: the same, with x shared by a block.
// More rows: tensor-core tiles (mma.sync m16n8k16, float32 accumulation) with codes turned into numbers on the way to shared memory.
#include "core/tensor/data_type.h"
#include "kernels/cuda/device/device.h"
#include "kernels/cuda/kernels/windows.h"

namespace trimtab::cuda {

inline constexpr std::int64_t kFewRows = 16;
inline constexpr std::int64_t kStreamedRows = 64;

/// How weights stand in memory. Rows are padded to a multiple of 16 bytes with zero codes: pitchBytes.
struct WeightFormat {
    enum class Kind : std::uint8_t {
        Plain,  // `type` elements: Float32, Float16, BFloat16
        Int8,   // signed codes
        Int4,   // two codes a byte, the first in the low half, stored as code + 8
    };
    Kind kind = Kind::Plain;
    DataType type = DataType::Float32;  // Plain
    std::int64_t pitchBytes = 0;        // between rows
    std::int64_t group = 0;             // columns that share a scale (Int8, Int4); = k for one scale a row
    bool zeroPoints = false;            // value = (code − zero) · scale, with zeros int8 [n, groups]
    bool operator==(const WeightFormat&) const = default;
};

struct Product {
    std::int64_t m = 0, n = 0, k = 0;
    DataType type = DataType::BFloat16;        // of x, residual: Float32, Float16, BFloat16
    DataType outputType = DataType::BFloat16;  // `type` or Float32
    WeightFormat weight;
    Activation activation = Activation::None;
    float low = 0, high = 0;
};

/// scales Float32 [n, groups] and zeros int8 [n, groups] for integer codes, else null; bias Float32 [n] or null; residual as y of
/// `outputType` or null; workspace of productWorkspace() bytes, for launchTiledProduct() alone, which is slower without.
struct ProductOperands {
    const void* x = nullptr;
    const void* w = nullptr;
    const float* scales = nullptr;
    const std::int8_t* zeros = nullptr;
    const float* bias = nullptr;
    const void* residual = nullptr;
    void* y = nullptr;
    float* workspace = nullptr;
};

/// REQUIRES: m ≤ kFewRows; no kernel that may still run writes w, scales or zeros (they are read before those enqueued earlier have
/// ended).
Status launchFewRows(Stream stream, const Product& product, const ProductOperands& operands);

/// y[m, n] = silu(x · gateᵀ) · (x · upᵀ), silu(v) = v · sigmoid(v): both products of a gated unit in one kernel. `product` is the shape and
/// weight format of each. REQUIRES: takesGatedRows(product), no activation; the weights as for launchFewRows().
struct GatedOperands {
    struct Weight {
        const void* w = nullptr;
        const float* scales = nullptr;
        const std::int8_t* zeros = nullptr;
    };
    const void* x = nullptr;
    Weight gate, up;
    void* y = nullptr;
};
Status launchGatedRows(Stream stream, const Product& product, const GatedOperands& operands);
/// Where tensor cores serve: few rows of aligned 16-bit x, weights of x's type or codes whose groups are multiples of 32.
bool takesGatedRows(const Product& product);
/// Any m. Type Float16 or BFloat16 (tensor cores); Float32 x is refused as Unsupported. Requires of weights what launchFewRows() does,
/// which takes the smallest.
Status launchTiledProduct(Stream stream, const Product& product, const ProductOperands& operands);
/// Whether launchTiledProduct() reads integer weights once for all rows (m ≤ kStreamedRows; of x that begins at a multiple of 16 bytes).
bool streamsWeights(const Product& product);
std::int64_t productWorkspace(const Product& product);
/// Plain, batched, any type pair, no tensor cores: the last resort and the emulator's stand-in for the library.
///   y[b] = x[b] · w[b]ᵀ (or w[b] when !weightIsRows, [k, n]), strides in elements between batches (0 to share).
struct PlainProduct {
    std::int64_t batch = 1, m = 0, n = 0, k = 0;
    DataType type = DataType::Float32;
    DataType outputType = DataType::Float32;
    bool weightIsRows = true;
    std::int64_t xStride = 0, wStride = 0, yStride = 0;
    float alpha = 1;
};
Status launchPlainProduct(Stream stream, const PlainProduct& product, const void* x, const void* w, void* y);

/// y[n, k] = (code − zero) · scale as `type`: weights widened for a library's product. Row-major, no padding.
Status launchDequantize(Stream stream, std::int64_t n, std::int64_t k, const WeightFormat& format, const void* w, const float* scales,
                        const std::int8_t* zeros, DataType type, void* y);

// Integer products with dynamic activations, as ONNX DynamicQuantizeLinear states them (uint8, one scale for the whole tensor, zero
// representable), with codes shifted by 128 so that both sides are signed.

/// parameters[0] = scale, parameters[1] = zero point − 128, as floats. Range over all `count` values; two launches with `partials` (≥
/// 2·1024 floats).
Status launchQuantizationParameters(Stream stream, DataType type, std::int64_t count, const void* x, float* partials, float* parameters);
/// codes[m, pitch] = clamp(round(x/scale) + zero − 128); columns from k to pitch are the zero point.
Status launchQuantize(Stream stream, DataType type, std::int64_t m, std::int64_t k, std::int64_t pitch, const void* x,
                      const float* parameters, std::int8_t* codes);
/// y = activation((sum[m, n] − zero · rowSums[n]) · scale · scales[n] + bias[n] + residual[m, n]); sums Int32 [m, n].
/// With `channelsFirst` > 0 the m rows are [batch, positions = channelsFirst] and y (and residual) stand as [batch, n, positions].
struct IntegerEpilogue {
    std::int64_t m = 0, n = 0;
    DataType outputType = DataType::Float32;
    Activation activation = Activation::None;
    float low = 0, high = 0;
    std::int64_t channelsFirst = 0;
};
Status launchIntegerEpilogue(Stream stream, const IntegerEpilogue& epilogue, const std::int32_t* sums, const float* parameters,
                             const std::int32_t* rowSums, const float* scales, const float* bias, const void* residual, void* y);
/// sums[m, n] = Σk a[m, k] · b[n, k] over signed bytes with row pitches (multiples of 16): tensor cores (mma m16n8k32), for where the
/// library is missing.
Status launchIntegerProduct(Stream stream, std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t pitchA, std::int64_t pitchB,
                            const std::int8_t* a, const std::int8_t* b, std::int32_t* sums);

// fp8 (e4m3, largest finite value 448) with one scale for the whole tensor: x ≈ code · scale, scale = max|x| / 448 (1 when all zero).
/// scale[0] from the largest magnitude; `partials` ≥ 1024 floats.
Status launchFloat8Scale(Stream stream, DataType type, std::int64_t count, const void* x, float* partials, float* scale);
/// codes = round-to-nearest-even of x/scale, saturating.
Status launchToFloat8(Stream stream, DataType type, std::int64_t count, const void* x, const float* scale, std::uint8_t* codes);
/// y[n, k] = code · scale as `type`.
Status launchFromFloat8(Stream stream, std::int64_t count, const std::uint8_t* codes, const float* scale, DataType type, void* y);

}  // namespace trimtab::cuda
