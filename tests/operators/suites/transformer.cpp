// The operators of domain com.microsoft that ONNX Runtime's model builder and its transformer optimizer write.
#include "tests/operators/suites.h"

#include "core/tensor/convert.h"

namespace trimtab::operators {
namespace {

using Dims = std::vector<std::int64_t>;

constexpr const char* kDomain = "com.microsoft";

Tensor ints32(Shape shape, const Dims& values) { return *tensor::convert(Tensor::fromInt64s(std::move(shape), values), DataType::Int32); }

struct Sizes {
    std::int64_t batch = 1, heads = 1, queries = 1, keys = 1, past = 0, size = 2, valueSize = 2;
    std::int64_t total() const { return past + keys; }
};

Sizes sizesOf(Draw& draw, int index) {
    if (index == 0) return {};
    Sizes s;
    s.batch = draw.integer(1, 3);
    s.heads = draw.integer(1, 4);
    s.queries = draw.integer(1, 5);
    s.keys = s.queries;
    s.size = s.valueSize = draw.integer(1, 8);
    return s;
}

/// 1 where a key counts; the first key of every row always does.
Tensor rawMask(Draw& draw, Shape shape) {
    Dims values(static_cast<std::size_t>(shape.elementCount()));
    const std::int64_t columns = shape[shape.rank() - 1];
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int64_t>(i) % columns == 0 || draw.coin(0.7) ? 1 : 0;
    return ints32(std::move(shape), values);
}

Tensor lengthMask(Draw& draw, const Sizes& s) {
    Dims lengths;
    for (std::int64_t b = 0; b < s.batch; ++b) lengths.push_back(draw.integer(1, s.total()));
    return ints32({s.batch}, lengths);
}

Tensor biasOf(Draw& draw, const Sizes& s) {
    return draw.floats({draw.coin() ? s.batch : 1, draw.coin() ? s.heads : 1, s.queries, s.total()});
}

void drawScale(Draw& draw, Case& made) {
    if (draw.coin(0.4)) made.attributes["scale"] = static_cast<float>(draw.real(0.1, 1.5));
    if (draw.coin(0.3)) made.attributes["mask_filter_value"] = -5000.0F;
}

Case multiHeadAttention(Draw& draw, int index) {
    Sizes s = sizesOf(draw, index);
    const bool cross = index % 4 == 3;  // key and value of 4 axes
    const bool hasPast = !cross && index > 1 && draw.coin(0.4);
    if (index > 0 && draw.coin()) s.keys = draw.integer(1, 6);
    if (hasPast) s.past = draw.integer(1, 4);
    if (!hasPast && !cross && draw.coin()) s.valueSize = draw.integer(1, 8);
    Case made{.attributes = {{"num_heads", s.heads}}};
    made.inputs.push_back(draw.floats({s.batch, s.queries, s.heads * s.size}));
    made.inputs.push_back(draw.floats(cross ? Shape{s.batch, s.heads, s.keys, s.size} : Shape{s.batch, s.keys, s.heads * s.size}));
    const Shape values{s.batch, s.keys, s.heads * s.valueSize}, cachedValues{s.batch, s.heads, s.keys, s.valueSize};
    made.inputs.push_back(draw.floats(cross ? cachedValues : values));
    made.inputs.resize(6);
    if (!cross && draw.coin()) made.inputs[3] = draw.floats({s.heads * (2 * s.size + s.valueSize)});
    const auto form = draw.integer(0, 3);
    if (form == 1) made.inputs[4] = lengthMask(draw, s);
    if (form == 2) made.inputs[4] = rawMask(draw, {s.batch, s.total()});
    if (form == 3) made.inputs[4] = rawMask(draw, {s.batch, s.queries, s.total()});
    if (draw.coin()) made.inputs[5] = biasOf(draw, s);
    if (hasPast) {
        made.inputs.push_back(draw.floats({s.batch, s.heads, s.past, s.size}));
        made.inputs.push_back(draw.floats({s.batch, s.heads, s.past, s.valueSize}));
        made.outputs = {true, true, true};
    }
    if (!cross && s.keys == s.queries && draw.coin(0.3)) made.attributes["unidirectional"] = std::int64_t{1};
    drawScale(draw, made);
    if (draw.coin(0.3)) made.outputs.resize(4, true);
    return made;
}

Case projectedAttention(Draw& draw, int index) {
    Sizes s = sizesOf(draw, index);
    const bool hasPast = index > 1 && draw.coin(0.4);
    const bool hasPresent = hasPast || draw.coin(0.3);
    if (hasPast) s.past = draw.integer(1, 4);
    Case made{.attributes = {{"num_heads", s.heads}}};
    if (!hasPresent && draw.coin()) {
        s.valueSize = draw.integer(1, 6);
        made.attributes["qkv_hidden_sizes"] = Dims{s.heads * s.size, s.heads * s.size, s.heads * s.valueSize};
    }
    const std::int64_t width = draw.integer(1, 7), columns = s.heads * (2 * s.size + s.valueSize);
    made.inputs = {draw.floats({s.batch, s.queries, width}), draw.floats({width, columns}, -1, 1), draw.floats({columns}, -1, 1)};
    made.initializers = {1};
    made.inputs.resize(6);
    const auto form = draw.integer(0, 4);
    if (form == 1) made.inputs[3] = lengthMask(draw, s);
    if (form == 2) made.inputs[3] = rawMask(draw, {s.batch, s.total()});
    if (form == 3) made.inputs[3] = rawMask(draw, {s.batch, s.queries, s.total()});
    if (form == 4) {
        Dims bounds;
        for (std::int64_t b = 0; b < s.batch; ++b) bounds.push_back(draw.integer(1, s.total()));
        for (std::int64_t b = 0; b < s.batch; ++b) bounds.push_back(draw.integer(0, bounds[static_cast<std::size_t>(b)] - 1));
        made.inputs[3] = ints32({2 * s.batch}, bounds);
    }
    if (hasPast) made.inputs[4] = draw.floats({2, s.batch, s.heads, s.past, s.size});
    if (!hasPast && draw.coin()) made.inputs[5] = biasOf(draw, s);
    if (hasPresent) made.outputs = {true, true};
    if (form != 4 && draw.coin(0.4)) made.attributes["unidirectional"] = std::int64_t{1};
    drawScale(draw, made);
    return made;
}

struct Step {
    std::int64_t batch = 1, tokens = 1, heads = 1, kvHeads = 1, size = 2, pastRows = 0, total = 1;
    Dims past;
};

Step stepOf(Draw& draw, int index) {
    Step s;
    s.kvHeads = draw.integer(1, 2);
    s.heads = s.kvHeads * draw.integer(1, 3);
    s.size = 16 * draw.integer(1, 2);  // what ONNX Runtime takes
    const bool isPrompt = index % 3 == 0;
    s.tokens = isPrompt ? draw.integer(1, 6) : index % 3 == 1 ? 1 : draw.integer(2, 4);
    s.batch = index % 3 == 2 ? 1 : draw.integer(1, 3);
    s.past.assign(static_cast<std::size_t>(s.batch), isPrompt ? 0 : draw.integer(1, 6));
    s.total = s.past[0] + s.tokens;
    if (!isPrompt) s.pastRows = s.past[0];
    return s;
}

Case evenGroupQueryAttention(Draw& draw, int index) {
    const Step s = stepOf(draw, index);
    const bool packed = draw.coin(0.4);
    Case made{.attributes = {{"num_heads", s.heads}, {"kv_num_heads", s.kvHeads}}, .outputs = {true, true, true}};
    const Shape cache{s.batch, s.kvHeads, s.pastRows, s.size};
    made.inputs.push_back(draw.floats({s.batch, s.tokens, (packed ? s.heads + 2 * s.kvHeads : s.heads) * s.size}));
    for (int i = 0; i < 2; ++i) made.inputs.push_back(packed ? Tensor() : draw.floats({s.batch, s.tokens, s.kvHeads * s.size}));
    for (int i = 0; i < 2; ++i) made.inputs.push_back(draw.floats(cache));
    Dims lengths;
    for (const std::int64_t past : s.past) lengths.push_back(past + s.tokens - 1);
    made.inputs.push_back(ints32({s.batch}, lengths));
    made.inputs.push_back(ints32({}, {s.total}));
    made.inputs.resize(12);
    if (draw.coin()) {
        made.attributes["do_rotary"] = std::int64_t{1};
        if (draw.coin()) made.attributes["rotary_interleaved"] = std::int64_t{1};
        const std::int64_t positions = 16;
        for (const std::size_t i : {7, 8}) made.inputs[i] = draw.floats({positions, s.size / 2}, -1, 1);
        if (draw.coin(0.3))
            made.inputs[9] = draw.tensor(DataType::Int64, {s.batch, s.tokens}, 0, static_cast<double>(positions - s.tokens));
    }
    if (draw.coin(0.4)) made.inputs[10] = draw.floats({draw.coin() ? s.batch : 1, draw.coin() ? s.heads : 1, s.tokens, s.total});
    if (draw.coin(0.3)) made.inputs[11] = draw.floats({s.heads});
    else if (draw.coin(0.3)) made.attributes["smooth_softmax"] = std::int64_t{1};
    if (draw.coin(0.4)) made.attributes["softcap"] = static_cast<float>(draw.real(0.5, 3));
    if (draw.coin(0.4)) made.attributes["scale"] = static_cast<float>(draw.real(0.1, 1.5));
    if (draw.coin(0.4)) made.attributes["local_window_size"] = draw.integer(1, 4);
    return made;
}

/// Zeros behind the first `lengths[b]` rows of each batch row: what a present holds there is not said, and ONNX Runtime writes zeros.
void clearBehind(Tensor& cache, const Dims& lengths) {
    const Shape shape = cache.shape();
    const auto values = cache.mutableData<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i) / shape[3];
        if (row % shape[2] >= lengths[static_cast<std::size_t>(row / shape[2] / shape[1])]) values[i] = 0;
    }
}

