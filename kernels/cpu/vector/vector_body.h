// The loops of vector_kernels.h. Included once by each of portable.cpp, avx2.cpp and avx512.cpp inside an unnamed namespace, after they
// have set their target, so no #pragma once and no includes here: everything below must be compiled for that target alone.

constexpr int kWide = 16;  // independent sums, one vector of the widest target

inline float power2(int exponent) { return __builtin_bit_cast(float, (exponent + 127) << 23); }

/// e^x; 0 below −87.3, infinity above 88.7, NaN kept.
inline float exponential(float x) {
    const float bounded = x < -87.3F ? -87.3F : x > 88.7F ? 88.7F : x;
    constexpr float kShift = 12582912.0F;  // 1.5 · 2^23: adding it rounds to the nearest integer
    const float shifted = bounded * 1.44269504F + kShift;
    const int n = __builtin_bit_cast(int, shifted) - __builtin_bit_cast(int, kShift);
    const float k = shifted - kShift;
    float r = bounded - k * 0.693359375F;
    r = r + k * 2.12194440e-4F;
    float p = 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * (r * r) + r + 1.0F;
    // Two factors, so that 2^128 needs no infinite step on the way.
    const int half = n >> 1;
    const float e = p * power2(half) * power2(n - half);
    const float low = x < -87.3F ? 0.0F : e;
    const float high = x > 88.7F ? __builtin_inff() : low;
    return x != x ? x : high;
}

inline float sigmoid(float x) { return 1.0F / (1.0F + exponential(-x)); }

inline float hyperbolicTangent(float x) {
    const float magnitude = x < 0 ? -x : x;
    const float square = x * x;
    const float small =
        x * (1.0F + square * (-0.333333333F + square * (0.133333333F + square * (-0.0539682540F + square * 0.0218694885F))));
    const float large = 1.0F - 2.0F / (exponential(2.0F * magnitude) + 1.0F);
    const float value = x < 0 ? -large : large;
    return magnitude < 0.25F ? small : x != x ? x : value;
}

inline float errorFunction(float x) {
    const float magnitude = x < 0 ? -x : x;
    const float t = 1.0F / (1.0F + 0.3275911F * magnitude);
    const float polynomial = t * (0.254829592F + t * (-0.284496736F + t * (1.421413741F + t * (-1.453152027F + t * 1.061405429F))));
    const float large = 1.0F - polynomial * exponential(-magnitude * magnitude);
    const float square = x * x;
    // The power series keeps small arguments exact where the formula above would cancel.
    const float small =
        x * (1.12837917F + square * (-0.376126389F + square * (0.112837917F + square * (-0.0268661706F + square * 0.00522397762F))));
    return magnitude < 0.5F ? small : x < 0 ? -large : large;
}

template <class F>
void map(const float* x, float* y, std::int64_t count, F f) {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) y[i] = f(x[i]);
}

void unary(UnaryOp op, const float* x, float* y, std::int64_t count, float a, float b) {
    switch (op) {
        case UnaryOp::Abs: return map(x, y, count, [](float v) { return v < 0 ? -v : v + 0.0F; });
        case UnaryOp::Neg: return map(x, y, count, [](float v) { return -v; });
        case UnaryOp::Relu: return map(x, y, count, [](float v) { return v < 0 ? 0.0F : v; });
        case UnaryOp::LeakyRelu: return map(x, y, count, [a](float v) { return v < 0 ? a * v : v; });
        case UnaryOp::Clip:
            return map(x, y, count, [a, b](float v) {
                const float low = v < a ? a : v;
                return low > b ? b : low;
            });
        case UnaryOp::Sigmoid: return map(x, y, count, [](float v) { return sigmoid(v); });
        case UnaryOp::HardSigmoid:
            return map(x, y, count, [a, b](float v) {
                const float t = a * v + b;
                return t < 0 ? 0.0F : t > 1 ? 1.0F : t;
            });
        case UnaryOp::HardSwish:
            return map(x, y, count, [](float v) {
                const float t = v * (1.0F / 6.0F) + 0.5F;
                return v * (t < 0 ? 0.0F : t > 1 ? 1.0F : t);
            });
        case UnaryOp::Tanh: return map(x, y, count, [](float v) { return hyperbolicTangent(v); });
        case UnaryOp::Erf: return map(x, y, count, [](float v) { return errorFunction(v); });
        case UnaryOp::Exp: return map(x, y, count, [](float v) { return exponential(v); });
        case UnaryOp::Sqrt: return map(x, y, count, [](float v) { return __builtin_sqrtf(v); });
        case UnaryOp::Reciprocal: return map(x, y, count, [](float v) { return 1.0F / v; });
        case UnaryOp::Silu: return map(x, y, count, [](float v) { return v * sigmoid(v); });
        case UnaryOp::Gelu: return map(x, y, count, [](float v) { return 0.5F * v * (1.0F + errorFunction(v * 0.707106781F)); });
        case UnaryOp::TanhGelu:  // ½ · (1 + tanh(u)) = sigmoid(2u), u = √(2/π) · (v + 0.044715 · v³)
            return map(x, y, count, [](float v) { return v * sigmoid(1.59576912F * (v + 0.044715F * v * v * v)); });
        case UnaryOp::Elu: return map(x, y, count, [a](float v) { return v < 0 ? a * (exponential(v) - 1.0F) : v; });
        case UnaryOp::Floor: return map(x, y, count, [](float v) { return __builtin_floorf(v); });
        case UnaryOp::Ceil: return map(x, y, count, [](float v) { return __builtin_ceilf(v); });
        case UnaryOp::Square: return map(x, y, count, [](float v) { return v * v; });
        case UnaryOp::Affine: return map(x, y, count, [a, b](float v) { return v * a + b; });
    }
}

