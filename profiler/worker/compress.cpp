// "compress" and "export": a recipe applied, written as ONNX, read back and compared.
#include "core/compress/compress.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "core/compress/attention/kept_cache.h"
#include "core/formats/onnx/writer.h"
#include "core/trial/calibration_note.h"
#include "kernels/cpu/cpu_engine.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/read_back.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {
namespace {

ipc::CompressAnswer answerOf(const trimtab::compress::Compressed& compressed) {
    ipc::CompressAnswer answer;
    answer.originalBytes = compressed.originalBytes;
    answer.storedBytes = compressed.storedBytes;
    const Graph& graph = compressed.graph;
    for (const auto& layer : compressed.layers) {
        const auto node = std::ranges::find(graph.nodes, layer.node, &graph::Node::name);
        const bool skipsZeros = !layer.forms.empty() && node != graph.nodes.end() && cpu::skipsZeros(graph, *node);
        answer.layers.push_back({layer.node, layer.op, layer.parameters, layer.group, layer.originalBytes, layer.storedBytes, layer.bits,
                                 layer.density, layer.sqnrDb, layer.format, skipsZeros, layer.forms, layer.inputColumns,
                                 layer.calibrationRows});
    }
    for (const auto& units : compressed.leftAlone) answer.leftAlone.push_back({units.layer, units.reason});
    const auto isKept = [](const graph::Node& node) { return node.treatment.kvBits < 32; };
    if (std::ranges::any_of(graph.nodes, isKept)) {
        const auto bytes = trimtab::compress::cacheBytesOf(graph);
        answer.cache = ipc::CacheRow{bytes.attentions, bytes.isKnown, bytes.originalPerToken, bytes.perToken, bytes.fixed};
    }
    return answer;
}

Status addChannels(ipc::CompressAnswer& answer, const ipc::CompressRequest& request, Workbench& bench, const Call& call) {
    if (!request.reportChannels) return {};
    call.progress(0.2, "looking at activations");
    TRIMTAB_TRY(const auto rows, bench.channels(request.model, call));
    for (const auto& row : rows) {
        ipc::ChannelRow& told = answer.channels.emplace_back();
        told = {row.node, row.channels, row.outliers, row.largest, row.timesMedian, row.kurtosis, {}};
        for (const auto& channel : row.worst) told.worst.push_back({channel.column, channel.largest, channel.timesMedian});
    }
    return {};
}

/// Writing over the model that is read would pull the mapped weights from under the reader.
Status refuseSameFile(const std::string& model, const std::string& output) {
    std::error_code error;
    if (!std::filesystem::equivalent(model, output, error) || error) return {};
    return fail(ErrorCode::Usage, "the output would replace the model itself: choose another name", output);
}

Status checkDifference(double difference, double tolerance) {
    if (difference <= tolerance) return {};
    return fail(
        ErrorCode::Failed,
        fmt::format(
            "the written model differs from the compressed one by {:.3g} of its largest output (allowed: {:.3g}), so it was not kept",
            difference, tolerance));
}

}  // namespace

Result<Json> compress(const Json& params, Workbench& bench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::compressRequestFromJson(params));
    TRIMTAB_REQUIRE(refuseSameFile(request.model.model, request.output));
    TRIMTAB_TRY(const auto compressed, bench.compressed(request.model, call));
    ipc::CompressAnswer answer = answerOf(*compressed);
    answer.calibration = trial::calibrationNote(request.model.recipe, request.model.calibration, "", "");
    TRIMTAB_REQUIRE(addChannels(answer, request, bench, call));
    call.progress(0.3, "running the compressed model");
    TRIMTAB_TRY(const MeantRun meant, runMeant(compressed->graph, request.model.setting, call));
    call.progress(0.6, "writing");
    formats::onnx::WriteOptions options;
    options.check = [&](const std::filesystem::path& file) -> Status {
        call.progress(0.7, "reading the file back");
        TRIMTAB_TRY(answer.readBackMaxError, readBackError(meant, file.string(), call));
        return checkDifference(answer.readBackMaxError, readBackTolerance(compressed->graph));
    };
    TRIMTAB_TRY(const auto written, formats::onnx::write(compressed->graph, request.output, options));
    answer.fileBytes = written.fileBytes;
    answer.form = written.form;
    return ipc::toJson(answer);
}

}  // namespace trimtab::worker
