// com.microsoft.FusedMatMul: alpha · A' · B', where A' is A with its last two axes swapped (transA), or with its first axis moved behind
// the batch axes before that (transBatchA): [rows, batch…, columns] is then read as [batch…, rows, columns]. The same for B. Vectors stay
// as they are.
#include <numeric>

#include "kernels/ref/families.h"
#include "kernels/ref/matmul.h"
#include "kernels/ref/movement.h"

namespace trimtab::ref {
namespace {

/// The matrices of an input as they are multiplied.
Result<Tensor> turned(const Call& call, std::size_t i, const std::string& side) {
    const Tensor& given = call.tensor(i);
    const int rank = given.shape().rank();
    const bool swaps = call.node.integer("trans" + side, 0) != 0, moves = call.node.integer("transBatch" + side, 0) != 0;
    if (rank < 2 || (!swaps && !moves)) return given;
    std::vector<int> order(static_cast<std::size_t>(rank));
    std::iota(order.begin(), order.end(), 0);
    if (moves) {
        order.erase(order.begin());
        order.insert(order.end() - 1, 0);
    }
    if (swaps) std::swap(order[order.size() - 1], order[order.size() - 2]);
    const Ints strides = given.shape().strides();
    Ints dims, steps;
    for (const int axis : order) dims.push_back(given.shape()[axis]), steps.push_back(strides[static_cast<std::size_t>(axis)]);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, given));
    return gatherStrided(given, Shape(std::move(dims)), 0, steps, width);
}

Result<Values> fusedMatMul(const Call& call) {
    TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(1)));
    if (!isFloatingPoint(call.tensor(0).type())) return refuse(call, "inputs must be of a floating type");
    TRIMTAB_TRY(const Tensor a, turned(call, 0, "A"));
    TRIMTAB_TRY(const Tensor b, turned(call, 1, "B"));
    TRIMTAB_TRY(const Tensor product, matMul(call, a, b));
    TRIMTAB_TRY(Tensor y, scaleAndAdd(call, product, call.node.number("alpha", 1.0F), 0, Tensor()));
    return one(std::move(y));
}

}  // namespace

void registerTransposingMatMul(Registry& registry) {
    registry.add("FusedMatMul", 1, {2, 2, 1}, viaFloat32(fusedMatMul), "com.microsoft");
    registry.add("TransposeMatMul", 1, {2, 2, 1}, viaFloat32(fusedMatMul), "com.microsoft");
}

}  // namespace trimtab::ref
