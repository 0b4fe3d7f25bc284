// Attention, RotaryEmbedding and TensorScatter of the default domain.
#include "tests/operators/suites.h"

#include "core/tensor/convert.h"

namespace trimtab::operators {
namespace {

using Dims = std::vector<std::int64_t>;

struct Sizes {
    std::int64_t batch = 1, heads = 1, kvHeads = 1, queries = 1, keys = 1, size = 1, valueSize = 1, past = 0;
    bool flat = false;

    std::int64_t total() const { return past + keys; }
    Shape of(std::int64_t ownHeads, std::int64_t rows, std::int64_t width) const {
        return flat ? Shape{batch, rows, ownHeads * width} : Shape{batch, ownHeads, rows, width};
    }
};

Sizes sizesOf(Draw& draw, int index) {
    if (index == 0) return {};
    Sizes s;
    s.batch = draw.integer(1, 3);
    s.kvHeads = draw.integer(1, 3);
    s.heads = s.kvHeads * draw.integer(1, 3);
    s.queries = draw.integer(1, 5);
    s.keys = draw.coin() ? s.queries : draw.integer(1, 6);
    s.size = draw.integer(1, 8);
    s.valueSize = draw.coin() ? s.size : draw.integer(1, 8);
    s.flat = draw.coin();
    return s;
}

/// A mask of two to four axes of which the leading ones may be 1.
Tensor maskOf(Draw& draw, const Sizes& s, std::int64_t columns) {
    Dims dims{s.queries, columns};
    const auto axes = draw.integer(2, 4);
    if (axes > 2) dims.insert(dims.begin(), draw.coin() ? s.heads : 1);
    if (axes > 3) dims.insert(dims.begin(), draw.coin() ? s.batch : 1);
    if (draw.coin()) return draw.floats(Shape(dims), -3, 3);
    return draw.tensor(DataType::Bool, Shape(dims));
}

void drawAttributes(Draw& draw, const Sizes& s, Case& made) {
    if (s.flat || draw.coin(0.3)) {
        made.attributes["q_num_heads"] = s.heads;
        made.attributes["kv_num_heads"] = s.kvHeads;
    }
    if (draw.coin()) made.attributes["is_causal"] = draw.integer(0, 1);
    if (draw.coin(0.4)) made.attributes["softcap"] = static_cast<float>(draw.real(0.5, 3));
    if (draw.coin(0.4)) made.attributes["scale"] = static_cast<float>(draw.real(0.1, 1.5));
    if (draw.coin(0.2)) made.attributes["softmax_precision"] = std::int64_t{1};
}

/// The scores at some stage. Left out is what ONNX Runtime writes otherwise than the text: the lowest finite number where −∞ was added,
/// and zeros for the weights of a query that sees nothing.
void askForScores(Draw& draw, Case& made) {
    if (!draw.coin(0.4)) return;
    made.outputs.resize(4, true);
    const bool isCausal = made.attributes.contains("is_causal");
    const bool mayHideAll = made.inputs.size() > 6 || (made.inputs.size() > 3 && made.inputs[3].type() == DataType::Bool);
    made.attributes["qk_matmul_output_mode"] =
        mayHideAll ? draw.integer(0, 1) : isCausal ? draw.pick<std::int64_t>({0, 1, 3}) : draw.integer(0, 3);
}

Case attention23(Draw& draw, int index) {
    Sizes s = sizesOf(draw, index);
    const bool hasPast = index > 1 && draw.coin(0.4);
    if (hasPast) s.past = draw.integer(1, 4);
    // ONNX Runtime takes one query behind a past for one that sees every key, the text only where it has one new key.
    if (hasPast && s.queries == 1) s.keys = 1;
    Case made{.inputs = {draw.floats(s.of(s.heads, s.queries, s.size)), draw.floats(s.of(s.kvHeads, s.keys, s.size)),
                         draw.floats(s.of(s.kvHeads, s.keys, s.valueSize))}};
    drawAttributes(draw, s, made);
    if (draw.coin(0.6)) made.inputs.push_back(maskOf(draw, s, s.total()));
    if (hasPast) {
        made.inputs.resize(4);
        made.inputs.push_back(draw.floats({s.batch, s.kvHeads, s.past, s.size}));
        made.inputs.push_back(draw.floats({s.batch, s.kvHeads, s.past, s.valueSize}));
        made.outputs = {true, true, true};
    }
    askForScores(draw, made);
    return made;
}

/// Without masks shorter than the keys, which ONNX Runtime refuses; tests/kernels/ref holds those.
Case attention24(Draw& draw, int index) {
    if (index % 2 == 0) return attention23(draw, index);
    Sizes s = sizesOf(draw, index);
    s.keys = draw.integer(s.queries, s.queries + 4);
    Case made{.inputs = {draw.floats(s.of(s.heads, s.queries, s.size)), draw.floats(s.of(s.kvHeads, s.keys, s.size)),
                         draw.floats(s.of(s.kvHeads, s.keys, s.valueSize))}};
    drawAttributes(draw, s, made);
    if (draw.coin()) made.inputs.push_back(maskOf(draw, s, s.keys));
    made.inputs.resize(6);
    Dims lengths;
    for (std::int64_t b = 0; b < s.batch; ++b) lengths.push_back(draw.integer(0, s.keys));
    made.inputs.push_back(Tensor::fromInt64s({s.batch}, lengths));
    askForScores(draw, made);
    return made;
}

Case rotary(Draw& draw, int index) {
    const std::int64_t batch = index == 0 ? 1 : draw.integer(1, 3), tokens = index == 0 ? 1 : draw.integer(1, 5),
        heads = draw.integer(1, 3);
    const std::int64_t half = draw.integer(1, 4), size = 2 * half + (draw.coin(0.4) ? 2 * draw.integer(1, 3) : 0);
    const bool flat = draw.coin();
    Case made;
    made.inputs.push_back(draw.floats(flat ? Shape{batch, tokens, heads * size} : Shape{batch, heads, tokens, size}));
    const bool byIds = draw.coin(0.6);
    const std::int64_t positions = tokens + draw.integer(0, 4);
    const Shape table = byIds ? Shape{positions, half} : Shape{batch, tokens, half};
    made.inputs.push_back(draw.floats(table, -1, 1));
    made.inputs.push_back(draw.floats(table, -1, 1));
    if (byIds) made.inputs.push_back(draw.tensor(DataType::Int64, {batch, tokens}, 0, static_cast<double>(positions - 1)));
    if (flat) made.attributes["num_heads"] = heads;
    if (size != 2 * half) {
        made.attributes["rotary_embedding_dim"] = 2 * half;
        made.attributes["num_heads"] = heads;
    }
    if (draw.coin()) made.attributes["interleaved"] = draw.integer(0, 1);
    return made;
}

Case tensorScatter(Draw& draw, int index) {
    const int rank = static_cast<int>(draw.integer(2, 4));
    Shape cache = draw.shape(rank, index == 1 ? 1 : 2, 5);
    const int axis = static_cast<int>(draw.integer(1, rank - 1));
    Shape update = cache;
    update[axis] = draw.integer(index == 0 ? cache[axis] : 1, cache[axis]);
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Float16, DataType::Int8, DataType::Int32,
                                     DataType::Int64, DataType::Bool});
    Case made{.inputs = {draw.tensor(type, cache, -9, 9), draw.tensor(type, update, -9, 9)}};
    if (rank == 2 || axis != rank - 2 || draw.coin()) made.attributes["axis"] = static_cast<std::int64_t>(draw.coin() ? axis : axis - rank);
    const bool circular = draw.coin();
    if (circular || draw.coin()) made.attributes["mode"] = std::string(circular ? "circular" : "linear");
    if (index > 1 && draw.coin(0.8)) {
        Dims first;
        for (std::int64_t b = 0; b < cache[0]; ++b)
            first.push_back(draw.integer(0, circular ? cache[axis] - 1 : cache[axis] - update[axis]));
        made.inputs.push_back(Tensor::fromInt64s({cache[0]}, first));
    }
    return made;
}

}  // namespace

std::vector<Suite> attentionSuites() {
    return {
        {.op = "Attention", .version = 23, .draw = attention23, .cases = 60},
        {.op = "Attention", .version = 24, .draw = attention24, .cases = 60},
        {.op = "RotaryEmbedding", .version = 23, .draw = rotary, .cases = 32},
        {.op = "TensorScatter", .version = 24, .draw = tensorScatter, .cases = 32},
    };
}

}  // namespace trimtab::operators
