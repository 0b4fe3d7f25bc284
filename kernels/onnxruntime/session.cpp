#include "kernels/onnxruntime/session.h"

#include <charconv>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/file.h"
#include "core/formats/onnx/writer.h"

namespace trimtab::onnxruntime {
namespace {

constexpr char kRewrittenFile[] = "rewritten.onnx";

std::int64_t constantBytes(const Graph& graph) {
    std::int64_t bytes = 0;
    for (const graph::Value& value : graph.values) {
        if (value.constant) bytes += static_cast<std::int64_t>(value.constant->bytes().size());
        // Codes leave as bytes or, where no form takes them, as float32 values.
        else if (value.quantized) bytes += static_cast<std::int64_t>(value.quantized->codes.size() * sizeof(float));
    }
    return bytes;
}

Status appendCuda(const OrtApi& api, OrtSessionOptions& options, const std::string& ordinal) {
    Owned<OrtCUDAProviderOptionsV2> provider(nullptr, api.ReleaseCUDAProviderOptions);
    TRIMTAB_REQUIRE(check(api, api.CreateCUDAProviderOptions(Out(provider))));
    const char* key = "device_id";
    const char* value = ordinal.c_str();
    TRIMTAB_REQUIRE(check(api, api.UpdateCUDAProviderOptions(provider.get(), &key, &value, 1)));
    return check(api, api.SessionOptionsAppendExecutionProvider_CUDA_V2(&options, provider.get()));
}

Status appendTensorRt(const OrtApi& api, OrtSessionOptions& options, const std::string& ordinal) {
    Owned<OrtTensorRTProviderOptionsV2> provider(nullptr, api.ReleaseTensorRTProviderOptions);
    TRIMTAB_REQUIRE(check(api, api.CreateTensorRTProviderOptions(Out(provider))));
    const char* key = "device_id";
    const char* value = ordinal.c_str();
    TRIMTAB_REQUIRE(check(api, api.UpdateTensorRTProviderOptions(provider.get(), &key, &value, 1)));
    return check(api, api.SessionOptionsAppendExecutionProvider_TensorRT_V2(&options, provider.get()));
}

/// A provider whose own libraries do not load is as good as absent.
Status appendProvider(const OrtApi& api, OrtSessionOptions& options, const Target& target) {
    if (target.provider.empty()) return {};
    const std::string ordinal = std::to_string(target.ordinal);
    const Status added = target.provider == "CUDA" ? appendCuda(api, options, ordinal) : appendTensorRt(api, options, ordinal);
    if (added) return {};
    return fail(ErrorCode::Unsupported, target.provider + "ExecutionProvider does not start: " + added.error().text());
}

Result<Owned<OrtSessionOptions>> makeOptions(const OrtApi& api, const SessionSetting& setting) {
    Owned<OrtSessionOptions> options(nullptr, api.ReleaseSessionOptions);
    TRIMTAB_REQUIRE(check(api, api.CreateSessionOptions(Out(options))));
    TRIMTAB_REQUIRE(check(api, api.SetIntraOpNumThreads(options.get(), setting.threads)));
    TRIMTAB_REQUIRE(check(api, api.SetInterOpNumThreads(options.get(), 1)));
    TRIMTAB_REQUIRE(check(api, api.SetSessionExecutionMode(options.get(), ORT_SEQUENTIAL)));
    TRIMTAB_REQUIRE(check(api, api.SetSessionGraphOptimizationLevel(options.get(), setting.optimization)));
    // Its own choice for weight-only products would quantise their activations, which no recipe asked for.
    TRIMTAB_REQUIRE(check(api, api.AddSessionConfigEntry(options.get(), "session.qdq_matmulnbits_accuracy_level", "1")));
    // Between runs its threads would spin on, and take the cores from what is measured in turn with it.
    TRIMTAB_REQUIRE(check(api, api.AddSessionConfigEntry(options.get(), "session.force_spinning_stop", "1")));
    if (!setting.profile.empty()) TRIMTAB_REQUIRE(check(api, api.EnableProfiling(options.get(), setting.profile.c_str())));
    TRIMTAB_REQUIRE(appendProvider(api, *options, setting.target));
    return options;
}

/// The model after ONNX Runtime's optimisations is to be written; weights of large ones beside it.
Status askForRewritten(const OrtApi& api, OrtSessionOptions& options, const std::filesystem::path& file, bool isLarge) {
    TRIMTAB_REQUIRE(check(api, api.SetOptimizedModelFilePath(&options, file.c_str())));
    if (!isLarge) return {};
    return check(api, api.AddSessionConfigEntry(&options, "session.optimized_model_external_initializers_file_name", "rewritten.data"));
}

}  // namespace

Result<Target> targetFromDevice(const std::string& device) {
    if (device.empty() || device == "cpu") return Target{};
    for (const auto& [word, provider] : {std::pair{std::string("cuda"), "CUDA"}, std::pair{std::string("tensorrt"), "Tensorrt"}}) {
        if (device == word) return Target{provider, 0};
        if (!device.starts_with(word + ":")) continue;
        int ordinal = 0;
        const char* last = device.data() + device.size();
        const auto [end, error] = std::from_chars(device.data() + word.size() + 1, last, ordinal);
        if (error == std::errc{} && end == last && ordinal >= 0) return Target{provider, ordinal};
    }
    return fail(ErrorCode::Usage, "'" + device + "' names no device of ONNX Runtime: there are cpu, cuda:0, … and tensorrt:0, …");
}

Status checkProvider(const Library& library, const Target& target) {
    const std::string name = target.provider + "ExecutionProvider";
    if (target.provider.empty() || library.hasProvider(name)) return {};
    return fail(ErrorCode::Unsupported, fmt::format("ONNX Runtime {} ({}) was built without {}; it has {}", library.version, library.file,
                                                    name, fmt::join(library.providers, ", ")));
}

Result<GraphOptimizationLevel> optimizationFromEnvironment() {
    static const std::string word = [] {
        const char* given = std::getenv("TRIMTAB_ONNXRUNTIME_OPTIMIZATION");
        return std::string(given ? given : "");
    }();
    if (word.empty() || word == "all") return ORT_ENABLE_ALL;
    if (word == "extended") return ORT_ENABLE_EXTENDED;
    if (word == "basic") return ORT_ENABLE_BASIC;
    if (word == "off") return ORT_DISABLE_ALL;
    return fail(ErrorCode::Usage, "TRIMTAB_ONNXRUNTIME_OPTIMIZATION is off, basic, extended or all, not '" + word + "'");
}

Result<Session> makeSession(const Library& library, const Graph& graph, const WeightPlans& plans, const SessionSetting& setting) {
    const OrtApi& api = *library.api;
    const bool isLarge = constantBytes(graph) > setting.mostInMemory;
    std::optional<base::TemporaryFolder> folder;
    if (isLarge || needsEvidence(plans)) {
        TRIMTAB_TRY(folder, base::TemporaryFolder::create("trimtab-onnxruntime"));
    }
    TRIMTAB_TRY(const auto options, makeOptions(api, setting));
    const bool keepsRewritten = !setting.rewritten.empty();
    const auto rewritten = keepsRewritten ? setting.rewritten : folder ? folder->path() / kRewrittenFile : std::filesystem::path();
    if (keepsRewritten || needsEvidence(plans)) TRIMTAB_REQUIRE(askForRewritten(api, *options, rewritten, isLarge));
    Owned<OrtSession> session(nullptr, api.ReleaseSession);
    if (isLarge) {
        const auto file = folder->path() / "model.onnx";
        TRIMTAB_TRY([[maybe_unused]] const auto written, formats::onnx::write(graph, file, {.externalAbove = setting.mostInMemory}));
        TRIMTAB_REQUIRE(check(api, api.CreateSession(library.env, file.c_str(), options.get(), Out(session))));
    } else {
        TRIMTAB_TRY(const formats::onnx::Encoded model, formats::onnx::encode(graph));
        TRIMTAB_REQUIRE(
            check(api, api.CreateSessionFromArray(library.env, model.bytes.data(), model.bytes.size(), options.get(), Out(session))));
    }
    return Session{std::shared_ptr<OrtSession>(std::move(session)),
                   needsEvidence(plans) ? readRewritten(rewritten) : Rewritten{}};
}

}  // namespace trimtab::onnxruntime
