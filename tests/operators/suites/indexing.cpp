// Gathering, scattering, ordering and counting by index; shapes taken apart and put together.
#include <algorithm>

#include "core/tensor/convert.h"
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor listOf(const Ints& values) { return Tensor::fromInt64s(Shape{static_cast<std::int64_t>(values.size())}, values); }
Tensor scalarOf(std::int64_t value) { return Tensor::fromInt64s(Shape{}, {value}); }

/// `axis` counted from the front or from the back.
std::int64_t either(Draw& draw, std::int64_t axis, std::int64_t rank) { return draw.coin(0.3) ? axis - rank : axis; }

/// Indices into extent `bound`, some counted from the back; as int32 or int64.
Tensor indexTensor(Draw& draw, const Shape& shape, const Ints& values, std::int64_t bound) {
    Ints signedValues = values;
    for (std::int64_t& value : signedValues)
        if (draw.coin(0.3)) value -= bound;
    return *tensor::convert(Tensor::fromInt64s(shape, signedValues), draw.pick({DataType::Int32, DataType::Int64}));
}

DataType commonType(Draw& draw) {
    return draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64, DataType::UInt8, DataType::Int8});
}

std::string combination(Draw& draw, bool extremes) {
    return extremes ? draw.pick<std::string>({"add", "mul", "min", "max"}) : draw.pick<std::string>({"add", "mul"});
}

/// Places along `axis`: distinct within each line unless elements are combined.
template <bool kReduces, bool kExtremes>
Case scatterElements(Draw& draw, int index) {
    const Shape shape = index == 1 ? Shape{1} : draw.shape(static_cast<int>(draw.integer(1, 3)), 1, 5);
    const std::int64_t axis = draw.integer(0, shape.rank() - 1), bound = shape[static_cast<int>(axis)];
    Case made;
    const bool combines = kReduces && draw.coin(0.8);
    if (combines) made.attributes["reduction"] = combination(draw, kExtremes);
    Shape taken = shape;
    for (int d = 0; d < taken.rank(); ++d) taken[d] = index == 0 && d == 0 ? 0 : draw.integer(1, shape[d]);
    Ints places(static_cast<std::size_t>(taken.elementCount()));
    std::int64_t inner = 1;
    for (int d = static_cast<int>(axis) + 1; d < taken.rank(); ++d) inner *= taken[d];
    const std::int64_t length = taken[static_cast<int>(axis)];
    for (std::int64_t line = 0; length > 0 && line < taken.elementCount() / length; ++line) {
        const Ints order = draw.permutation(bound);
        for (std::int64_t k = 0; k < length; ++k)
            places[static_cast<std::size_t>((line / inner * length + k) * inner + line % inner)] =
                combines ? draw.integer(0, bound - 1) : order[static_cast<std::size_t>(k)];
    }
    const DataType type = commonType(draw);
    const double low = type == DataType::UInt8 ? 0 : -3;
    made.inputs = {draw.tensor(type, shape, low, 3), indexTensor(draw, taken, places, bound), draw.tensor(type, taken, low, 3)};
    if (axis != 0 || draw.coin()) made.attributes["axis"] = either(draw, axis, shape.rank());
    return made;
}

template <bool kReduces, bool kExtremes>
Case scatterNd(Draw& draw, int index) {
    const Shape shape = index == 1 ? Shape{1} : draw.shape(static_cast<int>(draw.integer(1, 3)), 1, 4);
    const auto depth = static_cast<int>(draw.integer(1, shape.rank()));
    std::int64_t slots = 1;
    for (int d = 0; d < depth; ++d) slots *= shape[d];
    Case made;
    const bool combines = kReduces && draw.coin(0.8);
    if (combines) made.attributes["reduction"] = combination(draw, kExtremes);
    const std::int64_t count = index == 0 ? 0 : draw.integer(1, combines ? 2 * slots : slots);
    const Ints order = draw.permutation(slots);
    Ints tuples, updates{count};
    for (std::int64_t i = 0; i < count; ++i) {
        std::int64_t slot = combines ? draw.integer(0, slots - 1) : order[static_cast<std::size_t>(i)];
        Ints tuple(static_cast<std::size_t>(depth));
        for (int d = depth; d-- > 0; slot /= shape[d])
            tuple[static_cast<std::size_t>(d)] = slot % shape[d] - (draw.coin(0.2) ? shape[d] : 0);
        tuples.insert(tuples.end(), tuple.begin(), tuple.end());
    }
    updates.insert(updates.end(), shape.begin() + depth, shape.end());
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64});
    made.inputs = {draw.tensor(type, shape, -3, 3), Tensor::fromInt64s(Shape{count, depth}, tuples),
                   draw.tensor(type, Shape(updates), -3, 3)};
    return made;
}

