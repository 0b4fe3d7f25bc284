// Drawing: value i of a tensor is a function of the seed, the tensor's number and i alone, so that ranges can be drawn apart.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <thread>

#include <fmt/format.h>

#include "core/base/counter_random.h"
#include "core/tensor/convert.h"
#include "tests/support/llama_shape.h"

namespace trimtab::support {
namespace {

/// Where the element (row, column) of a block of values stands in a tensor.
struct Block {
    std::int64_t rows = 0, columns = 0;
    std::int64_t first = 0, rowStride = 0, columnStride = 1;
};

class Drawing {
public:
    Drawing(DataType type, std::uint64_t seed) : m_type(type), m_seed(base::mixedBits(seed + 0x632be59bd9b4e019ULL)) {}

    /// mean + deviation · normal, element (r, c) drawn as number r · columns + c of `tensor`.
    void fill(Tensor& into, const Block& block, std::uint64_t tensor, float mean, float deviation) const {
        const auto threads =
            std::max<std::int64_t>(1, std::min<std::int64_t>(std::thread::hardware_concurrency(), block.rows * block.columns / 65536));
        const std::int64_t part = (block.rows + threads - 1) / threads;
        std::vector<std::jthread> workers;
        for (std::int64_t begin = 0; begin < block.rows; begin += part)
            workers.emplace_back([=, this, &into] {
                fillRows(into, block, begin, std::min(block.rows, begin + part), base::mixedBits(m_seed + tensor), mean, deviation);
            });
    }

    /// [rows, columns] of normal(mean, deviation).
    Result<Tensor> matrix(std::int64_t rows, std::int64_t columns, std::uint64_t tensor, float deviation) const {
        TRIMTAB_TRY(Tensor made, Tensor::allocate(m_type, Shape{rows, columns}));
        fill(made, {.rows = rows, .columns = columns, .rowStride = columns}, tensor, 0, deviation);
        return made;
    }
    Result<Tensor> norm(std::int64_t count, std::uint64_t tensor) const {
        TRIMTAB_TRY(Tensor made, Tensor::allocate(m_type, Shape{count}));
        fill(made, {.rows = 1, .columns = count, .rowStride = count}, tensor, 1, 0.1F);
        return made;
    }

private:
    void fillRows(Tensor& into, const Block& block, std::int64_t begin, std::int64_t end, std::uint64_t key, float mean,
                  float deviation) const {
        const auto each = [&](auto* to, auto convert) {
            for (std::int64_t r = begin; r < end; ++r)
                for (std::int64_t c = 0; c < block.columns; ++c)
                    to[block.first + r * block.rowStride + c * block.columnStride] =
                        convert(mean + deviation * base::nearNormal(key, static_cast<std::uint64_t>(r * block.columns + c)));
        };
        if (m_type == DataType::Float32) each(into.mutableData<float>().data(), [](float x) { return x; });
        else if (m_type == DataType::Float16) each(into.mutableData<std::uint16_t>().data(), tensor::floatToHalf);
        else each(into.mutableData<std::uint16_t>().data(), tensor::floatToBfloat);
    }

