#include "kernels/ref/movement.h"

#include <fmt/format.h>

#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

template <class T>
void copyRun(std::byte* to, const std::byte* from, std::int64_t step, std::int64_t count) {
    auto* out = reinterpret_cast<T*>(to);
    const auto* in = reinterpret_cast<const T*>(from);
    for (std::int64_t i = 0; i < count; ++i) out[i] = in[i * step];
}

void copyRun(std::byte* to, const std::byte* from, std::int64_t step, std::int64_t count, std::int64_t width) {
    if (step == 1) {
        std::memcpy(to, from, static_cast<std::size_t>(count * width));
        return;
    }
    switch (width) {
        case 1: return copyRun<std::uint8_t>(to, from, step, count);
        case 2: return copyRun<std::uint16_t>(to, from, step, count);
        case 4: return copyRun<std::uint32_t>(to, from, step, count);
        case 8: return copyRun<std::uint64_t>(to, from, step, count);
        default:
            for (std::int64_t i = 0; i < count; ++i) std::memcpy(to + i * width, from + i * step * width, static_cast<std::size_t>(width));
    }
}

}  // namespace

Result<std::int64_t> elementBytes(const Call& call, const Tensor& tensor) {
    const int bits = bitWidth(tensor.type());
    if (bits < 8) return unsupported(call, fmt::format("elements of type {} are not moved", name(tensor.type())));
    return bits / 8;
}

Result<Tensor> gatherStrided(const Tensor& from, const Shape& shape, std::int64_t offset, const Ints& steps, std::int64_t width) {
    TRIMTAB_TRY(Tensor out, Tensor::allocate(from.type(), shape));
    if (out.elementCount() == 0) return out;
    const int rank = shape.rank();
    if (rank == 0) {
        copyElements(out, 0, from, offset, 1, width);
        return out;
    }
    const Ints outer(shape.begin(), shape.end() - 1);
    const std::int64_t run = shape[rank - 1];
    Ints index(outer.size(), 0);
    std::byte* to = out.mutableBytes().data();
    do {
        std::int64_t at = offset;
        for (std::size_t d = 0; d < index.size(); ++d) at += index[d] * steps[d];
        copyRun(to, from.bytes().data() + at * width, steps.back(), run, width);
        to += run * width;
    } while (advance(index, outer));
    return out;
}

}  // namespace trimtab::ref
