#include "profiler/worker/workbench.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>

#include <fmt/format.h>

#include "core/formats/model_file.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "kernels/ref/reference.h"
#include "profiler/worker/calibration_runs.h"
#include "profiler/worker/calibration_set.h"
#include "profiler/worker/ceilings.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/machine.h"

namespace trimtab::worker {
namespace {

Result<std::string> fileKey(const ipc::ModelRequest& request) {
    std::string key = request.model + (request.trustLinks ? " trusted" : "");
    if (request.randomWeights) key += fmt::format(" random {}", *request.randomWeights);
    for (const auto& file : formats::filesOf(request.model, request.randomWeights)) {
        struct stat status{};
        if (::stat(file.c_str(), &status) != 0)
            return fail(errno == ENOENT || errno == ENOTDIR ? ErrorCode::NotFound : ErrorCode::Io, std::strerror(errno), file.string());
        key += fmt::format("\n{} {} {} {}.{}", file.filename().string(), status.st_ino, status.st_size, status.st_mtim.tv_sec,
                           status.st_mtim.tv_nsec);
    }
    return key;
}

Status stopWhenCancelled(const Call& call) {
    if (call.cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
    return {};
}

/// What activations depend on beside the model.
std::string calibrationKey(const ipc::ModelRequest& request) {
    return '\n' + base::dumpJson(trial::toJson(request.calibration)) + recipe::canonical(request.setting);
}

bool concerns(const compress::LayerCompression& layer, const trace::LayerRecord& record) {
    return layer.node == record.node || std::find(record.origins.begin(), record.origins.end(), layer.node) != record.origins.end();
}

}  // namespace

std::vector<trace::LayerRecord> withSqnr(std::vector<trace::LayerRecord> records, const compress::Compressed& compressed) {
    for (trace::LayerRecord& record : records) {
        const auto found =
            std::ranges::find_if(compressed.layers, [&](const compress::LayerCompression& layer) { return concerns(layer, record); });
        if (found != compressed.layers.end()) record.sqnrDb = found->sqnrDb;
    }
    return records;
}

std::vector<trace::LayerRecord> CompiledTrial::layers() const { return withSqnr(model->layers(), *compressed); }

Result<std::shared_ptr<const LoadedModel>> Workbench::model(const ipc::ModelRequest& request, const Call& call) {
    TRIMTAB_TRY(const std::string key, fileKey(request));
    if (auto known = m_models.find(key)) return known;
    call.progress(0, request.randomWeights ? "drawing the weights" : "reading the model");
    formats::onnx::ReadOptions options;
    options.trustLinks = request.trustLinks;
    options.randomWeights = request.randomWeights;
    TRIMTAB_TRY(auto read, formats::readModel(request.model, options));
    TRIMTAB_REQUIRE(stopWhenCancelled(call));
    TRIMTAB_REQUIRE(graph::inferShapes(read.graph));
    TRIMTAB_REQUIRE(compress::checkForNaN(read.graph));
    ref::ReferenceEvaluator evaluator;
    TRIMTAB_REQUIRE(graph::simplify(read.graph, evaluator));
    TRIMTAB_REQUIRE(stopWhenCancelled(call));
    auto loaded = std::make_shared<const LoadedModel>(LoadedModel{std::move(read.graph), read.fileBytes});
    m_models.put(key, loaded);
    return loaded;
}

/// Activations come from the engine that the model is asked to run on.
Result<compress::Compressed> Workbench::compressedWith(const Graph& graph, const ipc::ModelRequest& request, const std::string& fileKey,
                                                       const Call& call) {
    compress::Tools tools;
    tools.cancelled = call.cancelled;
    if (!request.recipe.needsCalibration()) return compress::compress(graph, request.recipe, tools);
    const std::string what = "applying " + recipe::summary(request.recipe);
    tools.progress = [&](double share) { call.progress(share, what); };
    TRIMTAB_TRY(auto set, calibrationSet(graph, request));
    TRIMTAB_TRY(const auto engine, makeEngine(request.setting.engine, request.setting.threads, request.setting.device));
    CalibrationRuns runs(std::move(set.batches), *engine, request.setting, call);
    const auto math = tensorMathOf(*engine);
    tools.activations = &runs;
    tools.math = math.get();
    const std::string key = fileKey + calibrationKey(request) + set.data;
    auto scores = m_scores.find(key);
    if (!scores) m_scores.put(key, scores = std::make_shared<compress::KnownScores>());
    tools.knownScores = scores.get();
    return compress::compress(graph, request.recipe, tools);
}

Result<std::shared_ptr<const compress::Compressed>> Workbench::compressed(const ipc::ModelRequest& request, const Call& call) {
    TRIMTAB_TRY(const std::string file, fileKey(request));
    std::string key = file + '\n' + recipe::hash(request.recipe);
    if (request.recipe.needsCalibration()) key += calibrationKey(request);
    if (auto known = m_compressed.find(key)) return known;
    TRIMTAB_TRY(const auto loaded, model(request, call));
    if (!request.recipe.isIdentity()) call.progress(0, "applying " + recipe::summary(request.recipe));
    TRIMTAB_TRY(auto made, compressedWith(loaded->graph, request, file, call));
    auto shared = std::make_shared<const compress::Compressed>(std::move(made));
    m_compressed.put(key, shared);
    return shared;
}

Result<std::shared_ptr<CompiledTrial>> Workbench::compiled(const ipc::ModelRequest& request, const Call& call) {
    TRIMTAB_TRY(const std::string file, fileKey(request));
    std::string key = file + '\n' + recipe::hash(request.recipe) + '\n' + recipe::canonical(request.setting);
    if (request.recipe.needsCalibration()) key += calibrationKey(request);
    if (auto known = m_compiled.find(key)) return known;
    TRIMTAB_TRY(auto engine, makeEngine(request.setting.engine, request.setting.threads, request.setting.device));
    TRIMTAB_TRY(auto source, compressed(request, call));
    TRIMTAB_REQUIRE(stopWhenCancelled(call));
    TRIMTAB_TRY(auto compiledModel, engine->compile(source->graph, request.setting));
    auto trial = std::make_shared<CompiledTrial>();
    trial->compressed = std::move(source);
    trial->engine = std::move(engine);
    trial->model = std::move(compiledModel);
    m_compiled.put(key, trial);
    return trial;
}

Result<std::vector<compress::ChannelReport>> Workbench::channels(const ipc::ModelRequest& request, const Call& call) {
    TRIMTAB_TRY(const auto source, compressed(request, call));
    TRIMTAB_TRY(auto set, calibrationSet(source->graph, request));
    TRIMTAB_TRY(const auto engine, makeEngine(request.setting.engine, request.setting.threads, request.setting.device));
    CalibrationRuns runs(std::move(set.batches), *engine, request.setting, call);
    compress::Tools tools;
    tools.cancelled = call.cancelled;
    tools.activations = &runs;
    return compress::reportChannels(source->graph, tools);
}

Result<trace::Ceilings> Workbench::ceilings(const recipe::RunSetting& setting, const Call& call) {
    const std::string key = fmt::format("{} {} {}", setting.engine, setting.device, setting.threads);
    if (const auto known = m_ceilings.find(key); known != m_ceilings.end()) return known->second;
    TRIMTAB_TRY(const auto engine, makeEngine(setting.engine, setting.threads, setting.device));
    TRIMTAB_TRY(auto measured, measureCeilings(*engine, environmentOf(engine->info()).lastLevelCacheBytes, call));
    return m_ceilings.emplace(key, std::move(measured)).first->second;
}

void Workbench::clear() {
    m_compiled.clear();
    m_compressed.clear();
    m_scores.clear();
    m_models.clear();
}

}  // namespace trimtab::worker
