// Token choice by one block a sequence. Ranks are found by digits of the logits' order-preserving bits, from the highest (radix selection,
// Alabi et al., "Fast k-selection algorithms for graphics processing units", 2012): of a count for top-k, of weights for top-p. Weights are
// whole numbers, so that their sums are the same in any order and a seed draws the same each time.
#include "kernels/cuda/kernels/token_choice.h"

#include "core/runtime/generation/token_choice.h"
#include "kernels/cuda/kernels/row_walk.cuh"
#include "kernels/cuda/kernels/rows_launch.h"

namespace trimtab::cuda {
namespace {

constexpr int kThreads = kRowThreads;
constexpr int kWarps = kThreads / kWarp;
constexpr int kDigitBits = 11;
constexpr int kBins = 1 << kDigitBits;
constexpr int kBinGroups = kBins / kWarp;

struct Scratch {
    unsigned long long bins[kBins];
    long long groups[kBinGroups];
    long long weights[kWarps];
    long long equals[kWarps];
};

__device__ __forceinline__ long long sumOfWarp(long long value) {
    return mergeWarp(value, [](long long a, long long b) { return a + b; });
}

/// Greater for greater logits; the same for both zeros.
__device__ __forceinline__ unsigned orderOf(float logit) {
    const unsigned bits = __float_as_uint(logit + 0.0f);
    return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}
__device__ __forceinline__ float logitOf(unsigned order) {
    return __uint_as_float((order & 0x80000000u) != 0 ? order & 0x7FFFFFFFu : ~order);
}

/// One sequence, as every thread of its block sees it.
struct Sequence {
    const float* logits;
    int length;
    float top;
    float temperature;

    __device__ __forceinline__ long long weight(float logit) const {
        return static_cast<long long>(expf((logit - top) / temperature) * runtime::kWeightUnits);
    }
};

/// What is kept of a sequence: every token of a higher order, and of those of this order the first `equals` by their ids.
struct Kept {
    unsigned order;
    long long equals;
    long long weightOfEqual;
};
__device__ __forceinline__ Kept everyToken() { return {0, 0, 0}; }  // no number has the order 0

// --- ranks ---------------------------------------------------------------------------------------------------------------

struct CountOne {
    __device__ __forceinline__ void add(unsigned long long* bin, const Sequence&, unsigned, float) const {
        atomicAdd(bin, 1ULL);
    }
};
struct AddWeight {
    unsigned lowest;       // order that is kept
    long long negligible;  // weights up to it are left out

