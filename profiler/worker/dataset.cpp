// "dataset": what a dataset holds, and whether it fits a model's inputs.
#include "core/dataset/dataset.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/formats/model_file.h"
#include "core/graph/shape_inference.h"
#include "core/ipc/messages.h"
#include "core/tensor/convert.h"
#include "profiler/worker/beside_model.h"
#include "profiler/worker/methods.h"

namespace trimtab::worker {
namespace {

constexpr std::int64_t kPreviewSamples = 16;

std::string previewOf(const std::string& name, const Tensor& tensor) {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (std::int64_t i = 0; i < tensor.elementCount(); ++i) {
        const double value = tensor::elementAsDouble(tensor, i);
        low = std::min(low, value);
        high = std::max(high, value);
    }
    std::string line = fmt::format("{}: {}{}", name, tensor::name(tensor.type()), tensor.shape().text());
    if (low <= high) line += fmt::format(", {:.4g} … {:.4g}", low, high);
    return line;
}

/// The model's graph for checking bindings; its weights do not matter here.
Result<Graph> graphOf(const ipc::DatasetRequest& request) {
    formats::onnx::ReadOptions options;
    options.readWeights = false;
    options.trustLinks = request.trustLinks;
    options.tolerant = true;
    TRIMTAB_TRY(auto read, formats::readModel(request.model, options));
    return std::move(read.graph);
}

}  // namespace

Result<Json> dataset(const Json& params, Workbench&, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::datasetRequestFromJson(params));
    std::optional<Graph> graph;
    if (!request.model.empty()) {
        TRIMTAB_TRY(graph, graphOf(request));
    }
    call.progress(0, "reading the data");
    TRIMTAB_TRY(const auto data, openData(request.data, graph ? &*graph : nullptr, request.model));
    ipc::DatasetInfo info{data->name(), data->task(), data->metric(), data->hash(), data->size(), data->inputNames(), {}};
    if (info.samples > 0) {
        TRIMTAB_TRY(const auto batch, data->batch(0, std::min(kPreviewSamples, info.samples)));
        for (const auto& [name, tensor] : batch.inputs) info.preview.push_back(previewOf(name, tensor));
        if (batch.target.defined()) info.preview.push_back(previewOf("target", batch.target));
    }
    return ipc::toJson(info);
}

}  // namespace trimtab::worker
