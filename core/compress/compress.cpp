#include "core/compress/compress.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <span>

#include "core/base/parallel.h"
#include "core/compress/activations/static_steps.h"
#include "core/compress/attention/kept_cache.h"
#include "core/compress/coverage.h"
#include "core/compress/layer_error.h"
#include "core/compress/layer_weight.h"
#include "core/compress/node_settings.h"
#include "core/compress/prune/magnitude.h"
#include "core/compress/prune/prune_layer.h"
#include "core/compress/prune/schedule_layers.h"
#include "core/compress/quantize/round_layer.h"
#include "core/compress/rescale/rescale_graph.h"
#include "core/compress/row_parts.h"
#include "core/compress/storage_forms.h"
#include "core/compress/structure/original_rows.h"
#include "core/compress/tied_layers.h"
#include "core/graph/passes/passes.h"
#include "core/recipe/methods.h"
#include "core/tensor/code_values.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

using graph::ComputeType;
using graph::Node;
using graph::ValueId;
using graph::WeightUse;
using recipe::Settings;

struct Layer {
    WeightUse use;
    Settings settings;
    std::vector<float> values;  // filled while the layer is worked on; for global pruning, from then on
    bool prunedTogether = false;

    bool touchesWeight() const { return compress::touchesWeight(settings); }
};

// Others that read the same bytes (an embedding table tied to the last layer) keep the original: the layer gets a value of its own.
// Returns the value to write to, and in `shared` every node that reads it.
ValueId ownValue(Graph& graph, const WeightUse& use, std::vector<std::size_t>& shared, bool& originalStays) {
    const Node first = graph.nodes[static_cast<std::size_t>(use.node)];
    originalStays = graph.isOutput(use.value);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const Node& node = graph.nodes[i];
        if (readsAlike(node, first, use.value))
            shared.push_back(i);
        else
            for (const ValueId input : node.inputs) originalStays = originalStays || input == use.value;
    }
    return originalStays ? giveOwnWeight(graph, use.value, shared) : use.value;
}

void treatProducts(Node& node, const Settings& settings, bool hasWeight) {
    if (!settings.compute || (*settings.compute == ComputeType::Int8 && !hasWeight)) return;
    node.treatment.compute = *settings.compute;
    if (!settings.activations || !hasWeight) return;
    node.treatment.activationBits = settings.activations->bits;
    node.treatment.activationPerToken = settings.activations->granularity == "token";
}

void treatWeight(Node& node, const Settings& settings, double densityAfterPruning) {
    if (settings.weights) {
        node.treatment.weightBits = settings.weights->bits;
        node.treatment.weightsBfloat = settings.weights->format != "fp16";
    }
    if (settings.prune) {
        node.treatment.pruned = true;
        node.treatment.density = densityAfterPruning;
    }
}

/// The weight as the file gives it: where that holds codes, the values that they stand for.
Result<Tensor> originalOf(const Graph& graph, const Layer& layer) {
    const graph::Value& value = graph.value(layer.use.value);
    if (value.quantized) return graph::decodedWeight(value);
    return *value.constant;
}

/// Products with the codes that a layer arrived with. Refused where it has none.
Status treatOwnCodes(Node& node, const Graph& graph, const Settings& settings, bool hasWeight) {
    if (!hasWeight || !recipe::multipliesByGroups(settings) || settings.weights) return {};
    const auto& codes = graph.value(node.input(1)).quantized;
    if (!codes || codes->format != tensor::CodeFormat::Integer)
        return fail(ErrorCode::Refused,
                    "compute = int8 with activations.granularity \"group\" and no weights multiplies the codes that the model has, and its "
                    "weight has none: give weights.bits, or a rule that leaves the layer out",
                    "layer " + node.name);
    node.treatment.activationGroup = codes->group;
    return {};
}

// Layers that share a ratio under scope "global" share one threshold.
Status pruneTogether(const Graph& graph, std::vector<Layer>& layers) {
    std::map<double, std::vector<Layer*>> groups;
    for (Layer& layer : layers)
        if (layer.settings.prune && layer.settings.prune->scope == "global") groups[layer.settings.prune->ratio].push_back(&layer);
    for (auto& [ratio, members] : groups) {
        std::vector<std::span<float>> parts;
        for (Layer* layer : members) {
            TRIMTAB_TRY(const Tensor original, originalOf(graph, *layer));
            layer->values = tensor::toFloats(original);
            layer->prunedTogether = true;
            parts.emplace_back(layer->values);
        }
        pruneSmallest(parts, ratio);
    }
    return {};
}

std::string shortName(DataType type) {
    if (type == DataType::Float32) return "fp32";
    if (type == DataType::Float16) return "fp16";
    return type == DataType::BFloat16 ? "bf16" : std::string(tensor::name(type));
}