/// Rows of different lengths in a cache with room to spare.
Case raggedGroupQueryAttention(Draw& draw, int index) {
    Case made = evenGroupQueryAttention(draw, 3 * index + 1);
    const std::int64_t batch = made.inputs[0].shape()[0];
    Shape cache = made.inputs[3].shape();
    Dims lengths;
    std::int64_t total = 0;
    for (std::int64_t b = 0; b < batch; ++b) lengths.push_back(draw.integer(0, cache[2])), total = std::max(total, lengths.back() + 1);
    for (const std::size_t i : {3, 4}) clearBehind(made.inputs[i], lengths);
    made.inputs[5] = ints32({batch}, lengths);
    made.inputs[6] = ints32({}, {total});
    if (made.inputs[10].defined()) made.inputs[10] = draw.floats({1, 1, 1, total});
    return made;
}

Case groupQueryAttention(Draw& draw, int index) {
    return index % 4 == 3 ? raggedGroupQueryAttention(draw, index) : evenGroupQueryAttention(draw, index);
}

Case rotary(Draw& draw, int index) {
    const std::int64_t batch = index == 0 ? 1 : draw.integer(1, 3), tokens = index == 0 ? 1 : draw.integer(1, 5),
        heads = draw.integer(1, 3);
    const std::int64_t half = draw.integer(1, 4), size = 2 * half + (draw.coin(0.4) ? 2 * draw.integer(1, 3) : 0);
    const bool flat = size != 2 * half || draw.coin();
    const std::int64_t positions = tokens + draw.integer(0, 4);
    Case made;
    made.inputs.push_back(draw.floats(flat ? Shape{batch, tokens, heads * size} : Shape{batch, heads, tokens, size}));
    if (draw.coin(0.6)) made.inputs.push_back(draw.tensor(DataType::Int64, {batch, tokens}, 0, static_cast<double>(positions - 1)));
    else made.inputs.push_back(Tensor::fromInt64s({1}, {draw.integer(0, positions - tokens)}));
    made.inputs.push_back(draw.floats({positions, half}, -1, 1));
    made.inputs.push_back(draw.floats({positions, half}, -1, 1));
    if (size != 2 * half) {
        made.attributes["rotary_embedding_dim"] = 2 * half;
        made.attributes["num_heads"] = heads;
    }
    if (draw.coin()) made.attributes["interleaved"] = draw.integer(0, 1);
    if (draw.coin(0.3)) made.attributes["is_packed_batching"] = std::int64_t{1};
    if (draw.coin(0.3)) made.attributes["scale"] = static_cast<float>(draw.real(0.5, 2));
    return made;
}

