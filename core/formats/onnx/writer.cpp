#include "core/formats/onnx/writer.h"

#include <algorithm>
#include <climits>
#include <exception>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/formats/onnx/external_data.h"
#include "core/formats/onnx/graph_export.h"

namespace trimtab::formats::onnx {
namespace {

// Which IR version first knew each operator set and element type (onnx/helper.py's table of releases, in steps that matter).
std::int64_t irVersionFor(int opset) {
    if (opset >= 21) return 10;
    return opset >= 19 ? 9 : 8;
}

void collectNames(const Graph& graph, ExportContext& context) {
    for (const graph::Value& value : graph.values) context.valueNames.insert(value.name);
    for (const graph::Node& node : graph.nodes) {
        context.nodeNames.insert(node.name);
        for (const auto& [key, attribute] : node.attributes)
            if (const auto* inner = std::get_if<std::shared_ptr<const Graph>>(&attribute); inner && *inner) collectNames(**inner, context);
    }
}

Result<WriteResult> writeUnguarded(const Graph& graph, const std::filesystem::path& path, const WriteOptions& options) {
    const auto plans = planWeights(graph);
    ExportContext context;
    context.opsets = graph.opsets;
    collectNames(graph, context);
    ::onnx::ModelProto model;
    TRIMTAB_REQUIRE(exportGraph(context, graph, plans, *model.mutable_graph()));
    const auto opset = context.opsets.find("");
    model.set_ir_version(irVersionFor(opset == context.opsets.end() ? 0 : opset->second));
    model.set_producer_name("trimtab");
    for (const auto& [domain, version] : context.opsets) {
        auto* import = model.add_opset_import();
        import->set_domain(domain);
        import->set_version(version);
    }

    WriteResult result;
    std::int64_t initializerBytes = 0;
    for (const auto& tensor : model.graph().initializer()) initializerBytes += static_cast<std::int64_t>(tensor.raw_data().size());
    if (initializerBytes > options.externalAbove) {
        TRIMTAB_TRY(result.fileBytes, moveInitializersOut(*model.mutable_graph(), path.string() + ".data"));
    }
    if (model.ByteSizeLong() > static_cast<std::size_t>(INT_MAX))
        return fail(ErrorCode::Refused, "would be larger than 2 GiB without its weights");
    std::string content;
    if (!model.SerializeToString(&content)) return fail(ErrorCode::Failed, "could not be encoded");
    TRIMTAB_REQUIRE(base::writeFileAtomically(path, content));
    result.fileBytes += static_cast<std::int64_t>(content.size());
    result.form = describeForms(graph, plans);
    return result;
}

}  // namespace

Result<WriteResult> write(const Graph& graph, const std::filesystem::path& path, const WriteOptions& options) {
    try {
        auto written = writeUnguarded(graph, path, options);
        if (!written && written.error().context.empty()) written.error().context = path.string();
        return written;
    } catch (const std::exception& error) {
        return fail(ErrorCode::Failed, fmt::format("cannot be written: {}", error.what()), path.string());
    }
}

}  // namespace trimtab::formats::onnx
