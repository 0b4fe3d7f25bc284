// TensorScatter (opset 24): a cache with an update written into it along `axis`, for each batch row from its write index on (0 where they
// are left out). In mode circular what passes the end goes on at the beginning; in mode linear it must fit.
#include <fmt/format.h>

#include "kernels/ref/families.h"
#include "kernels/ref/movement.h"

namespace trimtab::ref {
namespace {

struct Writing {
    int axis = 0;
    std::int64_t rows = 0, newRows = 0;  // of the cache and of the update
    bool circular = false;
    Ints first;  // for each batch row
};

Status readFirst(const Call& call, std::int64_t batch, Writing& plan) {
    plan.first.assign(static_cast<std::size_t>(batch), 0);
    if (call.has(2)) {
        const Tensor& indices = call.tensor(2);
        if (!isInteger(indices.type()) || indices.shape() != Shape{batch})
            return refuse(call, fmt::format("write_indices must be {} integers", batch));
        TRIMTAB_TRY(plan.first, integers(call, 2));
    }
    for (const std::int64_t index : plan.first) {
        const bool fits = index >= 0 && (plan.circular ? index < plan.rows || plan.newRows == 0 : index <= plan.rows - plan.newRows);
        if (!fits) return refuse(call, fmt::format("{} rows written at {} leave a cache of {}", plan.newRows, index, plan.rows));
    }
    return {};
}

Result<Writing> read(const Call& call) {
    const Tensor& cache = call.tensor(0);
    const Tensor& update = call.tensor(1);
    TRIMTAB_REQUIRE(sameType(call, cache, update));
    Writing plan;
    TRIMTAB_TRY(plan.axis, axisAttribute(call, "axis", -2, cache.shape().rank()));
    if (plan.axis == 0) return refuse(call, "the axis must not be the batch's");
    if (update.shape().rank() != cache.shape().rank()) return refuse(call, "cache and update must have the same number of axes");
    for (int d = 0; d < cache.shape().rank(); ++d)
        if (d == plan.axis ? update.shape()[d] > cache.shape()[d] : update.shape()[d] != cache.shape()[d])
            return refuse(call, fmt::format("an update {} does not fit a cache {}", update.shape().text(), cache.shape().text()));
    const std::string mode = call.node.string("mode", "linear");
    if (mode != "linear" && mode != "circular") return refuse(call, "mode " + mode + " is not known");
    plan.circular = mode == "circular";
    plan.rows = cache.shape()[plan.axis];
    plan.newRows = update.shape()[plan.axis];
    TRIMTAB_REQUIRE(readFirst(call, cache.shape()[0], plan));
    return plan;
}

Result<Values> tensorScatter(const Call& call) {
    TRIMTAB_TRY(const Writing plan, read(call));
    const Tensor& update = call.tensor(1);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, update));
    TRIMTAB_TRY(Tensor present, call.tensor(0).clone());
    if (update.elementCount() == 0) return one(std::move(present));
    const Shape& shape = present.shape();
    const std::int64_t inner = extent(shape, plan.axis + 1, shape.rank()), middle = extent(shape, 1, plan.axis);
    for (std::int64_t slice = 0; slice < shape[0] * middle; ++slice) {
        const std::int64_t first = plan.first[static_cast<std::size_t>(slice / middle)];
        for (std::int64_t row = 0; row < plan.newRows; ++row)
            copyElements(present, (slice * plan.rows + (first + row) % plan.rows) * inner, update, (slice * plan.newRows + row) * inner,
                         inner, width);
    }
    return one(std::move(present));
}

}  // namespace

void registerTensorScatter(Registry& registry) { registry.add("TensorScatter", 24, {2, 3, 1}, tensorScatter); }

}  // namespace trimtab::ref