/// input, skip (one matrix for all batch rows at times), gamma; beta or bias follow.
Case skipNormalization(Draw& draw, int index) {
    const Shape shape = index == 0 ? Shape{1, 1, 1} : index == 1 ? Shape{0, 2, 3} : draw.shape(3, 1, 7);
    Case made;
    const auto kind = draw.integer(0, 2);
    made.inputs.push_back(draw.floats(shape));
    made.inputs.push_back(draw.floats(kind == 0 ? shape : kind == 1 ? Shape{1, shape[1], shape[2]} : Shape{shape[1], shape[2]}));
    made.inputs.push_back(draw.floats({shape[2]}));
    made.attributes["epsilon"] = static_cast<float>(draw.real(1e-5, 1e-1));
    return made;
}

void addRow(Draw& draw, Case& made) {
    made.inputs.push_back(draw.coin() ? draw.floats({made.inputs[0].shape()[2]}) : Tensor());
}

Case skipLayerNorm(Draw& draw, int index) {
    Case made = skipNormalization(draw, index);
    addRow(draw, made);
    addRow(draw, made);
    if (draw.coin()) made.outputs = {true, false, false, true};
    return made;
}

Case skipSimplifiedLayerNorm(Draw& draw, int index) {
    Case made = skipNormalization(draw, index);
    addRow(draw, made);
    if (draw.coin()) made.outputs = {true, false, false, true};
    return made;
}