template <bool kBatches>
Case gatherNd(Draw& draw, int index) {
    const Shape shape = draw.shape(static_cast<int>(draw.integer(kBatches ? 2 : 1, 4)), 1, 4);
    const auto batch = static_cast<int>(kBatches ? draw.integer(0, shape.rank() - 1) : 0);
    const auto depth = static_cast<int>(draw.integer(1, shape.rank() - batch));
    Ints dims(shape.begin(), shape.begin() + batch);
    for (std::int64_t i = draw.integer(0, 2); i > 0; --i) dims.push_back(index == 0 ? 0 : draw.integer(1, 3));
    std::int64_t count = 1;
    for (const std::int64_t dim : dims) count *= dim;
    Ints tuples;
    for (std::int64_t i = 0; i < count; ++i)
        for (int d = batch; d < batch + depth; ++d) tuples.push_back(draw.integer(-shape[d], shape[d] - 1));
    dims.push_back(depth);
    Case made{.inputs = {draw.tensor(commonType(draw), shape, 0, 9), Tensor::fromInt64s(Shape(dims), tuples)}};
    if (kBatches && (batch != 0 || draw.coin())) made.attributes["batch_dims"] = std::int64_t{batch};
    return made;
}

Case unique(Draw& draw, int index) {
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Int64, DataType::Int8});
    const Shape shape = index == 0 ? Shape{0} : index == 1 ? Shape{1} : draw.shape(static_cast<int>(draw.integer(1, 3)), 1, 6);
    Case made{.inputs = {*tensor::convert(draw.tensor(DataType::Int64, shape, 0, shape.rank() == 1 ? 4 : 1), type)}};
    if (index > 1 && draw.coin(0.6)) made.attributes["axis"] = either(draw, draw.integer(0, shape.rank() - 1), shape.rank());
    if (draw.coin(0.7)) made.attributes["sorted"] = draw.integer(0, 1);
    made.outputs = {true, draw.coin(), draw.coin(), draw.coin()};
    return made;
}

Case splitEvenly(Draw& draw, Shape shape, std::int64_t axis, std::int64_t parts) {
    shape[static_cast<int>(axis)] = parts * draw.integer(0, 3);
    return {.inputs = {draw.tensor(draw.pick({DataType::Float32, DataType::Int32, DataType::Int64}), shape, 0, 9)}};
}

/// Into parts of given extents (an input), or into equal ones.
template <bool kCounted>
Case split(Draw& draw, int) {
    Shape shape = draw.shape(static_cast<int>(draw.integer(1, 3)), 1, 4);
    const std::int64_t axis = draw.integer(0, shape.rank() - 1), parts = draw.integer(1, 4);
    Case made;
    if (draw.coin()) {
        Ints extents;
        shape[static_cast<int>(axis)] = 0;
        for (std::int64_t i = 0; i < parts; ++i) {
            extents.push_back(draw.integer(0, 4));
            shape[static_cast<int>(axis)] += extents.back();
        }
        made.inputs = {draw.floats(shape), listOf(extents)};
        if (draw.coin()) made.initializers = {1};
    } else if (kCounted && draw.coin(0.7)) {
        const std::int64_t whole = draw.integer(1, 3);  // the last part is smaller, yet there
        shape[static_cast<int>(axis)] = (parts - 1) * whole + draw.integer(1, whole);
        made.inputs = {draw.floats(shape)};
        made.attributes["num_outputs"] = parts;
    } else {
        made = splitEvenly(draw, shape, axis, parts);
        if (kCounted) made.attributes["num_outputs"] = parts;
    }
    if (axis != 0 || draw.coin()) made.attributes["axis"] = either(draw, axis, shape.rank());
    made.outputs.assign(static_cast<std::size_t>(parts), true);
    return made;
}

