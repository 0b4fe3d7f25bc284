// Col2Im: the columns of [N, C · product(block), L] are blocks of an image [N, C, image_shape…], one for each of the L positions at which a
// window of block_shape with strides, dilations and pads lies on it; elements of the image sum what the blocks have there.
#include <algorithm>

#include <fmt/format.h>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

constexpr std::int64_t kLargestExtent = std::int64_t{1} << 31;

Result<Ints> extentsOf(const Call& call, std::size_t input) {
    TRIMTAB_TRY(const Ints values, integers(call, input));
    for (const std::int64_t value : values)
        if (value < 0 || value > kLargestExtent) return refuse(call, fmt::format("an extent of {} makes no sense", value));
    return values;
}

/// nullopt on overflow.
std::optional<std::int64_t> product(const Ints& extents, std::int64_t from) {
    for (const std::int64_t e : extents)
        if (__builtin_mul_overflow(from, e, &from)) return std::nullopt;
    return from;
}

template <class C>
void addBlocks(const Tensor& columns, const Windows& w, std::int64_t plane, std::int64_t blockCount, C* image) {
    const std::int64_t positions = w.outCount();
    std::vector<C> row(static_cast<std::size_t>(positions));
    Ints k(w.rank(), 0);
    for (std::int64_t b = 0; b < blockCount; ++b, advance(k, w.kernel)) {
        load(columns, (plane * blockCount + b) * positions, 1, positions, row.data());
        Ints at(w.rank(), 0);
        for (std::int64_t p = 0; p < positions; ++p, advance(at, w.out)) {
            std::int64_t offset = 0;
            for (std::size_t d = 0; d < w.rank() && offset >= 0; ++d) {
                const std::int64_t position = w.start(d, at[d]) + k[d] * w.dilations[d];
                offset = position < 0 || position >= w.in[d] ? -1 : offset * w.in[d] + position;
            }
            if (offset >= 0) image[offset] += row[static_cast<std::size_t>(p)];
        }
    }
}

Result<Values> col2im(const Call& call) {
    const Tensor& columns = call.tensor(0);
    if (domainOf(columns.type()) == Domain::None || bitWidth(columns.type()) < 8) return unsupported(call, "the input must be numeric");
    TRIMTAB_TRY(const Ints image, extentsOf(call, 1));
    TRIMTAB_TRY(const Ints block, extentsOf(call, 2));
    if (image.empty() || image.size() != block.size())
        return refuse(call, "image_shape and block_shape must have one extent for each spatial axis");
    TRIMTAB_TRY(const Windows w, windows(call, image, block, false));
    const Shape& shape = columns.shape();
    const auto blockCount = product(block, 1), positions = product(w.out, 1);
    if (shape.rank() != 3 || !blockCount || !positions || shape[1] % *blockCount != 0 || shape[2] != *positions)
        return refuse(call, fmt::format("the input {} does not hold the blocks of such an image", shape.text()));
    const std::int64_t channels = shape[1] / *blockCount;
    Ints dims{shape[0], channels};
    dims.insert(dims.end(), image.begin(), image.end());
    TRIMTAB_TRY(Tensor out, Tensor::allocate(columns.type(), Shape(std::move(dims))));
    if (out.elementCount() == 0) return one(std::move(out));
    const std::int64_t inCount = w.inCount();
    TRIMTAB_TRY(Tensor plane64, Tensor::allocate(DataType::Int64, Shape{inCount}));  // of whichever type sums are formed in
    inDomain(columns.type(), [&](auto zero) {
        auto* sums = plane64.mutableData<decltype(zero)>().data();
        for (std::int64_t plane = 0; plane < shape[0] * channels; ++plane) {
            std::fill(sums, sums + inCount, zero);
            addBlocks(columns, w, plane, *blockCount, sums);
            store(out, plane * inCount, inCount, sums);
        }
    });
    return one(std::move(out));
}

}  // namespace

void registerCol2Im(Registry& registry) { registry.add("Col2Im", 18, {3, 3, 1}, col2im); }

}  // namespace trimtab::ref
