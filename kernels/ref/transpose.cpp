// Transpose, DepthToSpace, SpaceToDepth.
#include <algorithm>
#include <numeric>

#include "kernels/ref/families.h"
#include "kernels/ref/movement.h"

namespace trimtab::ref {
namespace {

Result<Tensor> permuted(const Call& call, const Tensor& data, const std::vector<int>& order) {
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    const Ints strides = data.shape().strides();
    Ints dims, steps;
    for (const int d : order) {
        dims.push_back(data.shape()[d]);
        steps.push_back(strides[static_cast<std::size_t>(d)]);
    }
    return gatherStrided(data, Shape(std::move(dims)), 0, steps, width);
}

Result<Values> transpose(const Call& call) {
    const Tensor& data = call.tensor(0);
    const int rank = data.shape().rank();
    std::vector<int> order(static_cast<std::size_t>(rank));
    std::iota(order.rbegin(), order.rend(), 0);
    if (call.node.has("perm")) {
        const Ints perm = call.node.integers("perm");
        if (perm.size() != order.size()) return refuse(call, "attribute perm does not name every axis");
        TRIMTAB_TRY(order, axes(call, perm, rank));
    }
    TRIMTAB_TRY(Tensor out, permuted(call, data, order));
    return one(std::move(out));
}

struct Blocks {
    std::int64_t n, c, h, w, block;
};

Result<Blocks> blocks(const Call& call) {
    const Shape& shape = call.tensor(0).shape();
    const std::int64_t block = call.node.integer("blocksize", 0);
    if (shape.rank() != 4) return refuse(call, "the input must have rank 4, not the shape " + shape.text());
    if (block < 1 || block > (1 << 20)) return refuse(call, "attribute blocksize makes no sense");
    return Blocks{shape[0], shape[1], shape[2], shape[3], block};
}

Result<Values> depthToSpace(const Call& call) {
    TRIMTAB_TRY(const Blocks b, blocks(call));
    if (b.c % (b.block * b.block) != 0) return refuse(call, "the channels are not a multiple of blocksize²");
    const std::string mode = call.node.string("mode", "DCR");
    if (mode != "DCR" && mode != "CRD") return refuse(call, "attribute mode must be DCR or CRD");
    const std::int64_t depth = b.c / (b.block * b.block);
    const bool depthFirst = mode == "CRD";
    const Shape split = depthFirst ? Shape{b.n, depth, b.block, b.block, b.h, b.w} : Shape{b.n, b.block, b.block, depth, b.h, b.w};
    const std::vector<int> order = depthFirst ? std::vector<int>{0, 1, 4, 2, 5, 3} : std::vector<int>{0, 3, 4, 1, 5, 2};
    TRIMTAB_TRY(const Tensor out, permuted(call, call.tensor(0).reshaped(split), order));
    return one(out.reshaped(Shape{b.n, depth, b.h * b.block, b.w * b.block}));
}

Result<Values> spaceToDepth(const Call& call) {
    TRIMTAB_TRY(const Blocks b, blocks(call));
    if (b.h % b.block != 0 || b.w % b.block != 0) return refuse(call, "height and width are not multiples of blocksize");
    const Shape split{b.n, b.c, b.h / b.block, b.block, b.w / b.block, b.block};
    TRIMTAB_TRY(const Tensor out, permuted(call, call.tensor(0).reshaped(split), {0, 3, 5, 1, 2, 4}));
    return one(out.reshaped(Shape{b.n, b.c * b.block * b.block, b.h / b.block, b.w / b.block}));
}

}  // namespace

void registerTranspose(Registry& registry) {
    registry.add("Transpose", 1, {1, 1, 1}, transpose);
    registry.add("DepthToSpace", 1, {1, 1, 1}, depthToSpace);
    registry.add("SpaceToDepth", 1, {1, 1, 1}, spaceToDepth);
}

}  // namespace trimtab::ref