template <int kVersion>
Case topK(Draw& draw, int index) {
    const Shape shape = index == 1 ? Shape{1} : draw.shape(static_cast<int>(draw.integer(1, 4)), 1, 6);
    const std::int64_t axis = draw.integer(0, shape.rank() - 1), k = index == 0 ? 0 : draw.integer(1, shape[static_cast<int>(axis)]);
    const DataType type = kVersion < 11 ? draw.pick({DataType::Float32, DataType::Float64})
                                        : draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64});
    Case made{.inputs = {draw.tensor(type, shape, -3, 3)}};
    if (kVersion < 10) made.attributes["k"] = std::max<std::int64_t>(k, 1);
    else made.inputs.push_back(listOf({k}));
    if (kVersion >= 10 && draw.coin()) made.initializers = {1};
    if (axis != shape.rank() - 1 || draw.coin()) made.attributes["axis"] = kVersion < 11 ? axis : either(draw, axis, shape.rank());
    if (kVersion >= 11 && draw.coin()) made.attributes["largest"] = draw.integer(0, 1);
    made.outputs = {true, true};
    return made;
}

Case cumSum(Draw& draw, int index) {
    const Shape shape = index == 0 ? Shape{0, 2} : index == 1 ? Shape{1} : draw.shape(static_cast<int>(draw.integer(1, 4)), 1, 5);
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64});
    Case made{.inputs = {draw.tensor(type, shape, -3, 3), scalarOf(either(draw, draw.integer(0, shape.rank() - 1), shape.rank()))}};
    if (draw.coin()) made.attributes["exclusive"] = draw.integer(0, 1);
    if (draw.coin()) made.attributes["reverse"] = draw.integer(0, 1);
    return made;
}

/// ONNX Runtime has kernels for a few combinations of the three types only.
template <bool kNegatives>
Case oneHot(Draw& draw, int index) {
    struct Types {
        DataType indices, depth, values;
    };
    const Types types = draw.pick<Types>({{DataType::Int64, DataType::Int64, DataType::Int64},
                                          {DataType::Int64, DataType::Int64, DataType::Float32},
                                          {DataType::Float32, DataType::Float32, DataType::Float32},
                                          {DataType::Int32, DataType::Int32, DataType::Float32}});
    const Shape shape = index == 0 ? Shape{0, 2} : draw.shape(static_cast<int>(draw.integer(1, 3)), 1, 4);
    const std::int64_t depth = draw.integer(1, 5);
    const double low = kNegatives ? static_cast<double>(-depth - 1) : 0;
    const Tensor whole = draw.tensor(DataType::Int64, shape, low, static_cast<double>(depth + 1));
    Case made{.inputs = {*tensor::convert(whole, types.indices),
                         *tensor::convert(draw.coin() ? scalarOf(depth) : listOf({depth}), types.depth),
                         draw.tensor(types.values, Shape{2}, -5, 5)}};
    if (draw.coin()) made.initializers = {1};
    if (draw.coin(0.6)) made.attributes["axis"] = draw.integer(-shape.rank() - 1, shape.rank());
    return made;
}

Case trilu(Draw& draw, int index) {
    const Shape shape = index == 0 ? Shape{2, 0, 3} : index == 1 ? Shape{1, 1} : draw.shape(static_cast<int>(draw.integer(2, 4)), 1, 5);
    Case made{.inputs = {draw.tensor(draw.pick({DataType::Float32, DataType::Float64, DataType::Int64}), shape, -9, 9)}};
    if (draw.coin(0.7)) made.inputs.push_back(scalarOf(draw.integer(-6, 6)));
    if (draw.coin(0.7)) made.attributes["upper"] = draw.integer(0, 1);
    return made;
}

Case eyeLike(Draw& draw, int index) {
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Int32, DataType::Int64});
    Case made{.inputs = {draw.tensor(type, index == 0 ? Shape{0, 3} : draw.shape(2, 1, 6), 0, 9)}};
    if (draw.coin(0.7)) made.attributes["k"] = draw.integer(-7, 7);
    if (draw.coin()) made.attributes["dtype"] = draw.pick<std::int64_t>({1, 6, 7, 11});
    return made;
}

template <bool kZeros>
Case reshape(Draw& draw, int index) {
    Shape shape = draw.shape(static_cast<int>(draw.integer(1, 4)), 1, 4);
    Ints wanted = draw.coin() ? shape.dims() : Ints{shape.elementCount()};
    Case made;
    if (kZeros && (index == 0 || draw.coin())) made.attributes["allowzero"] = std::int64_t{1};
    if (kZeros && (index == 0 || (made.attributes.contains("allowzero") && draw.coin()))) {
        shape[static_cast<int>(draw.integer(0, shape.rank() - 1))] = 0;
        wanted = {draw.integer(1, 5), 0};
    } else if (made.attributes.empty() && draw.coin() && wanted.size() > 1) {
        wanted[static_cast<std::size_t>(draw.integer(0, static_cast<std::int64_t>(wanted.size()) - 1))] = 0;
        for (std::size_t i = 0; i < wanted.size(); ++i)
            if (wanted[i] == 0) wanted[i] = shape[static_cast<int>(i)] == 0 ? 1 : 0;
    } else {
        wanted[static_cast<std::size_t>(draw.integer(0, static_cast<std::int64_t>(wanted.size()) - 1))] = -1;
        wanted.insert(wanted.begin(), 1);
    }
    made.inputs = {draw.tensor(commonType(draw), shape, 0, 9), listOf(wanted)};
    if (draw.coin()) made.initializers = {1};
    return made;
}