LayerCompression untouched(const Graph& graph, const Layer& layer) {
    const Node& node = graph.nodes[static_cast<std::size_t>(layer.use.node)];
    if (const auto& codes = graph.value(layer.use.value).quantized) {
        LayerCompression row{node.name, node.op, node.origins, codes->rows * codes->columns};
        row.bits = codes->bits;
        row.format = tensor::formatText(*codes);
        row.group = codes->hasOneScale() ? -1 : codes->partialGroup();
        row.originalBytes = row.storedBytes = codes->storedBytes();
        return row;
    }
    const Tensor& weight = *graph.constantOf(layer.use.value);
    LayerCompression row{node.name, node.op, node.origins, weight.elementCount()};
    row.bits = tensor::bitWidth(weight.type());
    row.format = shortName(weight.type());
    row.originalBytes = row.storedBytes = static_cast<std::int64_t>(weight.bytes().size());
    if (!layer.touchesWeight()) row.density = shareOfNonZeros(weight);
    return row;
}

/// Under scope "sensitivity" each layer gets a ratio of its own.
Status scheduleLayers(const Graph& graph, std::vector<Layer>& layers, const Tools& tools) {
    std::vector<ScheduledLayer> scheduled;
    for (Layer& layer : layers)
        if (layer.settings.prune && layer.settings.prune->scope == "sensitivity") scheduled.push_back({layer.use, &layer.settings.prune});
    return scheduled.empty() ? Status{} : scheduleRatios(graph, scheduled, tools);
}

/// What becomes of one layer's weight. Touches nothing but `layer`: layers are worked on side by side.
struct Work {
    LayerCompression row;
    LayerWeight stored;  // when the recipe touches the weight
    double densityAfterPruning = 1;
};

Status prune(Layer& layer, const Tensor& original, const std::string& name, const LayerInputs& inputs, const Tools& tools) {
    const recipe::PruneSpec& spec = *layer.settings.prune;
    if (spec.method == "magnitude" && spec.pattern == "unstructured") {
        const std::span<float> whole(layer.values);
        pruneSmallest(std::span(&whole, 1), spec.ratio);
        return {};
    }
    TRIMTAB_TRY(std::vector<float> rows, rowsOf(layer.values, original, layer.use.layout));
    TRIMTAB_REQUIRE(pruneLayer(rows, layer.use.rows, layer.use.columns, spec, inputs, name, tools));
    TRIMTAB_TRY(layer.values, elementsOf(rows, original, layer.use.layout));
    return {};
}

/// What is stored of a pruned weight, in each form. Scales and zero points are what it takes beyond its values.
Result<std::map<std::string, std::int64_t>> formsOf(const LayerWeight& stored, const Layer& layer) {
    std::vector<float> rows;
    int bits = 16;
    if (stored.quantized) {
        rows = tensor::decodedRows(*stored.quantized);
        bits = stored.quantized->bits;
    } else {
        TRIMTAB_TRY(rows, tensor::toRows(*stored.constant, layer.use.layout));
        if (!layer.settings.weights) bits = tensor::bitWidth(stored.constant->type());
    }
    const std::int64_t values = (layer.use.rows * layer.use.columns * bits + 7) / 8;
    return storageForms(rows, layer.use.rows, layer.use.columns, bits, stored.storedBytes - values, *layer.settings.prune);
}

Result<Work> workOn(const Graph& graph, Layer& layer, const LayerInputs& inputs, const Tools& tools) {
    Work work;
    work.row = untouched(graph, layer);
    if (!layer.touchesWeight()) return work;
    if (!needsOf(layer.settings).factors.empty()) {
        work.row.inputColumns = layer.use.columns;
        work.row.calibrationRows = inputs.front().rows;
    }
    TRIMTAB_TRY(const Tensor original, originalOf(graph, layer));
    if (!layer.settings.prune && roundsRowByRow(*layer.settings.weights, original.type())) {
        const auto round = [&](const std::vector<float>& rows, std::int64_t count) {
            return roundLayer(rows, count, layer.use.columns, *layer.settings.weights, false, inputs, tools);
        };
        TRIMTAB_TRY(work.stored, storeByRows(original, layer.use, *layer.settings.weights, round));
        return work;
    }
    if (!layer.prunedTogether) {
        layer.values = tensor::toFloats(original);
        const std::string& name = graph.nodes[static_cast<std::size_t>(layer.use.node)].name;
        if (layer.settings.prune) TRIMTAB_REQUIRE(prune(layer, original, name, inputs, tools));
    }
    work.densityAfterPruning = shareOfNonZeros(layer.values);
    const auto round = [&](const std::vector<float>& rows) {
        return roundLayer(rows, layer.use.rows, layer.use.columns, *layer.settings.weights, layer.settings.prune.has_value(), inputs,
                          tools);
    };
    TRIMTAB_TRY(work.stored, storeWeight(original, layer.use, std::move(layer.values), layer.settings.weights, round));
    if (layer.settings.prune) {
        TRIMTAB_TRY(work.row.forms, formsOf(work.stored, layer));
    }
    return work;
}

