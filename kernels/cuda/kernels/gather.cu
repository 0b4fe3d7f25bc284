// Elements and rows chosen by index, and fills.
#include <algorithm>

#include "kernels/cuda/kernels/index_space.h"
#include "kernels/cuda/kernels/movement.h"
#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {
namespace {

constexpr int kThreads = 256;

dim3 blocksOf(std::int64_t threads) { return dim3(static_cast<unsigned>((threads + kThreads - 1) / kThreads)); }

/// Single indices are tuples of one.
struct Gathering : Gather {
    explicit Gathering(const Gather& single) : Gather(single) { extents[0] = single.axis; }
    int depth = 1;
    std::array<std::int64_t, GatherNd::kMostDepth> extents{};
};

/// [outer, count, inner] with inner in units; for GatherElements indices too have these extents. An index is `depth` numbers in a row, each
/// below its extent; together they say which of `axis` rows.
template <class Index>
struct GatherArguments {
    typename Index::Division count;
    typename Index::Division inner;
    typename Index::Unsigned total;  // units written
    std::int64_t axis;
    int depth;
    std::int64_t extents[GatherNd::kMostDepth];
    const void* from;
    const void* indices;
    void* to;
    int* fault;
    int faultCode;
    bool wideIndices;  // Int64, else Int32
    bool perElement;
};

template <class Unit, class Index>
__global__ void __launch_bounds__(kThreads) gatherKernel(const GatherArguments<Index> a) {
    using Unsigned = typename Index::Unsigned;
    allowNextKernel();
    const auto number = static_cast<Unsigned>(blockIdx.x) * kThreads + threadIdx.x;
    if (number >= a.total) return;
    const Unsigned written = a.inner.quotient(number);
    const Unsigned column = number - written * a.inner.divisor();
    const Unsigned outer = a.count.quotient(written);
    const Unsigned at = a.perElement ? number : written - outer * a.count.divisor();
    waitForPreviousKernel();
    std::int64_t index = 0;
    bool inside = true;
    for (int i = 0; i < a.depth; ++i) {
        const std::int64_t place = static_cast<std::int64_t>(at) * a.depth + i;
        std::int64_t part =
            a.wideIndices ? static_cast<const std::int64_t*>(a.indices)[place] : static_cast<const std::int32_t*>(a.indices)[place];
        if (part < 0) part += a.extents[i];
        inside = inside && part >= 0 && part < a.extents[i];
        index = index * a.extents[i] + part;
    }
    Unit value{};
    if (inside) {
        const std::int64_t row = static_cast<std::int64_t>(outer) * a.axis + index;
        value = static_cast<const Unit*>(a.from)[row * static_cast<std::int64_t>(a.inner.divisor()) + static_cast<std::int64_t>(column)];
    } else if (a.fault != nullptr) {
        *a.fault = a.faultCode;
    }
    static_cast<Unit*>(a.to)[number] = value;
}

template <class Unit, class Index>
Status gatherUnits(Stream stream, const Gathering& gather, std::int64_t inner, bool perElement, const void* from, const void* indices,
                   void* to, int* fault) {
    GatherArguments<Index> a{};
    const std::int64_t total = gather.outer * gather.count * inner;
    a.count = typename Index::Division(static_cast<typename Index::Unsigned>(gather.count));
    a.inner = typename Index::Division(static_cast<typename Index::Unsigned>(inner));
    a.total = static_cast<typename Index::Unsigned>(total);
    a.axis = gather.axis;
    a.depth = gather.depth;
    std::copy(gather.extents.begin(), gather.extents.end(), a.extents);
    a.from = from;
    a.indices = indices;
    a.to = to;
    a.fault = fault;
    a.faultCode = gather.faultCode;
    a.wideIndices = gather.indexType == DataType::Int64;
    a.perElement = perElement;
    return launchDependent(gatherKernel<Unit, Index>, blocksOf(total), dim3(kThreads), 0, stream, a);
}

template <class Unit>
Status gatherOf(Stream stream, const Gathering& gather, std::int64_t inner, bool perElement, const void* from, const void* indices, void* to,
                int* fault) {
    const bool wide = gather.outer * gather.count * inner > 0x7FFFFFFF;
    return wide ? gatherUnits<Unit, WideIndex>(stream, gather, inner, perElement, from, indices, to, fault)
                : gatherUnits<Unit, NarrowIndex>(stream, gather, inner, perElement, from, indices, to, fault);
}

Status startGather(Stream stream, const Gathering& gather, bool perElement, const void* from, const void* indices, void* to, int* fault) {
    if (gather.outer == 0 || gather.count == 0 || gather.inner == 0) return {};
    if (gather.indexType != DataType::Int32 && gather.indexType != DataType::Int64)
        return fail(ErrorCode::Unsupported, "gather: indices of type " + std::string(tensor::name(gather.indexType)));
    int bytes = gather.elementBytes;
    std::int64_t inner = gather.inner;
    const auto pointers = reinterpret_cast<std::uintptr_t>(from) | reinterpret_cast<std::uintptr_t>(to);
    while (!perElement && bytes < 16 && inner % 2 == 0 && pointers % static_cast<std::uintptr_t>(2 * bytes) == 0) {
        bytes *= 2;
        inner /= 2;
    }
    const auto start = [&](auto launcher) { return launcher(stream, gather, inner, perElement, from, indices, to, fault); };
    switch (bytes) {
        case 1: return start(gatherOf<std::uint8_t>);
        case 2: return start(gatherOf<std::uint16_t>);
        case 4: return start(gatherOf<unsigned>);
        case 8: return start(gatherOf<uint2>);
        case 16: return start(gatherOf<uint4>);
        default: return fail(ErrorCode::Unsupported, "gather: elements of " + std::to_string(bytes) + " bytes");
    }
}

/// `pattern` is the element repeated over 8 bytes. Threads before the first 16-byte boundary and behind the last write single elements.
struct FillArguments {
    unsigned char* to;
    std::int64_t head;   // elements before the boundary
    std::int64_t units;  // of 16 bytes
    std::int64_t tail;
    uint2 pattern;
};

template <class Element>
__global__ void __launch_bounds__(kThreads) fillKernel(const FillArguments a, Element element) {
    allowNextKernel();
    const std::int64_t number = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    waitForPreviousKernel();
    Element* to = reinterpret_cast<Element*>(a.to);
    uint4* units = reinterpret_cast<uint4*>(to + a.head);
    if (number < a.units) units[number] = make_uint4(a.pattern.x, a.pattern.y, a.pattern.x, a.pattern.y);
    if (number < a.head) to[number] = element;
    if (number < a.tail) reinterpret_cast<Element*>(units + a.units)[number] = element;
}

template <class Element>
Status fillWith(Stream stream, std::int64_t count, std::uint64_t value, void* to) {
    constexpr std::int64_t kWidth = 16 / static_cast<std::int64_t>(sizeof(Element));
    std::uint64_t pattern = 0;
    const auto element = static_cast<Element>(value);
    for (std::size_t i = 0; i < 8 / sizeof(Element); ++i) pattern |= static_cast<std::uint64_t>(element) << (8 * sizeof(Element) * i % 64);
    const auto past = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(to) % 16 / sizeof(Element));
    FillArguments a{};
    a.to = static_cast<unsigned char*>(to);
    a.head = std::min(count, (kWidth - past) % kWidth);
    a.units = (count - a.head) / kWidth;
    a.tail = count - a.head - a.units * kWidth;
    a.pattern = make_uint2(static_cast<unsigned>(pattern), static_cast<unsigned>(pattern >> 32));
    return launchDependent(fillKernel<Element>, blocksOf(std::max({a.head, a.units, a.tail})), dim3(kThreads), 0, stream, a, element);
}

}  // namespace

