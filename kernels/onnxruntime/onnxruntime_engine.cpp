#include "kernels/onnxruntime/onnxruntime_engine.h"

#include <exception>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/parallel.h"
#include "kernels/onnxruntime/compiled_model.h"
#include "kernels/onnxruntime/processor.h"

#ifndef TRIMTAB_VERSION
#define TRIMTAB_VERSION "development"
#endif

namespace trimtab::onnxruntime {
namespace {

const char* wordFor(GraphOptimizationLevel level) {
    switch (level) {
        case ORT_DISABLE_ALL: return "no graph optimisations";
        case ORT_ENABLE_BASIC: return "basic graph optimisations";
        case ORT_ENABLE_EXTENDED: return "extended graph optimisations";
        default: return "";
    }
}

class OnnxRuntimeEngine final : public runtime::Engine {
public:
    OnnxRuntimeEngine(const Library& library, SessionSetting setting) : m_library(library), m_setting(std::move(setting)) {}

    runtime::EngineInfo info() const override {
        runtime::EngineInfo made;
        made.name = "onnxruntime";
        const std::string provider = m_setting.target.provider.empty() ? "CPU" : m_setting.target.provider;
        made.version = fmt::format("{}, ONNX Runtime {}, {}ExecutionProvider", TRIMTAB_VERSION, m_library.version, provider);
        if (const std::string word = wordFor(m_setting.optimization); !word.empty()) made.version += ", " + word;
        made.instructionSet = processorOffers();
        made.threads = m_setting.threads;
        if (!m_setting.target.provider.empty()) made.device = fmt::format("{}:{}", provider, m_setting.target.ordinal);
        return made;
    }

    bool plansForShapes() const override { return false; }
    runtime::Support supports(const Graph& graph, const graph::Node& node) const override {
        return supportOf(graph, node, formats::onnx::planWeights(graph), {});
    }

    Result<std::unique_ptr<runtime::CompiledModel>> compile(const Graph& graph, const recipe::RunSetting& setting) override {
        try {
            WeightPlans plans = formats::onnx::planWeights(graph);
            TRIMTAB_REQUIRE(checkTreatments(graph, plans));
            SessionSetting chosen = m_setting;
            if (setting.threads > 0) chosen.threads = setting.threads;
            return OnnxRuntimeModel::make(m_library, graph, std::move(plans), chosen);
        } catch (const std::exception& error) {
            return fail(ErrorCode::Failed, fmt::format("the model cannot be handed to ONNX Runtime: {}", error.what()));
        }
    }

private:
    static Status checkTreatments(const Graph& graph, const WeightPlans& plans) {
        std::set<std::string> reasons;
        for (const graph::Node& node : graph.nodes)
            if (const auto support = supportOf(graph, node, plans, {}); support.level == runtime::Support::Level::Refused)
                reasons.insert(support.reason);
        if (reasons.empty()) return {};
        return fail(ErrorCode::Unsupported, fmt::format("the engine onnxruntime runs what a file can hold: {}", fmt::join(reasons, "; ")));
    }

    const Library& m_library;
    SessionSetting m_setting;
};

}  // namespace

Result<std::unique_ptr<runtime::Engine>> makeOnnxRuntimeEngine(int threads, const std::string& device) {
    SessionSetting setting;
    TRIMTAB_TRY(setting.target, targetFromDevice(device));
    TRIMTAB_TRY(setting.optimization, optimizationFromEnvironment());
    setting.threads = threads > 0 ? threads : static_cast<int>(base::availableProcessors());
    TRIMTAB_TRY(const Library* library, openLibrary());
    TRIMTAB_REQUIRE(checkProvider(*library, setting.target));
    return std::make_unique<OnnxRuntimeEngine>(*library, std::move(setting));
}

}  // namespace trimtab::onnxruntime