Case gelu(Draw& draw, int index) {
    return {.inputs = {draw.floats(index == 0 ? Shape{0, 2} : draw.shape(static_cast<int>(draw.integer(1, 4)), 1, 6), -4, 4)}};
}

Case biasGelu(Draw& draw, int index) {
    Case made = gelu(draw, index);
    made.inputs.push_back(draw.floats({made.inputs[0].shape()[made.inputs[0].shape().rank() - 1]}));
    return made;
}

Case fastGelu(Draw& draw, int index) { return draw.coin() ? biasGelu(draw, index) : gelu(draw, index); }

Case quickGelu(Draw& draw, int index) {
    Case made = gelu(draw, index);
    if (draw.coin()) made.attributes["alpha"] = static_cast<float>(draw.real(0.5, 3));
    return made;
}

/// The dims of one side: `batch` axes, rows and columns, turned as the attributes say.
Shape sideOf(Draw& draw, Case& made, const std::string& side, const Dims& batch, std::int64_t rows, std::int64_t columns) {
    const bool swaps = draw.coin(0.4), moves = !batch.empty() && draw.coin(0.3);
    if (swaps) std::swap(rows, columns), made.attributes["trans" + side] = std::int64_t{1};
    if (moves) made.attributes["transBatch" + side] = std::int64_t{1};
    Dims dims = batch;
    // What is multiplied has its first axis moved behind the batch axes, and then the last two swapped.
    dims.insert(moves ? dims.begin() : dims.end(), rows);
    dims.push_back(columns);
    return Shape(dims);
}