    __device__ __forceinline__ void add(unsigned long long* bin, const Sequence& sequence, unsigned order, float logit) const {
        if (order < lowest) return;
        const long long weight = sequence.weight(logit);
        if (weight > negligible) atomicAdd(bin, static_cast<unsigned long long>(weight));
    }
};

struct Rank {
    unsigned order;
    long long above;  // the measure of all that have a higher order
};

/// The highest of the bins last…0 at which the sum from `last` down, behind `above`, reaches `target`; what lies before it joins `above`.
template <class T>
__device__ __forceinline__ int binOf(const T* sums, int last, long long target, long long& above) {
    int bin = last;
    while (bin > 0 && above + static_cast<long long>(sums[bin]) < target) above += static_cast<long long>(sums[bin--]);
    return bin;
}

/// The highest order such that the tokens of it and of higher ones measure `target` together.
template <class Measure>
__device__ __forceinline__ Rank rankOf(const Sequence& sequence, const Measure& measure, long long target, Scratch& scratch) {
    const int thread = static_cast<int>(threadIdx.x), lane = thread % kWarp;
    Rank rank{0, 0};
    for (int known = 0; known < 32;) {  // bits of the order
        const int width = 32 - known < kDigitBits ? 32 - known : kDigitBits;
        const int shift = 32 - known - width;
        for (int i = thread; i < kBins; i += kThreads) scratch.bins[i] = 0;
        __syncthreads();
        for (int i = thread; i < sequence.length; i += kThreads) {
            const float logit = sequence.logits[i];
            const unsigned order = orderOf(logit);
            if (known > 0 && (order ^ rank.order) >> (32 - known) != 0) continue;
            measure.add(&scratch.bins[(order >> shift) & ((1u << width) - 1)], sequence, order, logit);
        }
        __syncthreads();
        for (int group = thread / kWarp; group < kBinGroups; group += kWarps) {
            const long long sum = sumOfWarp(static_cast<long long>(scratch.bins[group * kWarp + lane]));
            if (lane == 0) scratch.groups[group] = sum;
        }
        __syncthreads();
        const int group = binOf(scratch.groups, kBinGroups - 1, target, rank.above);
        const int bin = group * kWarp + binOf(scratch.bins + group * kWarp, kWarp - 1, target, rank.above);
        rank.order |= static_cast<unsigned>(bin) << shift;
        known += width;
        __syncthreads();
    }
    return rank;
}

// --- shares --------------------------------------------------------------------------------------------------------------

/// Of each warp's share of [begin, end): the weight of orders above kept.order and the count of that order. The length of a share.
__device__ __forceinline__ int measureShares(const Sequence& sequence, const Kept& kept, int begin, int end, Scratch& scratch) {
    const int warp = static_cast<int>(threadIdx.x) / kWarp, lane = static_cast<int>(threadIdx.x) % kWarp;
    const int share = (end - begin + kWarps - 1) / kWarps;
    const int first = begin + warp * share;
    const int last = first + share < end ? first + share : end;
    long long weight = 0, equals = 0;
    for (int i = first + lane; i < last; i += kWarp) {
        const float logit = sequence.logits[i];
        const unsigned order = orderOf(logit);
        if (order > kept.order) weight += sequence.weight(logit);
        if (order == kept.order) ++equals;
    }
    weight = sumOfWarp(weight);
    equals = sumOfWarp(equals);
    if (lane == 0) {
        scratch.weights[warp] = weight;
        scratch.equals[warp] = equals;
    }
    __syncthreads();
    return share;
}

/// The weight of a warp's share, of which `equals` of the last order may be kept.
__device__ __forceinline__ long long weightOfShare(const Scratch& scratch, int warp, long long weightOfEqual, long long equals) {
    return scratch.weights[warp] + (scratch.equals[warp] < equals ? scratch.equals[warp] : equals) * weightOfEqual;
}
__device__ __forceinline__ long long withoutShare(const Scratch& scratch, int warp, long long equals) {
    return scratch.equals[warp] < equals ? equals - scratch.equals[warp] : 0;
}

__device__ __forceinline__ long long sumOfShares(const Kept& kept, const Scratch& scratch) {
    long long sum = 0, equals = kept.equals;
    for (int warp = 0; warp < kWarps; ++warp) {
        sum += weightOfShare(scratch, warp, kept.weightOfEqual, equals);
        equals = withoutShare(scratch, warp, equals);
    }
    return sum;
}

__device__ __forceinline__ long long partOf(long long sum, double part, long long most) {
    const auto whole = static_cast<long long>(fmin(fmax(0.0, part), 1.0) * static_cast<double>(sum));
    return whole < most ? whole : most;
}

// --- the rule ------------------------------------------------------------------------------------------------------------

__device__ __forceinline__ Kept keepLikeliest(const Sequence& sequence, long long count, Scratch& scratch) {
    const Rank rank = rankOf(sequence, CountOne{}, count, scratch);
    return {rank.order, count - rank.above, sequence.weight(logitOf(rank.order))};
}

__device__ __forceinline__ Kept keepProbable(const Sequence& sequence, const Kept& kept, double topP, Scratch& scratch) {
    measureShares(sequence, kept, 0, sequence.length, scratch);
    const long long sum = sumOfShares(kept, scratch);
    const long long part = partOf(sum, topP, sum);
    const long long enough = part > 1 ? part : 1;
    // All the tokens of at most this weight together weigh no more than may be missing: those above are enough.
    const AddWeight measure{kept.order, (sum - enough) / sequence.length};
    const Rank rank = rankOf(sequence, measure, enough, scratch);
    const long long weight = sequence.weight(logitOf(rank.order));
    return {rank.order, (enough - rank.above + weight - 1) / weight, weight};
}

/// Where the number falls: in which share, in which share of that, until one token is left.
__device__ __forceinline__ int draw(const Sequence& sequence, const Kept& kept, double drawn, Scratch& scratch) {
    int begin = 0, end = sequence.length;
    int share = measureShares(sequence, kept, begin, end, scratch);
    const long long sum = sumOfShares(kept, scratch);
    long long left = partOf(sum, drawn, sum - 1), equals = kept.equals;
    for (;;) {
        int warp = 0;
        for (; warp < kWarps - 1; ++warp) {
            const long long weight = weightOfShare(scratch, warp, kept.weightOfEqual, equals);
            if (left < weight) break;
            left -= weight;
            equals = withoutShare(scratch, warp, equals);
        }
        begin += warp * share;
        end = begin + share < end ? begin + share : end;
        if (end - begin <= 1) return begin;
        __syncthreads();
        share = measureShares(sequence, kept, begin, end, scratch);
    }
}

__global__ void __launch_bounds__(kThreads)
    tokenChoiceKernel(int vocabulary, const float* logits, const double* choices, std::int64_t* tokens) {
    SHARED_ARRAY(Scratch, scratch, 1);
    SHARED_ARRAY(Located<float>, partial, kWarp);
    allowNextKernel();
    waitForPreviousKernel();
    const std::int64_t row = blockIdx.x;
    const double* choice = choices + row * 4;
    Sequence sequence{logits + row * vocabulary, vocabulary, 0, static_cast<float>(fmin(choice[0], 3.402823466e38))};
    const PositionFold<float> fold{true, false};
    const Located<float> own = walkRow(fold, sequence.logits, vocabulary, static_cast<int>(threadIdx.x), kThreads);
    const Located<float> best = mergeRow<true>(fold, own, static_cast<Located<float>*>(partial));
    sequence.top = best.value;
    std::int64_t token = best.index;
    if (isNaN(best.value)) {
        token = runtime::kNotANumber;
    } else if (isinf(best.value)) {
        token = runtime::kInfinite;
    } else if (sequence.temperature > 0 && choice[0] == choice[0]) {
        Kept kept = everyToken();
        if (choice[1] >= 1 && choice[1] < vocabulary) kept = keepLikeliest(sequence, static_cast<long long>(choice[1]), scratch[0]);
        if (choice[2] < 1) kept = keepProbable(sequence, kept, choice[2], scratch[0]);
        token = draw(sequence, kept, choice[3], scratch[0]);
    }
    if (threadIdx.x == 0) tokens[row] = token;
}

}  // namespace

Status launchTokenChoice(Stream stream, std::int64_t sequences, std::int64_t vocabulary, const float* logits, const double* choices,
                         std::int64_t* tokens) {
    if (sequences == 0) return {};
    TRIMTAB_REQUIRE(checkRows("token choice", sequences));
    return launchDependent(tokenChoiceKernel, dim3(static_cast<unsigned>(sequences)), dim3(kThreads), 0, stream,
                           static_cast<int>(vocabulary), logits, choices, tokens);
}

}  // namespace trimtab::cuda