    DataType m_type;
    std::uint64_t m_seed;
};

enum Number : std::uint64_t { kEmbedding, kHead, kFinalNorm, kFirstLayer };
enum InLayer : std::uint64_t { kInputNorm, kQ, kK, kV, kO, kPostNorm, kGate, kUp, kDown, kTensorsOfALayer };

float deviationFor(std::int64_t inputs) { return 1 / std::sqrt(static_cast<float>(inputs)); }

/// The same values as q, k and v apart, side by side.
Result<Tensor> packed(const Drawing& drawing, const LlamaShape& shape, DataType type, std::uint64_t first) {
    const std::int64_t query = shape.heads * shape.headSize, key = shape.kvHeads * shape.headSize, width = query + 2 * key;
    TRIMTAB_TRY(Tensor made, Tensor::allocate(type, Shape{shape.hidden, width}));
    std::int64_t at = 0;
    for (const auto& [number, columns] : {std::pair(kQ, query), std::pair(kK, key), std::pair(kV, key)}) {
        drawing.fill(made, {.rows = shape.hidden, .columns = columns, .first = at, .rowStride = width}, first + number, 0,
                     deviationFor(shape.hidden));
        at += columns;
    }
    return made;
}

Result<LlamaWeights::Layer> drawLayer(const Drawing& drawing, const LlamaShape& shape, const LlamaOptions& options, std::int64_t index) {
    const std::uint64_t first = kFirstLayer + static_cast<std::uint64_t>(index) * kTensorsOfALayer;
    const std::int64_t query = shape.heads * shape.headSize, key = shape.kvHeads * shape.headSize;
    const float in = deviationFor(shape.hidden), residual = deviationFor(2 * shape.layers);
    LlamaWeights::Layer layer;
    TRIMTAB_TRY(layer.inputNorm, drawing.norm(shape.hidden, first + kInputNorm));
    TRIMTAB_TRY(layer.postNorm, drawing.norm(shape.hidden, first + kPostNorm));
    if (options.packedQkv) {
        TRIMTAB_TRY(layer.qkv, packed(drawing, shape, options.type, first));
    } else {
        TRIMTAB_TRY(layer.q, drawing.matrix(shape.hidden, query, first + kQ, in));
        TRIMTAB_TRY(layer.k, drawing.matrix(shape.hidden, key, first + kK, in));
        TRIMTAB_TRY(layer.v, drawing.matrix(shape.hidden, key, first + kV, in));
    }
    TRIMTAB_TRY(layer.o, drawing.matrix(query, shape.hidden, first + kO, deviationFor(query) * residual));
    TRIMTAB_TRY(layer.gate, drawing.matrix(shape.hidden, shape.intermediate, first + kGate, in));
    TRIMTAB_TRY(layer.up, drawing.matrix(shape.hidden, shape.intermediate, first + kUp, in));
    TRIMTAB_TRY(layer.down, drawing.matrix(shape.intermediate, shape.hidden, first + kDown, deviationFor(shape.intermediate) * residual));
    return layer;
}

std::int64_t bytesOf(const Tensor& tensor) { return static_cast<std::int64_t>(tensor.bytes().size()); }

}  // namespace

LlamaShape LlamaShape::tiny() {
    return {.layers = 2,
            .hidden = 64,
            .heads = 4,
            .kvHeads = 2,
            .headSize = 16,
            .intermediate = 96,
            .vocabulary = 101,
            .ropeTheta = 10000,
            .tied = true};
}

LlamaShape LlamaShape::llama32_1b() {
    return {
        .layers = 16, .hidden = 2048, .heads = 32, .kvHeads = 8, .headSize = 64, .intermediate = 8192, .vocabulary = 128256, .tied = true};
}

LlamaShape LlamaShape::llama31_8b() {
    return {.layers = 32, .hidden = 4096, .heads = 32, .kvHeads = 8, .headSize = 128, .intermediate = 14336, .vocabulary = 128256};
}

std::int64_t LlamaWeights::bytesRead() const {
    std::int64_t sum = bytesOf(finalNorm) + bytesOf(head);
    for (const Layer& layer : layers)
        for (const Tensor* tensor :
             {&layer.inputNorm, &layer.q, &layer.k, &layer.v, &layer.qkv, &layer.o, &layer.postNorm, &layer.gate, &layer.up, &layer.down})
            sum += bytesOf(*tensor);
    return sum;
}

std::int64_t LlamaWeights::bytes() const { return bytesRead() + bytesOf(embedding); }

Result<LlamaWeights> drawLlama(const LlamaShape& shape, const LlamaOptions& options) {
    if (options.type != DataType::Float32 && options.type != DataType::Float16 && options.type != DataType::BFloat16)
        return fail(ErrorCode::Usage,
                    "weights are drawn as float32, float16 or bfloat16, not as " + std::string(tensor::name(options.type)));
    const Drawing drawing(options.type, options.seed);
    LlamaWeights weights{.shape = shape, .options = options};
    const float deviation = deviationFor(shape.hidden);
    TRIMTAB_TRY(weights.embedding, drawing.matrix(shape.vocabulary, shape.hidden, kEmbedding, deviation));
    TRIMTAB_TRY(weights.head, Tensor::allocate(options.type, Shape{shape.hidden, shape.vocabulary}));
    if (shape.tied)
        drawing.fill(weights.head, {.rows = shape.vocabulary, .columns = shape.hidden, .rowStride = 1, .columnStride = shape.vocabulary},
                     kEmbedding, 0, deviation);
    else
        drawing.fill(weights.head, {.rows = shape.hidden, .columns = shape.vocabulary, .rowStride = shape.vocabulary}, kHead, 0, deviation);
    TRIMTAB_TRY(weights.finalNorm, drawing.norm(shape.hidden, kFinalNorm));
    for (std::int64_t i = 0; i < shape.layers; ++i) {
        TRIMTAB_TRY(auto layer, drawLayer(drawing, shape, options, i));
        weights.layers.push_back(std::move(layer));
    }
    return weights;
}

Result<std::vector<NamedTensor>> llamaInputs(const LlamaWeights& weights, const LlamaStep& step, std::uint64_t seed) {
    const LlamaShape& shape = weights.shape;
    std::vector<NamedTensor> inputs;
    if (weights.options.lengths == LlamaLengths::FromMask) {
        const std::vector<std::int64_t> ones(static_cast<std::size_t>(step.batch * step.total()), 1);
        inputs.push_back({"attention_mask", Tensor::fromInt64s(Shape{step.batch, step.total()}, ones)});
    }
    TRIMTAB_TRY(Tensor ids, tensor::randomTensor(DataType::Int64, Shape{step.batch, step.newTokens}, seed, 0, shape.vocabulary));
    inputs.push_back({"input_ids", std::move(ids)});
    const Drawing drawing(weights.options.type, seed);
    const std::int64_t slices = step.batch * shape.kvHeads;
    const auto rowBytes = static_cast<std::size_t>(shape.headSize * tensor::bitWidth(weights.options.type) / 8);
    const auto valid = static_cast<std::size_t>(step.past) * rowBytes, whole = static_cast<std::size_t>(step.capacity) * rowBytes;
    std::uint64_t number = 0;
    for (std::int64_t i = 0; i < shape.layers && step.capacity > 0; ++i)
        for (const char* what : {"key", "value"}) {
            TRIMTAB_TRY(Tensor cache, drawing.matrix(slices * step.capacity, shape.headSize, number++, 1));
            for (std::size_t slice = 0; slice < static_cast<std::size_t>(slices); ++slice)
                std::memset(cache.mutableBytes().data() + slice * whole + valid, 0, whole - valid);
            inputs.push_back({fmt::format("past_key_values.{}.{}", i, what),
                              cache.reshaped(Shape{step.batch, shape.kvHeads, step.capacity, shape.headSize})});
        }
    return inputs;
}

}  // namespace trimtab::support
