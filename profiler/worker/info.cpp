// "info": what can be told of a model without reading its weights.
#include <algorithm>

#include "core/dataset/chat/chat_template.h"
#include "core/formats/model_file.h"
#include "core/graph/cost.h"
#include "core/graph/shape_inference.h"
#include "core/ipc/messages.h"
#include "core/runtime/inputs.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/methods.h"

namespace trimtab::worker {
namespace {

ipc::ModelInfo::Port portOf(const graph::Value& value) {
    ipc::ModelInfo::Port port{value.name, std::string(tensor::name(value.type.type)), {}};
    if (value.type.isSequence) port.dtype = "sequence of " + port.dtype;
    if (!value.type.dims) {
        port.shape.emplace_back("…");
        return port;
    }
    for (const graph::Dim& dim : *value.type.dims)
        port.shape.push_back(dim.isKnown() ? std::to_string(dim.extent) : dim.symbol.empty() ? "?" : dim.symbol);
    return port;
}

std::string qualified(const graph::Node& node) { return node.domain.empty() ? node.op : node.domain + "." + node.op; }

trace::LayerRecord recordOf(const Graph& graph, const graph::Node& node) {
    trace::LayerRecord record;
    record.node = node.name;
    record.op = qualified(node);
    record.origins = node.origins;
    record.operations = -1;
    if (const auto cost = graph::costOf(graph, node)) {
        record.operations = cost->operations;
        record.parameters = cost->parameters;
        record.weightBytes = cost->weightBytes;
        record.activationBytes = cost->activationBytes;
    }
    return record;
}

/// Constants as the file stores them, each once.
void countConstants(const Graph& graph, ipc::ModelInfo& info) {
    for (const graph::Value& value : graph.values) {
        if (!value.isConstant()) continue;
        const auto shape = value.type.shape();
        const auto count = shape ? shape->checkedElementCount() : std::nullopt;
        if (!count) continue;
        if (tensor::isFloatingPoint(value.type.type)) info.parameters += *count;
        info.weightBytes += value.quantized ? value.quantized->storedBytes() : tensor::byteSize(value.type.type, *count).value_or(0);
    }
}

/// Operators that every engine refuses, each once. Engines in modules fall back to the built-in ones, so they need not be loaded for this.
std::vector<std::string> unsupportedOperators(const Graph& graph) {
    std::vector<std::unique_ptr<runtime::Engine>> engines;
    for (const std::string& name : builtInEngineNames())
        if (auto engine = makeEngine(name, 1)) engines.push_back(std::move(*engine));
    std::vector<std::string> refused;
    for (const graph::Node& node : graph.nodes) {
        const bool runs = std::any_of(engines.begin(), engines.end(), [&](const auto& engine) {
            return engine->supports(graph, node).level != runtime::Support::Level::Refused;
        });
        const std::string op = qualified(node);
        if (!runs && std::find(refused.begin(), refused.end(), op) == refused.end()) refused.push_back(op);
    }
    return refused;
}

void describeLayers(const Graph& graph, ipc::ModelInfo& info) {
    bool allKnown = true;
    for (const graph::Node& node : graph.nodes) {
        ++info.operators[qualified(node)];
        info.layers.push_back(recordOf(graph, node));
        if (info.layers.back().operations < 0) {
            allKnown = false;
        } else {
            info.operations += info.layers.back().operations;
        }
    }
    if (!allKnown) info.operations = -1;
}

/// The graph with every open dim of its inputs taken as 1, so that costs can be told; the graph as it is where that goes against the model.
Graph closed(const Graph& graph, std::map<std::string, std::int64_t>& assumed) {
    const std::vector<std::string> open = graph::openSymbols(graph);
    if (open.empty()) return graph;
    Graph bound = graph;
    const auto shapes = runtime::inputShapes(graph, {});
    if (!shapes || !graph::bindInputShapes(bound, *shapes)) return graph;
    for (const std::string& symbol : open) assumed[symbol] = 1;
    return bound;
}

/// Binds the shapes of the setting; a contradiction is told, and the model is shown as it declares itself.
void bindShapes(Graph& graph, const recipe::RunSetting& setting, std::vector<std::string>& problems) {
    Graph declared = graph;
    const Status bound = setting.shapes.empty() ? graph::inferShapes(graph) : graph::bindInputShapes(graph, setting.shapes);
    if (bound) return;
    problems.push_back(bound.error().text());
    graph = std::move(declared);
}

}  // namespace

Result<Json> info(const Json& params, Workbench&, const Call&) {
    TRIMTAB_TRY(const auto request, ipc::modelRequestFromJson(params));
    formats::onnx::ReadOptions options;
    options.readWeights = false;
    options.trustLinks = request.trustLinks;
    options.randomWeights = request.randomWeights;
    options.tolerant = true;
    TRIMTAB_TRY(auto read, formats::readModel(request.model, options));
    Graph& graph = read.graph;
    ipc::ModelInfo info;
    info.problems = read.problems;
    bindShapes(graph, request.setting, info.problems);
    info.path = request.model;
    info.name = graph.name;
    info.producer = graph.producer;
    info.format = read.format;
    info.opsets = graph.opsets;
    info.fileBytes = read.fileBytes;
    info.chat = dataset::chat::openChatTemplate(request.model).has_value();
    for (const graph::ValueId id : graph.inputs) info.inputs.push_back(portOf(graph.value(id)));
    for (const graph::ValueId id : graph.outputs) info.outputs.push_back(portOf(graph.value(id)));
    info.openSymbols = graph::openSymbols(graph);
    describeLayers(closed(graph, info.assumed), info);
    countConstants(graph, info);
    info.unsupported = unsupportedOperators(graph);
    TRIMTAB_TRY(const std::int64_t hashUpTo, base::integerAt(params, "hash_up_to", INT64_MAX));
    if (info.fileBytes > hashUpTo) return ipc::toJson(info);
    if (auto hash = formats::modelHash(request.model, request.randomWeights)) {
        info.hash = std::move(*hash);
    } else if (info.problems.empty()) {
        info.problems.push_back(hash.error().text());
    }
    return ipc::toJson(info);
}

}  // namespace trimtab::worker
