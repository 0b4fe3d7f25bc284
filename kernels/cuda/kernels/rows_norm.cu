// Root-mean-square and layer normalisation, optionally behind an addition.
//   Zhang, Sennrich, "Root Mean Square Layer Normalization", 2019; Ba, Kiros, Hinton, "Layer Normalization", 2016.
// A row that fits is read once and kept in registers by one warp or one block: every thread holds K accesses of V elements. Other rows are
// walked again for every pass. Variances are formed from differences to the mean.
#include "kernels/cuda/kernels/group.cuh"
#include "kernels/cuda/kernels/pack.cuh"
#include "kernels/cuda/kernels/rows.h"
#include "kernels/cuda/kernels/rows_launch.h"
#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {
namespace {

template <class T, class P>
struct NormArguments {
    const T* x;
    const T* residual;
    const P* scale;
    const P* bias;
    T* y;
    T* sum;
    std::int64_t rows;
    std::int64_t columns;
    float epsilon;
    bool layer;
    bool constantScale;
};

template <int V, class T>
__device__ __forceinline__ void addRounded(float (&s)[V], const Pack<T, V>& x, const Pack<T, V>& residual) {
#pragma unroll
    for (int i = 0; i < V; ++i) s[i] = toFloat(fromFloat<T>(toFloat(x.item[i]) + toFloat(residual.item[i])));
}

template <int V>
__device__ __forceinline__ float sumOfSquares(const float (&s)[V], float centre) {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < V; ++i) sum += (s[i] - centre) * (s[i] - centre);
    return sum;
}

template <int V, class P>
__device__ __forceinline__ void scaled(float (&s)[V], float centre, float factor, const float (&scale)[V], const P* bias,
                                       std::int64_t column) {
    float shift[V] = {};
    if (bias != nullptr) loadFloats<V>(bias + column, shift);
#pragma unroll
    for (int i = 0; i < V; ++i) s[i] = (s[i] - centre) * factor * scale[i] + shift[i];
}

/// All of a thread's accesses are asked for before the first is used.
template <int V, int K, class T, class P>
__device__ __forceinline__ void loadRow(const NormArguments<T, P>& a, std::int64_t begin, int thread, int threads, float (&s)[K][V]) {
    const int units = static_cast<int>(a.columns / V);
    Pack<T, V> x[K];
    Pack<T, V> residual[K];
#pragma unroll
    for (int k = 0; k < K; ++k)
        if (thread + k * threads < units) x[k] = loadPack<V>(a.x + begin + (thread + k * threads) * V);
#pragma unroll
    for (int k = 0; k < K; ++k)
        if (a.residual != nullptr && thread + k * threads < units)
            residual[k] = loadPack<V>(a.residual + begin + (thread + k * threads) * V);
#pragma unroll
    for (int k = 0; k < K; ++k) {
        const bool valid = thread + k * threads < units;
        if (a.residual != nullptr) {
            addRounded(s[k], x[k], residual[k]);
        } else {
#pragma unroll
            for (int i = 0; i < V; ++i) s[k][i] = toFloat(x[k].item[i]);
        }
        if (a.sum != nullptr && valid) storeFloats<V>(a.sum + begin + (thread + k * threads) * V, s[k]);
    }
}

template <class T, class P, int V, int K, bool kBlock>
__global__ void __launch_bounds__(K == 1 ? kRowThreads : kHeldRowThreads) heldNormKernel(const NormArguments<T, P> a) {
    SHARED_ARRAY(float, sums, kWarp);
    SHARED_ARRAY(float, squares, kWarp);
    allowNextKernel();
    const RowPlace<kBlock> place;
    if (place.row >= a.rows) return;
    const std::int64_t begin = place.row * a.columns;
    const int units = static_cast<int>(a.columns / V);
    const float count = static_cast<float>(a.columns);
    float scale[V] = {};  // the first access's, on its way while sums are formed
    if (a.constantScale && place.thread < units) loadFloats<V>(a.scale + place.thread * V, scale);
    waitForPreviousKernel();
    float s[K][V];
    loadRow<V, K>(a, begin, place.thread, place.threads, s);
    if (!a.constantScale && place.thread < units) loadFloats<V>(a.scale + place.thread * V, scale);

    float mean = 0;
    if (a.layer) {
        float own = 0;
#pragma unroll
        for (int k = 0; k < K; ++k) {
            if (place.thread + k * place.threads >= units) continue;
#pragma unroll
            for (int i = 0; i < V; ++i) own += s[k][i];
        }
        mean = sumOfGroup<kBlock>(own, sums) / count;
    }
    float own = 0;
#pragma unroll
    for (int k = 0; k < K; ++k)
        if (place.thread + k * place.threads < units) own += sumOfSquares(s[k], mean);
    const float factor = rsqrtf(sumOfGroup<kBlock>(own, squares) / count + a.epsilon);
#pragma unroll
    for (int k = 0; k < K; ++k) {
        const int unit = place.thread + k * place.threads;
        if (unit >= units) continue;
        if (k > 0) loadFloats<V>(a.scale + unit * V, scale);
        scaled(s[k], mean, factor, scale, a.bias, unit * V);
        storeFloats<V>(a.y + begin + unit * V, s[k]);
    }
}

/// s at `at`, from where it can be had: once `sum` is written, from there.
template <int V, class T, class P>
__device__ __forceinline__ void loadAgain(const NormArguments<T, P>& a, std::int64_t at, float (&s)[V]) {
    if (a.residual != nullptr && a.sum == nullptr) {
        addRounded(s, loadPack<V>(a.x + at), loadPack<V>(a.residual + at));
    } else {
        loadFloats<V>((a.residual != nullptr ? a.sum : a.x) + at, s);
    }
}