template <class F>
void combine(const float* a, int aStep, const float* b, int bStep, float* y, std::int64_t count, F f) {
    if (aStep == 1 && bStep == 1) {
#pragma GCC ivdep
        for (std::int64_t i = 0; i < count; ++i) y[i] = f(a[i], b[i]);
    } else if (aStep == 1) {
        const float right = *b;
#pragma GCC ivdep
        for (std::int64_t i = 0; i < count; ++i) y[i] = f(a[i], right);
    } else if (bStep == 1) {
        const float left = *a;
#pragma GCC ivdep
        for (std::int64_t i = 0; i < count; ++i) y[i] = f(left, b[i]);
    } else {
        const float value = f(*a, *b);
        for (std::int64_t i = 0; i < count; ++i) y[i] = value;
    }
}

void binary(BinaryOp op, const float* a, int aStep, const float* b, int bStep, float* y, std::int64_t count) {
    switch (op) {
        case BinaryOp::Add: return combine(a, aStep, b, bStep, y, count, [](float p, float q) { return p + q; });
        case BinaryOp::Sub: return combine(a, aStep, b, bStep, y, count, [](float p, float q) { return p - q; });
        case BinaryOp::Mul: return combine(a, aStep, b, bStep, y, count, [](float p, float q) { return p * q; });
        case BinaryOp::Div: return combine(a, aStep, b, bStep, y, count, [](float p, float q) { return p / q; });
        case BinaryOp::Min:
            return combine(a, aStep, b, bStep, y, count, [](float p, float q) {
                const float least = q < p ? q : p;
                return q != q ? q : least;
            });
        case BinaryOp::Max:
            return combine(a, aStep, b, bStep, y, count, [](float p, float q) {
                const float greatest = q > p ? q : p;
                return q != q ? q : greatest;
            });
    }
}

void select(const std::uint8_t* condition, int cStep, const float* a, int aStep, const float* b, int bStep, float* y, std::int64_t count) {
    if (cStep == 0) {
        const float* source = *condition ? a : b;
        const int step = *condition ? aStep : bStep;
        for (std::int64_t i = 0; i < count; ++i) y[i] = source[i * step];
        return;
    }
    const float fixedA = *a;
    const float fixedB = *b;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) {
        const float left = aStep ? a[i] : fixedA;
        const float right = bStep ? b[i] : fixedB;
        y[i] = condition[i] ? left : right;
    }
}

template <class F>
void fold(const float* x, std::int64_t count, float (&sums)[kWide], F f) {
    std::int64_t i = 0;
    for (; i + kWide <= count; i += kWide) {
        for (int lane = 0; lane < kWide; ++lane) sums[lane] = f(sums[lane], x[i + lane]);
    }
    for (int lane = 0; i < count; ++i, ++lane) sums[lane] = f(sums[lane], x[i]);
}

inline float greater(float p, float q) { return q > p ? q : p; }
inline float lesser(float p, float q) { return q < p ? q : p; }

float maximum(const float* x, std::int64_t count) {
    float sums[kWide];
    for (float& sum : sums) sum = x[0];
    fold(x, count, sums, [](float p, float q) { return greater(p, q); });
    float result = sums[0];
    for (int lane = 1; lane < kWide; ++lane) result = greater(result, sums[lane]);
    return result;
}

float minimum(const float* x, std::int64_t count) {
    float sums[kWide];
    for (float& sum : sums) sum = x[0];
    fold(x, count, sums, [](float p, float q) { return lesser(p, q); });
    float result = sums[0];
    for (int lane = 1; lane < kWide; ++lane) result = lesser(result, sums[lane]);
    return result;
}

float pairwise(const float (&sums)[kWide]) {
    float halves[kWide];
    for (int lane = 0; lane < kWide; ++lane) halves[lane] = sums[lane];
    for (int width = kWide / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; ++lane) halves[lane] += halves[lane + width];
    }
    return halves[0];
}