LayerCompression apply(Compressed& result, const Layer& layer, Work work) {
    if (!layer.touchesWeight()) return std::move(work.row);
    Graph& graph = result.graph;
    std::vector<std::size_t> readers;
    bool originalStays = false;
    graph::Value& value = graph.value(ownValue(graph, layer.use, readers, originalStays));
    const std::string format = work.stored.quantized ? tensor::formatText(*work.stored.quantized) : std::string();
    value.constant = std::move(work.stored.constant);
    value.quantized = std::move(work.stored.quantized);
    for (const std::size_t reader : readers) {
        treatProducts(graph.nodes[reader], layer.settings, true);
        treatWeight(graph.nodes[reader], layer.settings, work.densityAfterPruning);
        if (recipe::multipliesByGroups(layer.settings)) graph.nodes[reader].treatment.activationGroup = value.quantized->group;
    }
    LayerCompression row = std::move(work.row);
    if (layer.settings.weights) {
        const recipe::WeightSpec& spec = *layer.settings.weights;
        row.bits = spec.bits;
        row.format = format.empty() ? spec.format : format;
        row.group = recipe::ownGroup(spec).value_or(spec.group);
    }
    row.density = work.stored.density;
    row.sqnrDb = work.stored.sqnrDb;
    row.storedBytes = work.stored.storedBytes;
    result.storedBytes += row.storedBytes - (originalStays ? 0 : row.originalBytes);
    return row;
}

/// Those of `members` side by side, as many at a time as there are processors: each holds a few copies of its weight while it is worked on.
Status compressTogether(Compressed& result, const Graph& graph, const std::vector<std::size_t>& members, std::vector<Layer>& layers,
                        const LayerInputs& inputs, const Tools& tools) {
    const std::size_t atOnce = inputs.empty() ? base::availableProcessors() : 1;  // calibrated methods use all processors themselves
    std::mutex guard;
    bool stopped = false;
    Tools shared = tools;
    shared.cancelled = [&] {
        const std::lock_guard lock(guard);
        stopped = stopped || tools.stops();
        return stopped;
    };
    for (std::size_t begin = 0; begin < members.size(); begin += atOnce) {
        const std::size_t count = std::min(atOnce, members.size() - begin);
        std::vector<std::optional<Result<Work>>> works(count);
        base::parallelFor(count, [&](std::size_t i) {
            if (!shared.stops()) works[i] = workOn(graph, layers[members[begin + i]], inputs, shared);
        });
        if (stopped) return fail(ErrorCode::Cancelled, "cancelled");
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t member = members[begin + i];
            const Layer& layer = layers[member];
            if (!*works[i]) return atLayer(std::move(*works[i]).error(), graph.nodes[static_cast<std::size_t>(layer.use.node)]);
            result.layers[member] = apply(result, layer, std::move(**works[i]));
        }
    }
    return {};
}

/// What is asked of the input of each node that multiplies a layer's weight.
StaticSteps staticSteps(const Graph& graph, const std::vector<Layer>& layers) {
    std::vector<std::optional<recipe::ActivationSpec>> asked(graph.nodes.size());
    for (const Layer& layer : layers) {
        const Node& first = graph.nodes[static_cast<std::size_t>(layer.use.node)];
        for (std::size_t i = 0; layer.settings.activations && i < graph.nodes.size(); ++i)
            if (readsAlike(graph.nodes[i], first, layer.use.value)) asked[i] = layer.settings.activations;
    }
    return StaticSteps(std::move(asked));
}