template <bool kAsInput>
Case squeeze(Draw& draw, int index) {
    Shape shape = index == 1 ? Shape{1, 1, 1} : draw.shape(static_cast<int>(draw.integer(1, 4)), 1, 2);
    Ints axes;
    for (int d = 0; d < shape.rank(); ++d)
        if (shape[d] == 1 && draw.coin()) axes.push_back(either(draw, d, shape.rank()));
    Case made{.inputs = {draw.tensor(commonType(draw), shape, 0, 9)}};
    if (axes.empty()) return made;
    if (kAsInput) made.inputs.push_back(listOf(axes));
    else made.attributes["axes"] = axes;
    if (draw.coin()) made.initializers = {1};
    return made;
}

template <bool kAsInput>
Case unsqueeze(Draw& draw, int index) {
    const Shape shape = index == 0 ? Shape{0} : draw.shape(static_cast<int>(draw.integer(0, 3)), 1, 3);
    const std::int64_t added = draw.integer(1, 3);
    Ints axes = draw.permutation(shape.rank() + added);
    axes.resize(static_cast<std::size_t>(added));
    for (std::int64_t& axis : axes) axis = either(draw, axis, shape.rank() + added);
    Case made{.inputs = {draw.tensor(commonType(draw), shape, 0, 9)}};
    if (kAsInput) made.inputs.push_back(listOf(axes));
    else made.attributes["axes"] = axes;
    if (kAsInput && draw.coin()) made.initializers = {1};
    return made;
}

template <bool kParts>
Case shape(Draw& draw, int index) {
    Case made{.inputs = {draw.tensor(commonType(draw), index == 0 ? Shape{0, 2} : draw.shape(static_cast<int>(draw.integer(0, 4))), 0, 9)}};
    if (kParts && draw.coin(0.7)) made.attributes["start"] = draw.integer(-6, 6);
    if (kParts && draw.coin(0.7)) made.attributes["end"] = draw.integer(-6, 6);
    return made;
}

Case constantOfShape(Draw& draw, int index) {
    const Shape wanted = draw.shape(static_cast<int>(draw.integer(0, 4)), index == 0 ? 0 : 1, 3);
    Case made{.inputs = {listOf(wanted.dims())}};
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Float16, DataType::Int8, DataType::UInt8,
                                     DataType::Int16, DataType::UInt16, DataType::Int32, DataType::UInt32, DataType::Int64,
                                     DataType::UInt64, DataType::Bool});
    if (draw.coin(0.8)) made.attributes["value"] = draw.tensor(type, Shape{1}, 0, 9);
    if (draw.coin()) made.initializers = {0};
    return made;
}

/// Pools of distinct n-grams over the numbers 0…5; weighted ones have their columns in the order of the pool.
Case tfIdf(Draw& draw, int index) {
    Ints pool, starts;
    std::int64_t grams = 0;
    const std::int64_t longest = draw.integer(1, 3);
    for (std::int64_t n = 1; n <= longest; ++n) {
        starts.push_back(static_cast<std::int64_t>(pool.size()));
        std::set<Ints> seen;
        for (std::int64_t i = draw.integer(1, 4); i > 0; --i) {
            Ints gram;
            for (std::int64_t k = 0; k < n; ++k) gram.push_back(draw.integer(0, 5));
            if (!seen.insert(gram).second) continue;
            pool.insert(pool.end(), gram.begin(), gram.end());
            ++grams;
        }
    }
    Case made;
    const std::string mode = draw.pick<std::string>({"TF", "IDF", "TFIDF"});
    Ints columns = draw.permutation(grams);
    if (mode != "TF") std::sort(columns.begin(), columns.end());
    const std::int64_t shortest = draw.integer(1, longest);
    made.attributes = {{"mode", mode},           {"pool_int64s", pool},         {"ngram_counts", starts},
                       {"ngram_indexes", columns}, {"min_gram_length", shortest}, {"max_gram_length", longest},
                       {"max_skip_count", draw.integer(0, 3)}};
    if (draw.coin()) {
        std::vector<float> weights;
        for (std::int64_t i = 0; i < grams; ++i) weights.push_back(static_cast<float>(draw.real(0.5, 2)));
        made.attributes["weights"] = weights;
    }
    const std::int64_t length = index == 1 ? 1 : draw.integer(2, 14);
    const DataType type = draw.pick({DataType::Int32, DataType::Int64});
    made.inputs = {draw.tensor(type, draw.coin() ? Shape{length} : Shape{draw.integer(1, 3), length}, 0, 5)};
    return made;
}