template <class T, class P, int V>
__global__ void __launch_bounds__(kRowThreads, 1) walkedNormKernel(const NormArguments<T, P> a) {
    SHARED_ARRAY(float, sums, kWarp);
    SHARED_ARRAY(float, squares, kWarp);
    allowNextKernel();
    waitForPreviousKernel();
    const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x) * a.columns;
    const std::int64_t first = static_cast<std::int64_t>(threadIdx.x) * V;
    const std::int64_t step = static_cast<std::int64_t>(blockDim.x) * V;
    const float count = static_cast<float>(a.columns);
    float sum = 0;
    float square = 0;
    for (std::int64_t c = first; c < a.columns; c += step) {
        float s[1][V];
        if (a.residual != nullptr) addRounded(s[0], loadPack<V>(a.x + begin + c), loadPack<V>(a.residual + begin + c));
        else loadFloats<V>(a.x + begin + c, s[0]);
        if (a.sum != nullptr) storeFloats<V>(a.sum + begin + c, s[0]);
        square += sumOfSquares(s[0], 0.0f);
#pragma unroll
        for (int i = 0; i < V; ++i) sum += s[0][i];
    }
    float mean = 0;
    if (a.layer) {
        mean = sumOfGroup<true>(sum, sums) / count;
        square = 0;
        for (std::int64_t c = first; c < a.columns; c += step) {
            float s[V];
            loadAgain<V>(a, begin + c, s);
            square += sumOfSquares(s, mean);
        }
    }
    const float factor = rsqrtf(sumOfGroup<true>(square, squares) / count + a.epsilon);
    for (std::int64_t c = first; c < a.columns; c += step) {
        float s[V];
        float scale[V];
        loadAgain<V>(a, begin + c, s);
        loadFloats<V>(a.scale + c, scale);
        scaled(s, mean, factor, scale, a.bias, c);
        storeFloats<V>(a.y + begin + c, s);
    }
}

template <class T, class P>
Status launchTyped(Stream stream, const NormArguments<T, P>& a) {
    constexpr int V = kPackWidth<T>;
    const bool packed = a.columns % V == 0 && aligned16(a.x) && aligned16(a.residual) && aligned16(a.scale) && aligned16(a.bias) &&
                        aligned16(a.y) && aligned16(a.sum);
    const std::int64_t units = a.columns / V;
    const auto rows = static_cast<unsigned>(a.rows);
    const dim3 warpBlock(kWarpsPerBlock * kWarp);
    const dim3 warpGrid(blocksFor(a.rows, kWarpsPerBlock));
    if (!packed) return launchDependent(walkedNormKernel<T, P, 1>, dim3(rows), dim3(threadsFor(a.columns, kRowThreads)), 0, stream, a);
    if (units <= kWarp) return launchDependent(heldNormKernel<T, P, V, 1, false>, warpGrid, warpBlock, 0, stream, a);
    if (units <= 4 * kWarp && a.rows > 64) return launchDependent(heldNormKernel<T, P, V, 4, false>, warpGrid, warpBlock, 0, stream, a);
    if (units <= kRowThreads)
        return launchDependent(heldNormKernel<T, P, V, 1, true>, dim3(rows), dim3(threadsFor(units, kRowThreads)), 0, stream, a);
    if (units <= 4 * kHeldRowThreads)
        return launchDependent(heldNormKernel<T, P, V, 4, true>, dim3(rows), dim3(threadsFor((units + 3) / 4, kHeldRowThreads)), 0, stream,
                               a);
    return launchDependent(walkedNormKernel<T, P, V>, dim3(rows), dim3(kRowThreads), 0, stream, a);
}

template <class T, class P>
Status launchWith(Stream stream, const RowNorm& norm, const void* x, const void* residual, const void* scale, const void* bias, void* y,
                  void* sum) {
    const NormArguments<T, P> a{static_cast<const T*>(x),
                                static_cast<const T*>(residual),
                                static_cast<const P*>(scale),
                                static_cast<const P*>(bias),
                                static_cast<T*>(y),
                                static_cast<T*>(sum),
                                norm.rows,
                                norm.columns,
                                norm.epsilon,
                                norm.kind == RowNorm::Kind::Layer,
                                norm.constantScale};
    return launchTyped(stream, a);
}

}  // namespace

Status launchRowNorm(Stream stream, const RowNorm& norm, const void* x, const void* residual, const void* scale, const void* bias, void* y,
                     void* sum) {
    if (norm.rows == 0 || norm.columns == 0) return {};
    TRIMTAB_REQUIRE(checkRows("normalisation", norm.rows));
    const bool same = norm.parameterType == norm.type;
    if (!same && norm.parameterType != DataType::Float32) return refuseType("scale of a normalisation", norm.parameterType);
    const auto start = [&](auto launcher) { return launcher(stream, norm, x, residual, scale, bias, y, sum); };
    switch (norm.type) {
        case DataType::Float32: return start(launchWith<float, float>);
        case DataType::Float16: return same ? start(launchWith<__half, __half>) : start(launchWith<__half, float>);
        case DataType::BFloat16: return same ? start(launchWith<__nv_bfloat16, __nv_bfloat16>) : start(launchWith<__nv_bfloat16, float>);
        default: return refuseType("normalisation", norm.type);
    }
}

}  // namespace trimtab::cuda
