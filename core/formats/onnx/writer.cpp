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
    if (opset >= 25) return 13;
    if (opset == 24) return 12;
    if (opset == 23) return 11;
    if (opset >= 21) return 10;
    return opset >= 19 ? 9 : 8;
}

void collectNames(const Graph& graph, ExportContext& context) {
    for (const graph::Value& value : graph.values) context.valueNames.insert(value.name);
    for (const graph::Node& node : graph.nodes) {
        context.nodeNames.insert(node.name);
        for (const auto& inner : graph::subgraphsOf(node)) collectNames(*inner, context);
    }
}

struct Exported {
    ::onnx::ModelProto model;
    std::string form;
};

Result<Exported> exportModel(const Graph& graph) {
    const auto plans = planWeights(graph);
    ExportContext context;
    context.opsets = graph.opsets;
    collectNames(graph, context);
    Exported exported;
    ::onnx::ModelProto& model = exported.model;
    TRIMTAB_REQUIRE(exportGraph(context, graph, plans, *model.mutable_graph()));
    const auto opset = context.opsets.find("");
    model.set_ir_version(irVersionFor(opset == context.opsets.end() ? 0 : opset->second));
    model.set_producer_name("trimtab");
    for (const auto& [domain, version] : context.opsets) {
        auto* import = model.add_opset_import();
        import->set_domain(domain);
        import->set_version(version);
    }
    exported.form = describeForms(graph, plans);
    return exported;
}

Result<std::string> serialize(const ::onnx::ModelProto& model, const char* tooLarge) {
    if (model.ByteSizeLong() > static_cast<std::size_t>(INT_MAX)) return fail(ErrorCode::Refused, tooLarge);
    std::string content;
    if (!model.SerializeToString(&content)) return fail(ErrorCode::Failed, "could not be encoded");
    return content;
}

std::filesystem::path dataFileOf(const std::filesystem::path& model) { return model.string() + ".data"; }

Result<WriteResult> draft(const Graph& graph, const std::filesystem::path& path, const WriteOptions& options) {
    TRIMTAB_TRY(Exported exported, exportModel(graph));
    WriteResult result;
    std::int64_t initializerBytes = 0;
    for (const auto& tensor : exported.model.graph().initializer()) initializerBytes += static_cast<std::int64_t>(tensor.raw_data().size());
    if (initializerBytes > options.externalAbove) {
        TRIMTAB_TRY(result.fileBytes, moveInitializersOut(*exported.model.mutable_graph(), dataFileOf(path)));
    }
    TRIMTAB_TRY(const std::string content, serialize(exported.model, "would be larger than 2 GiB without its weights"));
    TRIMTAB_REQUIRE(base::writeFileAtomically(path, content));
    result.fileBytes += static_cast<std::int64_t>(content.size());
    result.form = std::move(exported.form);
    return result;
}

/// Weights first: the model names them. What cannot be replaced is seen before anything is.
Status moveIntoPlace(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::error_code error;
    if (std::filesystem::is_directory(to, error)) return fail(ErrorCode::Io, "cannot replace: it is a folder", to.string());
    if (std::filesystem::exists(dataFileOf(from), error)) std::filesystem::rename(dataFileOf(from), dataFileOf(to), error);
    if (!error) std::filesystem::rename(from, to, error);
    if (error) return fail(ErrorCode::Io, "cannot replace: " + error.message(), to.string());
    return {};
}

Result<WriteResult> writeUnguarded(const Graph& graph, const std::filesystem::path& path, const WriteOptions& options) {
    TRIMTAB_TRY(const auto folder, base::TemporaryFolder::createBeside(path));
    const std::filesystem::path whole = folder.path() / path.filename();
    TRIMTAB_TRY(WriteResult result, draft(graph, whole, options));
    TRIMTAB_REQUIRE(options.check(whole));
    TRIMTAB_REQUIRE(moveIntoPlace(whole, path));
    return result;
}

}  // namespace

Result<WriteResult> write(const Graph& graph, const std::filesystem::path& path, const WriteOptions& options) {
    try {
        auto written = writeUnguarded(graph, path, options);
        // Drafts stand beside the file under its name and more.
        if (!written && (written.error().context.empty() || written.error().context.starts_with(path.string())))
            written.error().context = path.string();
        return written;
    } catch (const std::exception& error) {
        return fail(ErrorCode::Failed, fmt::format("cannot be written: {}", error.what()), path.string());
    }
}

Result<Encoded> encode(const Graph& graph) {
    try {
        TRIMTAB_TRY(Exported exported, exportModel(graph));
        TRIMTAB_TRY(std::string bytes, serialize(exported.model, "would be larger than 2 GiB in one file"));
        return Encoded{std::move(bytes), std::move(exported.form)};
    } catch (const std::exception& error) {
        return fail(ErrorCode::Failed, fmt::format("cannot be encoded: {}", error.what()));
    }
}

}  // namespace trimtab::formats::onnx
