#include "profiler/worker/read_back.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/formats/onnx/reader.h"
#include "core/graph/cost.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/inputs.h"
#include "core/tensor/convert.h"
#include "kernels/ref/reference.h"
#include "profiler/worker/engines.h"

namespace trimtab::worker {
namespace {

constexpr double kMostReferenceOperations = 5e8;  // a few seconds of the plain loops
constexpr std::int64_t kOpenExtent = 8;           // sequences of one token would not show what attention does

/// Open dims beyond the batch get a small extent, unless the setting says otherwise.
recipe::RunSetting withSmallExtents(const Graph& graph, recipe::RunSetting setting) {
    for (const graph::ValueId id : graph.inputs) {
        const graph::Value& input = graph.value(id);
        if (!input.type.dims || setting.shapes.contains(input.name)) continue;
        for (std::size_t axis = 1; axis < input.type.dims->size(); ++axis) {
            const graph::Dim& dim = (*input.type.dims)[axis];
            if (!dim.isKnown() && !dim.symbol.empty()) setting.symbols.emplace(dim.symbol, kOpenExtent);
        }
    }
    return setting;
}

double operationsAt(Graph graph, const std::map<std::string, Shape>& shapes) {
    if (!graph::bindInputShapes(graph, shapes)) return 0;
    double sum = 0;
    for (const graph::Node& node : graph.nodes)
        if (const auto cost = graph::costOf(graph, node)) sum += cost->operations;
    return sum;
}

Result<std::vector<Tensor>> outputsOf(const Graph& graph, const std::string& engineName, const recipe::RunSetting& setting,
                                      const std::vector<NamedTensor>& inputs) {
    TRIMTAB_TRY(const auto engine, makeEngine(engineName, setting.threads));
    TRIMTAB_TRY(const auto model, engine->compile(graph, setting));
    TRIMTAB_TRY(const auto outputs, model->run(inputs));
    std::vector<Tensor> kept;
    for (const NamedTensor& output : outputs) {
        TRIMTAB_TRY(Tensor copy, tensor::convert(output.tensor, DataType::Float32));
        TRIMTAB_TRY(copy, copy.clone());
        kept.push_back(std::move(copy));
    }
    return kept;
}

double relativeDifference(const Tensor& a, const Tensor& b) {
    double largest = 0;
    double difference = 0;
    const auto x = a.data<float>();
    const auto y = b.data<float>();
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
        const double distance = std::abs(static_cast<double>(x[i]) - y[i]);
        difference = std::isfinite(distance) ? std::max(difference, distance) : std::numeric_limits<double>::infinity();
    }
    for (const float value : x)
        if (std::isfinite(value)) largest = std::max(largest, std::abs(static_cast<double>(value)));
    return difference == 0 ? 0 : difference / std::max(largest, static_cast<double>(std::numeric_limits<float>::min()));
}

/// Products in fp8, scales of single tokens and caches of few bits are nothing that a file can hold (the writer says so): what is left is
/// compared. tf32 lies within the tolerance.
Graph asFilesHold(Graph graph) {
    for (graph::Node& node : graph.nodes) {
        graph::Treatment& treatment = node.treatment;
        if (treatment.compute == graph::ComputeType::Float8 || treatment.scalesEachToken())
            treatment.compute = graph::ComputeType::Float32;
        if (treatment.scalesEachToken()) treatment.activationBits = 32;
        treatment.activationPerToken = false;
        treatment.activationGroup = 0;
        treatment.kvBits = 32;
    }
    return graph;
}

Result<Graph> readAgain(const std::string& file) {
    TRIMTAB_TRY(auto read, formats::onnx::read(file));
    TRIMTAB_REQUIRE(graph::inferShapes(read.graph));
    ref::ReferenceEvaluator evaluator;
    TRIMTAB_REQUIRE(graph::simplify(read.graph, evaluator));
    return std::move(read.graph);
}

}  // namespace

Result<MeantRun> runMeant(const Graph& meant, const recipe::RunSetting& given, const Call& call) {
    if (call.cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
    MeantRun run;
    run.setting = withSmallExtents(meant, given);
    TRIMTAB_TRY(run.inputs, runtime::makeInputs(meant, run.setting));
    TRIMTAB_TRY(const auto shapes, runtime::inputShapes(meant, run.setting));
    run.engine = operationsAt(meant, shapes) <= kMostReferenceOperations ? "reference" : "cpu";
    TRIMTAB_TRY(run.outputs, outputsOf(asFilesHold(meant), run.engine, run.setting, run.inputs));
    return run;
}

Result<double> readBackError(const MeantRun& meant, const std::string& file, const Call& call) {
    if (call.cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
    TRIMTAB_TRY(const Graph written, readAgain(file));
    TRIMTAB_TRY(const auto got, outputsOf(written, meant.engine, meant.setting, meant.inputs));
    if (meant.outputs.size() != got.size()) return fail(ErrorCode::Failed, "the written file has another number of outputs", file);
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        if (meant.outputs[i].shape() != got[i].shape())
            return fail(ErrorCode::Failed, "an output of the written file has another shape", file);
        worst = std::max(worst, relativeDifference(meant.outputs[i], got[i]));
    }
    return worst;
}

double readBackTolerance(const Graph& meant) {
    constexpr double kExact = 1e-3;
    constexpr double kRounded = 5e-2;
    const bool rounded = std::any_of(meant.nodes.begin(), meant.nodes.end(), [](const graph::Node& node) {
        return node.treatment.activationBits < 32 || node.treatment.compute != graph::ComputeType::Float32;
    });
    return rounded ? kRounded : kExact;
}

}  // namespace trimtab::worker