Status launchGather(Stream stream, const Gather& gather, const void* from, const void* indices, void* to, int* fault) {
    return startGather(stream, Gathering(gather), false, from, indices, to, fault);
}

Status launchGatherElements(Stream stream, const Gather& gather, const void* from, const void* indices, void* to, int* fault) {
    return startGather(stream, Gathering(gather), true, from, indices, to, fault);
}

Status launchGatherNd(Stream stream, const GatherNd& gather, const void* from, const void* indices, void* to, int* fault) {
    if (gather.depth < 1 || gather.depth > GatherNd::kMostDepth)
        return fail(ErrorCode::Unsupported, "gather: tuples of " + std::to_string(gather.depth) + " indices");
    Gathering gathering(Gather{gather.elementBytes, 1, 1, gather.inner, gather.count, gather.indexType, gather.faultCode});
    gathering.depth = gather.depth;
    gathering.extents = gather.extents;
    for (int i = 0; i < gather.depth; ++i) gathering.axis *= gather.extents[static_cast<std::size_t>(i)];
    return startGather(stream, gathering, false, from, indices, to, fault);
}

Status launchFill(Stream stream, int elementBytes, std::int64_t count, std::uint64_t value, void* to) {
    if (count == 0) return {};
    switch (elementBytes) {
        case 1: return fillWith<std::uint8_t>(stream, count, value, to);
        case 2: return fillWith<std::uint16_t>(stream, count, value, to);
        case 4: return fillWith<std::uint32_t>(stream, count, value, to);
        case 8: return fillWith<std::uint64_t>(stream, count, value, to);
        default: return fail(ErrorCode::Unsupported, "fill: elements of " + std::to_string(elementBytes) + " bytes");
    }
}

}  // namespace trimtab::cuda
