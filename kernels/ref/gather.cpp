// Gather, GatherElements, GatherND. Indices count from the back when negative; one outside is refused, never read.
#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/families.h"
#include "kernels/ref/indices.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

Result<Values> gather(const Call& call) {
    const Tensor& data = call.tensor(0);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    const Shape& shape = data.shape();
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", 0, shape.rank()));
    TRIMTAB_TRY(const Tensor indices, boundedIndices(call, call.tensor(1), shape[at]));
    TRIMTAB_TRY(Tensor out, Tensor::allocate(data.type(), spliced(shape, at, at + 1, indices.shape().dims())));
    if (out.elementCount() == 0) return one(std::move(out));
    const std::int64_t outer = extent(shape, 0, at), inner = extent(shape, at + 1, shape.rank());
    std::int64_t to = 0;
    for (std::int64_t o = 0; o < outer; ++o) {
        for (const std::int64_t i : indices.data<std::int64_t>()) {
            copyElements(out, to, data, (o * shape[at] + i) * inner, inner, width);
            to += inner;
        }
    }
    return one(std::move(out));
}

Result<Values> gatherElements(const Call& call) {
    const Tensor& data = call.tensor(0);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", 0, data.shape().rank()));
    TRIMTAB_TRY(const Tensor indices, boundedIndices(call, call.tensor(1), data.shape()[at]));
    TRIMTAB_REQUIRE(requireWithin(call, indices.shape(), data.shape(), at));
    TRIMTAB_TRY(Tensor out, Tensor::allocate(data.type(), indices.shape()));
    if (out.elementCount() == 0) return one(std::move(out));
    const Ints strides = data.shape().strides(), extents = indices.shape().dims();
    Ints index(extents.size(), 0);
    std::int64_t to = 0;
    for (const std::int64_t i : indices.data<std::int64_t>()) {
        std::int64_t from = 0;
        for (std::size_t d = 0; d < index.size(); ++d) from += (static_cast<int>(d) == at ? i : index[d]) * strides[d];
        copyElements(out, to++, data, from, 1, width);
        advance(index, extents);
    }
    return one(std::move(out));
}

Result<Values> gatherNd(const Call& call) {
    const Tensor& data = call.tensor(0);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    TRIMTAB_TRY(const IndexTuples tuples, indexTuples(call, call.tensor(1), data.shape(), call.node.integer("batch_dims", 0)));
    const Shape& shape = data.shape();
    const int last = call.tensor(1).shape().rank() - 1;
    Ints dims(call.tensor(1).shape().begin(), call.tensor(1).shape().begin() + last);
    dims.insert(dims.end(), shape.begin() + tuples.prefix, shape.end());
    TRIMTAB_TRY(Tensor out, Tensor::allocate(data.type(), Shape(std::move(dims))));
    if (out.elementCount() == 0) return one(std::move(out));
    std::int64_t to = 0;
    for (const std::int64_t from : tuples.offsets.data<std::int64_t>()) {
        copyElements(out, to, data, from, tuples.sliceLength, width);
        to += tuples.sliceLength;
    }
    return one(std::move(out));
}

}  // namespace

Result<Tensor> boundedIndices(const Call& call, const Tensor& indices, std::int64_t bound) {
    if (indices.type() != DataType::Int64 && indices.type() != DataType::Int32) return refuse(call, "indices must be int32 or int64");
    TRIMTAB_TRY(const Tensor wide, tensor::convert(indices, DataType::Int64));
    TRIMTAB_TRY(Tensor out, wide.clone());
    for (std::int64_t& index : out.mutableData<std::int64_t>()) {
        if (index < -bound || index >= bound) return refuse(call, fmt::format("index {} lies outside an axis of extent {}", index, bound));
        if (index < 0) index += bound;
    }
    return out;
}

Status requireWithin(const Call& call, const Shape& indices, const Shape& data, int axis) {
    bool fits = indices.rank() == data.rank();
    for (int d = 0; fits && d < data.rank(); ++d) fits = d == axis || indices[d] <= data[d];
    if (fits) return {};
    return refuse(call, fmt::format("indices {} reach beyond the data {}", indices.text(), data.text()));
}

Result<IndexTuples> indexTuples(const Call& call, const Tensor& indices, const Shape& data, std::int64_t batchDims) {
    const Shape& shape = indices.shape();
    const int rank = shape.rank();
    if (rank < 1 || batchDims < 0 || batchDims >= rank || batchDims > data.rank())
        return refuse(call, "batch_dims or the rank of the indices makes no sense");
    const int batch = static_cast<int>(batchDims);
    const std::int64_t length = shape[rank - 1];
    if (length < 0 || length > data.rank() - batch)
        return refuse(call, fmt::format("index tuples of {} reach beyond the data {}", length, data.text()));
    for (int d = 0; d < batch; ++d)
        if (shape[d] != data[d]) return refuse(call, "the batch axes of data and indices differ");
    if (indices.type() != DataType::Int64 && indices.type() != DataType::Int32) return refuse(call, "indices must be int32 or int64");
    IndexTuples tuples;
    tuples.prefix = batch + static_cast<int>(length);
    tuples.sliceLength = extent(data, tuples.prefix, data.rank());
    TRIMTAB_TRY(const Tensor wide, tensor::convert(indices, DataType::Int64));
    TRIMTAB_TRY(tuples.offsets, Tensor::allocate(DataType::Int64, Shape{extent(shape, 0, rank - 1)}));
    const std::int64_t inBatch = extent(shape, batch, rank - 1);
    auto offsets = tuples.offsets.mutableData<std::int64_t>();
    for (std::int64_t i = 0; i < tuples.offsets.elementCount(); ++i) {
        std::int64_t at = i / inBatch;
        for (std::int64_t k = 0; k < length; ++k) {
            const std::int64_t bound = data[batch + static_cast<int>(k)];
            const std::int64_t index = wide.data<std::int64_t>()[static_cast<std::size_t>(i * length + k)];
            if (index < -bound || index >= bound)
                return refuse(call, fmt::format("index {} lies outside an axis of extent {}", index, bound));
            at = at * bound + (index < 0 ? index + bound : index);
        }
        offsets[static_cast<std::size_t>(i)] = at * tuples.sliceLength;
    }
    return tuples;
}

void registerGather(Registry& registry) {
    registry.add("Gather", 1, {2, 2, 1}, gather);
    registry.add("GatherElements", 11, {2, 2, 1}, gatherElements);
    registry.add("GatherND", 11, {2, 2, 1}, gatherNd);
}

}  // namespace trimtab::ref