/// Layers that look at the same inputs, each set of them on what the layers before it have become, the steps of their activations among it.
Status compressCalibrated(Compressed& result, const Graph& graph, std::vector<Layer>& layers, std::vector<bool>& isDone, StaticSteps& steps,
                          const Tools& tools) {
    for (std::size_t first = 0; first < layers.size(); ++first) {
        if (isDone[first] || !needsOf(layers[first].settings).any()) continue;
        const Node& node = graph.nodes[static_cast<std::size_t>(layers[first].use.node)];
        std::vector<std::size_t> members;
        InputNeeds needs;
        for (std::size_t i = first; i < layers.size(); ++i) {
            const Node& other = graph.nodes[static_cast<std::size_t>(layers[i].use.node)];
            if (isDone[i] || !needsOf(layers[i].settings).any()) continue;
            if (!meetSameInputs(node, weightShape(graph, layers[first].use), other, weightShape(graph, layers[i].use))) continue;
            members.push_back(i);
            isDone[i] = true;
            needs.add(needsOf(layers[i].settings));
        }
        if (tools.stops()) return fail(ErrorCode::Cancelled, "cancelled");
        graph::WeightUse use = layers[first].use;
        use.value = result.graph.nodes[static_cast<std::size_t>(use.node)].input(1);
        TRIMTAB_REQUIRE(steps.advance(result.graph, static_cast<std::size_t>(use.node), tools));
        auto inputs = collectInputs(result.graph, use, needs, tools);
        if (!inputs) return atLayer(std::move(inputs).error(), node);
        TRIMTAB_REQUIRE(compressTogether(result, graph, members, layers, *inputs, tools));
        if (tools.progress) tools.progress(static_cast<double>(members.back() + 1) / static_cast<double>(layers.size()));
    }
    return {};
}

Status compressLayers(Compressed& result, const Graph& graph, std::vector<Layer>& layers, const Tools& tools) {
    result.layers.resize(layers.size());
    std::vector<bool> isDone(layers.size(), false);
    std::vector<std::size_t> plain;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (needsOf(layers[i].settings).any()) continue;
        plain.push_back(i);
        isDone[i] = true;
    }
    TRIMTAB_REQUIRE(compressTogether(result, graph, plain, layers, {}, tools));
    StaticSteps steps = staticSteps(graph, layers);
    TRIMTAB_REQUIRE(compressCalibrated(result, graph, layers, isDone, steps, tools));
    return steps.advance(result.graph, result.graph.nodes.size(), tools);
}

std::int64_t bytesOfConstants(const Graph& graph) {
    std::int64_t bytes = 0;
    for (const graph::Value& value : graph.values) {
        if (value.constant) bytes += static_cast<std::int64_t>(value.constant->bytes().size());
        if (value.quantized) bytes += value.quantized->storedBytes();
    }
    return bytes;
}

}  // namespace

Result<Compressed> compress(const Graph& original, const recipe::Recipe& recipe, const Tools& tools) {
    TRIMTAB_REQUIRE(recipe::check(recipe));
    if (recipe.cancelsTransposes) {
        Graph reordered = original;
        TRIMTAB_REQUIRE(graph::cancelTransposes(reordered));
        recipe::Recipe rest = recipe;
        rest.cancelsTransposes = false;
        return compress(reordered, rest, tools);
    }
    TRIMTAB_REQUIRE(checkForNaN(original));
    TRIMTAB_REQUIRE(checkCoverage(original, graph::compressibleWeights(original), recipe));
    for (const WeightUse& use : graph::compressibleWeights(original)) {
        if (original.value(use.value).weightsUnread)
            return fail(ErrorCode::Refused, "its weight was not read; open the model with its weights",
                        "layer " + original.nodes[static_cast<std::size_t>(use.node)].name);
    }
    TRIMTAB_TRY(Restructured smaller, withoutUnits(original, recipe, tools));
    TRIMTAB_TRY(const std::vector<Settings> asked, nodeSettings(smaller.graph, recipe));
    untie(smaller.graph, asked);
    TRIMTAB_TRY(const Graph graph, rescaled(smaller.graph, recipe, tools));
    TRIMTAB_TRY(const std::vector<Settings> settings, nodeSettings(graph, recipe));
    Compressed result;
    result.graph = graph;
    result.leftAlone = std::move(smaller.leftAlone);
    result.originalBytes = bytesOfConstants(original);
    result.storedBytes = bytesOfConstants(graph);

    const std::vector<WeightUse> uses = graph::compressibleWeights(graph);
    const std::vector<bool> hasWeight = haveWeights(graph, uses);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        treatProducts(result.graph.nodes[i], settings[i], hasWeight[i]);
        TRIMTAB_REQUIRE(treatOwnCodes(result.graph.nodes[i], graph, settings[i], hasWeight[i]));
    }
    std::vector<Layer> layers;
    for (const WeightUse& use : uses) layers.push_back({use, settings[static_cast<std::size_t>(use.node)], {}, false});
    TRIMTAB_REQUIRE(scheduleLayers(graph, layers, tools));
    TRIMTAB_REQUIRE(pruneTogether(graph, layers));
    TRIMTAB_REQUIRE(treatCaches(result.graph, recipe));
    TRIMTAB_REQUIRE(compressLayers(result, graph, layers, tools));
    tellOriginals(result.layers, original);
    return result;
}

}  // namespace trimtab::compress
