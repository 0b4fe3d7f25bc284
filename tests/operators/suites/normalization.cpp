// Normalisations, each at the versions that changed its meaning.
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

using Dims = std::vector<std::int64_t>;

/// [batch, channels, …]; index 0 is all ones.
Shape images(Draw& draw, int index, int most = 5) {
    return index == 0 ? Shape{1, 1, 1} : draw.shape(static_cast<int>(draw.integer(3, most)), 1, 5);
}

void drawEpsilon(Draw& draw, Case& made) {
    if (draw.coin(0.7)) made.attributes["epsilon"] = static_cast<float>(draw.real(1e-3, 1e-1));
}

Case layerNorm(Draw& draw, int index) {
    const int rank = static_cast<int>(draw.integer(1, 4));
    const Shape shape = index == 0 ? Shape{1} : index == 1 ? Shape{0, 3} : draw.shape(rank, 2, 6);
    const int axis = static_cast<int>(draw.integer(index == 1 ? 1 : 0, shape.rank() - 1));
    const Shape suffix(Dims(shape.begin() + axis, shape.end()));
    const DataType type = draw.coin(0.3) ? DataType::Float64 : DataType::Float32;
    Case made{.inputs = {draw.tensor(type, shape), draw.tensor(type, suffix)}};
    if (axis != shape.rank() - 1 || draw.coin())
        made.attributes["axis"] = static_cast<std::int64_t>(draw.coin() ? axis : axis - shape.rank());
    drawEpsilon(draw, made);
    if (draw.coin()) made.attributes["stash_type"] = std::int64_t{1};
    return made;
}

Case layerNormalization(Draw& draw, int index) {
    Case made = layerNorm(draw, index);
    if (draw.coin()) made.inputs.push_back(draw.tensor(made.inputs[0].type(), made.inputs[1].shape()));
    if (made.inputs[0].type() == DataType::Float32 && draw.coin()) made.outputs = {true, true, true};
    return made;
}

Case rmsNormalization(Draw& draw, int index) { return layerNorm(draw, index); }

Case instanceNormalization(Draw& draw, int index) {
    const Shape shape = images(draw, index);
    Case made{.inputs = {draw.floats(shape), draw.floats({shape[1]}), draw.floats({shape[1]})}};
    drawEpsilon(draw, made);
    return made;
}

Case groups(Draw& draw, int index, bool byGroup) {
    Shape shape = images(draw, index);
    const std::int64_t count = index == 0 ? 1 : draw.integer(1, 3);
    shape[1] = count * (index == 0 ? 1 : draw.integer(1, 3));
    const Shape scale{byGroup ? count : shape[1]};
    Case made{.attributes = {{"num_groups", count}}, .inputs = {draw.floats(shape), draw.floats(scale), draw.floats(scale)}};
    drawEpsilon(draw, made);
    return made;
}

Case groupNormalization18(Draw& draw, int index) { return groups(draw, index, true); }

Case groupNormalization21(Draw& draw, int index) {
    Case made = groups(draw, index, false);
    if (draw.coin()) made.attributes["stash_type"] = std::int64_t{1};
    return made;
}

Case batchNormalization(Draw& draw, int index) {
    const Shape shape = index == 0 ? Shape{1, 1} : draw.shape(static_cast<int>(draw.integer(2, 5)), 1, 5);
    const DataType type = draw.coin(0.3) ? DataType::Float64 : DataType::Float32;
    const Shape channels{shape[1]};
    Case made{.inputs = {draw.tensor(type, shape), draw.tensor(type, channels), draw.tensor(type, channels), draw.tensor(type, channels),
                         draw.tensor(type, channels, 0.1, 3)}};
    drawEpsilon(draw, made);
    return made;
}

/// Since opset 14 training_mode asks for the running statistics too.
Case trainingBatchNormalization(Draw& draw, int index) {
    Case made = batchNormalization(draw, index);
    if (index > 0 && draw.coin()) {
        made.attributes["training_mode"] = std::int64_t{1};
        made.outputs = {true, true, true};
        if (draw.coin()) made.attributes["momentum"] = static_cast<float>(draw.real(0.1, 0.9));
    }
    return made;
}

Case lpNormalization(Draw& draw, int index) {
    const Shape shape = index == 0 ? Shape{1} : draw.shape(static_cast<int>(draw.integer(1, 4)), 1, 6);
    Case made{.inputs = {draw.tensor(draw.coin(0.3) ? DataType::Float64 : DataType::Float32, shape)}};
    if (draw.coin(0.7)) made.attributes["p"] = draw.integer(1, 2);
    if (draw.coin(0.7)) made.attributes["axis"] = draw.integer(-shape.rank(), shape.rank() - 1);
    return made;
}

Case meanVariance(Draw& draw, int index) {
    Shape shape = draw.shape(4, 2, 5);
    Case made;
    if (index > 0 && draw.coin()) {
        Dims axes;
        for (const std::int64_t axis : draw.permutation(4))
            if (axes.empty() || draw.coin()) axes.push_back(axis);
        made.attributes["axes"] = axes;
    }
    made.inputs = {draw.floats(shape)};
    return made;
}

Case lrn(Draw& draw, int index) {
    Case made{.attributes = {{"size", index == 0 ? 1 : draw.integer(1, 3) * 2 - 1}}, .inputs = {draw.floats(draw.shape(4, 1, 6))}};
    if (draw.coin()) made.attributes["alpha"] = static_cast<float>(draw.real(0.01, 1));
    if (draw.coin()) made.attributes["beta"] = static_cast<float>(draw.real(0.3, 1));
    if (draw.coin()) made.attributes["bias"] = static_cast<float>(draw.real(0.5, 2));
    return made;
}

}  // namespace

std::vector<Suite> normalizationSuites() {
    return {
        {.op = "LayerNormalization", .version = 17, .draw = layerNormalization, .cases = 40},
        {.op = "RMSNormalization", .version = 23, .draw = rmsNormalization, .cases = 32},
        {.op = "SimplifiedLayerNormalization", .version = 17, .draw = rmsNormalization, .cases = 32},
        {.op = "InstanceNormalization", .version = 6, .draw = instanceNormalization},
        {.op = "InstanceNormalization", .version = 22, .draw = instanceNormalization},
        {.op = "GroupNormalization", .version = 18, .draw = groupNormalization18},
        {.op = "GroupNormalization", .version = 21, .draw = groupNormalization21},
        {.op = "BatchNormalization", .version = 9, .draw = batchNormalization},
        {.op = "BatchNormalization", .version = 15, .draw = trainingBatchNormalization, .cases = 40},
        {.op = "LpNormalization", .version = 1, .draw = lpNormalization, .cases = 32},
        {.op = "LpNormalization", .version = 22, .draw = lpNormalization, .cases = 32},
        {.op = "MeanVarianceNormalization", .version = 9, .draw = meanVariance},
        {.op = "MeanVarianceNormalization", .version = 13, .draw = meanVariance},
        {.op = "LRN", .version = 13, .draw = lrn, .cases = 32},
    };
}

}  // namespace trimtab::operators