std::vector<Suite> scatteringSuites() {
    return {
        {.op = "ScatterElements", .version = 13, .draw = scatterElements<false, false>},
        {.op = "ScatterElements", .version = 16, .draw = scatterElements<true, false>, .cases = 40},
        {.op = "ScatterElements", .version = 18, .draw = scatterElements<true, true>, .cases = 40},
        {.op = "ScatterND", .version = 13, .draw = scatterNd<false, false>},
        {.op = "ScatterND", .version = 16, .draw = scatterNd<true, false>, .cases = 40},
        {.op = "ScatterND", .version = 18, .draw = scatterNd<true, true>, .cases = 40},
        {.op = "GatherND", .version = 11, .draw = gatherNd<false>},
        {.op = "GatherND", .version = 13, .draw = gatherNd<true>, .cases = 40},
    };
}

std::vector<Suite> shapeSuites() {
    return {
        {.op = "Split", .version = 13, .draw = split<false>},         {.op = "Split", .version = 18, .draw = split<true>, .cases = 40},
        {.op = "Reshape", .version = 13, .draw = reshape<false>},     {.op = "Reshape", .version = 14, .draw = reshape<true>},
        {.op = "Reshape", .version = 21, .draw = reshape<true>},      {.op = "Squeeze", .version = 11, .draw = squeeze<false>},
        {.op = "Squeeze", .version = 13, .draw = squeeze<true>},      {.op = "Squeeze", .version = 21, .draw = squeeze<true>},
        {.op = "Unsqueeze", .version = 11, .draw = unsqueeze<false>}, {.op = "Unsqueeze", .version = 13, .draw = unsqueeze<true>},
        {.op = "Unsqueeze", .version = 21, .draw = unsqueeze<true>},  {.op = "Shape", .version = 13, .draw = shape<false>},
        {.op = "Shape", .version = 15, .draw = shape<true>},          {.op = "Shape", .version = 19, .draw = shape<true>},
        {.op = "Shape", .version = 21, .draw = shape<true>},          {.op = "Shape", .version = 25, .draw = shape<true>},
        {.op = "Size", .version = 13, .draw = shape<false>},          {.op = "Size", .version = 19, .draw = shape<false>},
        {.op = "Size", .version = 25, .draw = shape<false>},
        {.op = "ConstantOfShape", .version = 9, .draw = constantOfShape},
        {.op = "ConstantOfShape", .version = 20, .draw = constantOfShape},
        {.op = "ConstantOfShape", .version = 23, .draw = constantOfShape},
    };
}

}  // namespace

std::vector<Suite> indexingSuites() {
    std::vector<Suite> all{
        {.op = "Unique", .version = 11, .draw = unique, .cases = 48},
        {.op = "TopK", .version = 1, .draw = topK<1>},
        {.op = "TopK", .version = 10, .draw = topK<10>},
        {.op = "TopK", .version = 11, .draw = topK<11>},
        {.op = "TopK", .version = 24, .draw = topK<24>},
        {.op = "CumSum", .version = 11, .draw = cumSum},
        {.op = "CumSum", .version = 14, .draw = cumSum},
        {.op = "OneHot", .version = 9, .draw = oneHot<false>},
        {.op = "OneHot", .version = 11, .draw = oneHot<true>},
        {.op = "Trilu", .version = 14, .draw = trilu},
        {.op = "EyeLike", .version = 9, .draw = eyeLike},
        {.op = "EyeLike", .version = 22, .draw = eyeLike},
        {.op = "TfIdfVectorizer", .version = 9, .draw = tfIdf, .cases = 40},
    };
    for (const auto& part : {scatteringSuites(), shapeSuites()}) all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace trimtab::operators