template <class F>
float sumOf(const float* x, std::int64_t count, F f) {
    // Blocks of 4096 are summed in double, so that long rows keep their digits.
    constexpr std::int64_t kBlock = 4096;
    double total = 0;
    for (std::int64_t begin = 0; begin < count; begin += kBlock) {
        float sums[kWide] = {};
        fold(x + begin, count - begin < kBlock ? count - begin : kBlock, sums, [f](float sum, float value) { return sum + f(value); });
        total += static_cast<double>(pairwise(sums));
    }
    return static_cast<float>(total);
}

float reduceRow(ReduceOp op, const float* x, std::int64_t count) {
    switch (op) {
        case ReduceOp::Sum: return sumOf(x, count, [](float v) { return v; });
        case ReduceOp::SumSquare: return sumOf(x, count, [](float v) { return v * v; });
        case ReduceOp::Max: return maximum(x, count);
        case ReduceOp::Min: return minimum(x, count);
    }
    return 0;
}

void accumulate(ReduceOp op, const float* x, float* sum, std::int64_t count) {
    switch (op) {
        case ReduceOp::Sum: return combine(sum, 1, x, 1, sum, count, [](float p, float q) { return p + q; });
        case ReduceOp::SumSquare: return combine(sum, 1, x, 1, sum, count, [](float p, float q) { return p + q * q; });
        case ReduceOp::Max: return combine(sum, 1, x, 1, sum, count, [](float p, float q) { return greater(p, q); });
        case ReduceOp::Min: return combine(sum, 1, x, 1, sum, count, [](float p, float q) { return lesser(p, q); });
    }
}

void softmaxRow(const float* x, float* y, std::int64_t count, bool logarithm) {
    const float top = maximum(x, count);
    if (logarithm) {
        const float sum = sumOf(x, count, [top](float v) { return exponential(v - top); });
        const float shift = top + __builtin_logf(sum);
        return map(x, y, count, [shift](float v) { return v - shift; });
    }
    map(x, y, count, [top](float v) { return exponential(v - top); });
    const float inverse = 1.0F / sumOf(y, count, [](float v) { return v; });
    map(y, y, count, [inverse](float v) { return v * inverse; });
}

float exponentialRow(const float* x, float shift, float* y, std::int64_t count) {
    map(x, y, count, [shift](float v) { return exponential(v - shift); });
    return sumOf(y, count, [](float v) { return v; });
}

void rmsRow(const float* x, const float* scale, float* y, std::int64_t count, float epsilon) {
    const float square = sumOf(x, count, [](float v) { return v * v; }) / static_cast<float>(count);
    const float factor = 1.0F / __builtin_sqrtf(square + epsilon);
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) y[i] = x[i] * factor * scale[i];
}

void layerNormRow(const float* x, const float* scale, const float* bias, float* y, std::int64_t count, float epsilon) {
    const float mean = sumOf(x, count, [](float v) { return v; }) / static_cast<float>(count);
    const float variance = sumOf(x, count, [mean](float v) { return (v - mean) * (v - mean); }) / static_cast<float>(count);
    const float factor = 1.0F / __builtin_sqrtf(variance + epsilon);
    if (scale && bias) {
#pragma GCC ivdep
        for (std::int64_t i = 0; i < count; ++i) y[i] = (x[i] - mean) * factor * scale[i] + bias[i];
    } else if (scale) {
#pragma GCC ivdep
        for (std::int64_t i = 0; i < count; ++i) y[i] = (x[i] - mean) * factor * scale[i];
    } else {
        map(x, y, count, [mean, factor](float v) { return (v - mean) * factor; });
    }
}

template <class Code>
void dequantizeAs(const std::uint8_t* codes, float scale, std::int32_t zero, float* y, std::int64_t count) {
    const auto* q = reinterpret_cast<const Code*>(codes);
    for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<float>(static_cast<std::int32_t>(q[i]) - zero) * scale;
}

void dequantize(const std::uint8_t* codes, bool isSigned, float scale, std::int32_t zero, float* y, std::int64_t count) {
    isSigned ? dequantizeAs<std::int8_t>(codes, scale, zero, y, count) : dequantizeAs<std::uint8_t>(codes, scale, zero, y, count);
}

void quantize(const float* x, float scale, std::int32_t zero, bool isSigned, std::uint8_t* codes, std::int64_t count) {
    const float low = static_cast<float>((isSigned ? -128 : 0) - zero);
    const float high = low + 255.0F;
    constexpr float kShift = 12582912.0F;  // 1.5 · 2^23: adding it rounds halves to even
    for (std::int64_t i = 0; i < count; ++i) {
        const float quotient = x[i] / scale;
        const float known = quotient != quotient ? 0.0F : quotient;
        const float raised = known < low ? low : known;
        const float bounded = raised > high ? high : raised;
        codes[i] =
            static_cast<std::uint8_t>(__builtin_bit_cast(std::int32_t, bounded + kShift) - __builtin_bit_cast(std::int32_t, kShift) + zero);
    }
}