Case fusedMatMul(Draw& draw, int index) {
    Case made;
    Dims batch;
    for (auto axes = index == 0 ? 0 : draw.integer(0, 2); axes > 0; --axes) batch.push_back(draw.integer(1, 3));
    const std::int64_t m = draw.integer(1, 5), k = draw.integer(1, 6), n = draw.integer(1, 5);
    const Shape a = sideOf(draw, made, "A", batch, m, k), b = sideOf(draw, made, "B", batch, k, n);
    made.inputs = {draw.floats(a), draw.floats(b)};
    if (draw.coin()) made.attributes["alpha"] = static_cast<float>(draw.real(0.2, 2));
    return made;
}

Case fusedConv(Draw& draw, int index) {
    const std::int64_t group = draw.integer(1, 2), channels = group * draw.integer(1, 3), outputs = group * draw.integer(1, 3);
    const std::int64_t side = draw.integer(3, 7), kernel = draw.integer(1, 3), stride = draw.integer(1, 2), pad = draw.integer(0, 1);
    Case made{.inputs = {draw.floats({draw.integer(1, 2), channels, side, side}),
                         draw.floats({outputs, channels / group, kernel, kernel})}};
    made.initializers = {1};
    made.attributes = {{"group", group}, {"strides", Dims{stride, stride}}, {"pads", Dims{pad, pad, pad, pad}},
                       {"kernel_shape", Dims{kernel, kernel}}};
    made.inputs.push_back(draw.coin() ? draw.floats({outputs}) : Tensor());
    const std::int64_t out = (side + 2 * pad - kernel) / stride + 1;
    if (draw.coin()) made.inputs.push_back(draw.floats({made.inputs[0].shape()[0], outputs, out, out}));
    const std::string word = index == 0 ? "Relu" : draw.pick<std::string>({"Relu", "Tanh", "Sigmoid", "LeakyRelu", "Clip", "HardSigmoid"});
    made.attributes["activation"] = word;
    if (word == "LeakyRelu") made.attributes["activation_params"] = std::vector<float>{0.2F};
    if (word == "Clip") made.attributes["activation_params"] = std::vector<float>{-1.5F, 2};
    if (word == "HardSigmoid") made.attributes["activation_params"] = std::vector<float>{0.3F, 0.4F};
    return made;
}

}  // namespace

std::vector<Suite> transformerSuites() {
    return {
        {.op = "MultiHeadAttention", .domain = kDomain, .draw = multiHeadAttention, .cases = 60},
        {.op = "Attention", .domain = kDomain, .draw = projectedAttention, .cases = 48},
        {.op = "GroupQueryAttention", .domain = kDomain, .draw = groupQueryAttention, .cases = 80},
        {.op = "RotaryEmbedding", .domain = kDomain, .draw = rotary, .cases = 32},
        {.op = "SkipLayerNormalization", .domain = kDomain, .draw = skipLayerNorm, .cases = 32},
        {.op = "SkipSimplifiedLayerNormalization", .domain = kDomain, .draw = skipSimplifiedLayerNorm, .cases = 32},
        {.op = "Gelu", .domain = kDomain, .draw = gelu},
        {.op = "BiasGelu", .domain = kDomain, .draw = biasGelu},
        {.op = "FastGelu", .domain = kDomain, .draw = fastGelu},
        {.op = "QuickGelu", .domain = kDomain, .draw = quickGelu},
        {.op = "FusedMatMul", .domain = kDomain, .draw = fusedMatMul, .cases = 40},
        {.op = "FusedConv", .domain = kDomain, .draw = fusedConv, .cases = 32},
    };
}

}  // namespace trimtab::operators
