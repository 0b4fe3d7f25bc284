#include "core/dataset/manifest.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/metric.h"
#include "core/dataset/image_file.h"
#include "core/dataset/wav_file.h"

namespace trimtab::dataset {
namespace {

using base::Json;

struct Task {
    std::string_view name, metric;
};
constexpr Task kTasks[] = {{"classification", "top1"},       {"language-model", "perplexity"}, {"regression", "rmse"},
                           {"frame-classification", "frame_accuracy"}, {"recommendation", "auc"}, {"segmentation", "iou"},
                           {"transcription", "wer"},          {"multi-label", "mean_average_precision"},
                           {"multiple-choice", "acc"},        {"text-generation", "exact_match"}};

/// Of lines of prompts.
bool isOfPrompts(std::string_view task) { return task == "multiple-choice" || task == "text-generation"; }

std::string taskNames() {
    std::string names;
    for (const Task& task : kTasks) names += (names.empty() ? "" : ", ") + std::string(task.name);
    return names;
}

Status checkKeys(const Json& object, std::initializer_list<std::string_view> known, const std::string& where) {
    if (!object.is_object()) return fail(ErrorCode::Refused, fmt::format("{} must be an object", where));
    for (const auto& [key, value] : object.items())
        if (std::find(known.begin(), known.end(), key) == known.end())
            return fail(ErrorCode::Refused, fmt::format("{} has the unknown key '{:.60}'", where, key));
    return {};
}

Result<std::vector<float>> numbersAt(const Json& object, const char* key, const std::string& where) {
    std::vector<float> values;
    const Json* member = base::memberAt(object, key);
    if (!member) return values;
    const auto refused = [&] { return fail(ErrorCode::Refused, fmt::format("{}.{} must be a number or a list of them", where, key)); };
    if (member->is_number()) return std::vector<float>{member->get<float>()};
    if (!member->is_array() || member->size() > 100'000) return refused();
    for (const Json& item : *member) {
        if (!item.is_number()) return refused();
        values.push_back(item.get<float>());
    }
    return values;
}

Result<std::optional<std::array<std::int64_t, 2>>> extentAt(const Json& object, const char* key, const std::string& where) {
    const Json* member = base::memberAt(object, key);
    if (!member) return std::nullopt;
    const auto valid = [](const Json& item) {
        return item.is_number_integer() && item.get<std::int64_t>() >= 1 && item.get<std::int64_t>() <= kMaxImageExtent;
    };
    if (!member->is_array() || member->size() != 2 || !valid((*member)[0]) || !valid((*member)[1]))
        return fail(ErrorCode::Refused, fmt::format("{}.{} must be [height, width], each from 1 to {}", where, key, kMaxImageExtent));
    return std::array<std::int64_t, 2>{(*member)[0].get<std::int64_t>(), (*member)[1].get<std::int64_t>()};
}

Result<std::optional<Layout>> layoutAt(const Json& object, const char* key, const std::string& where) {
    TRIMTAB_TRY(const std::string word, base::stringAt(object, key, ""));
    if (word.empty()) return std::nullopt;
    if (word == "NCHW") return Layout::Nchw;
    if (word == "NHWC") return Layout::Nhwc;
    return fail(ErrorCode::Refused, fmt::format("{}.{} must be \"NCHW\" or \"NHWC\"", where, key));
}

Result<Preprocess> readPreprocess(const Json& object, const std::string& where) {
    TRIMTAB_REQUIRE(checkKeys(object, {"scale", "mean", "std", "resize", "crop", "layout", "stored", "length"}, where));
    Preprocess steps;
    TRIMTAB_TRY(const double scale, base::numberAt(object, "scale", 1.0));
    steps.scale = static_cast<float>(scale);
    TRIMTAB_TRY(steps.mean, numbersAt(object, "mean", where));
    TRIMTAB_TRY(steps.deviation, numbersAt(object, "std", where));
    if (std::any_of(steps.deviation.begin(), steps.deviation.end(), [](float v) { return !(v > 0) || !std::isfinite(v); }))
        return fail(ErrorCode::Refused, fmt::format("{}.std must be above zero", where));
    TRIMTAB_TRY(steps.resize, extentAt(object, "resize", where));
    TRIMTAB_TRY(steps.crop, extentAt(object, "crop", where));
    TRIMTAB_TRY(steps.layout, layoutAt(object, "layout", where));
    TRIMTAB_TRY(steps.stored, layoutAt(object, "stored", where));
    return steps;
}

Result<ManifestField> readField(const std::string& name, const Json& object, const std::string& where) {
    TRIMTAB_REQUIRE(checkKeys(object, {"file", "array", "channels", "preprocess"}, where));
    ManifestField field;
    field.name = name;
    TRIMTAB_TRY(field.file, base::stringAt(object, "file"));
    TRIMTAB_TRY(field.array, base::stringAt(object, "array", name));
    TRIMTAB_TRY(const std::int64_t channels, base::integerAt(object, "channels", 0));
    if (channels != 0 && channels != 1 && channels != 3) return fail(ErrorCode::Refused, fmt::format("{}.channels must be 1 or 3", where));
    field.channels = static_cast<int>(channels);
    if (const Json* steps = base::memberAt(object, "preprocess")) {
        TRIMTAB_TRY(field.preprocess, readPreprocess(*steps, where + ".preprocess"));
        TRIMTAB_TRY(field.clipLength, base::integerAt(*steps, "length", 0));
        if (base::memberAt(*steps, "length") && (field.clipLength < 1 || field.clipLength > kMaxFrames))
            return fail(ErrorCode::Refused, fmt::format("{}.preprocess.length must be from 1 to {}", where, kMaxFrames));
    }
    return field;
}

Status readTarget(const Json& root, Manifest& manifest) {
    const Json* target = base::memberAt(root, "target");
    if (!target) return {};
    TRIMTAB_REQUIRE(checkKeys(*target, {"file", "array", "shift_of"}, "target"));
    TRIMTAB_TRY(manifest.shiftOf, base::stringAt(*target, "shift_of", ""));
    if (manifest.shiftOf.empty()) {
        TRIMTAB_TRY(manifest.target, readField("target", *target, "target"));
        return {};
    }
    const bool known =
        std::any_of(manifest.inputs.begin(), manifest.inputs.end(), [&](const auto& field) { return field.name == manifest.shiftOf; });
    if (!known) return fail(ErrorCode::Refused, fmt::format("target.shift_of names '{:.80}', which is no input", manifest.shiftOf));
    return {};
}

/// A count of tokens that may be left out; 0: it was.
Result<std::int64_t> tokensAt(const Json& object, const char* key, std::int64_t most, const std::string& where) {
    TRIMTAB_TRY(const std::int64_t tokens, base::integerAt(object, key, 0));
    if (base::memberAt(object, key) && (tokens < 1 || tokens > most))
        return fail(ErrorCode::Refused, fmt::format("{}.{} must be from 1 to {} tokens", where, key, most));
    return tokens;
}

Status readText(const Json& object, Manifest& manifest) {
    constexpr std::int64_t kMostTokens = 1 << 24;
    TRIMTAB_REQUIRE(checkKeys(object, {"file", "window", "stride"}, "text"));
    if (manifest.task != "language-model")
        return fail(ErrorCode::Refused, fmt::format("\"text\" is for the task language-model, not {}", manifest.task));
    ManifestText text;
    TRIMTAB_TRY(text.file, base::stringAt(object, "file"));
    TRIMTAB_TRY(text.window, tokensAt(object, "window", kMostTokens, "text"));
    TRIMTAB_TRY(text.stride, tokensAt(object, "stride", text.window > 0 ? text.window : kMostTokens, "text"));
    manifest.text = std::move(text);
    return {};
}

Status readPrompts(const Json& object, Manifest& manifest) {
    constexpr std::int64_t kMostTokens = 1 << 20;
    TRIMTAB_REQUIRE(checkKeys(object, {"file", "delimiter", "max_tokens", "until_newline"}, "prompts"));
    if (!isOfPrompts(manifest.task))
        return fail(ErrorCode::Refused,
                    fmt::format("\"prompts\" are for the tasks multiple-choice and text-generation, not {}", manifest.task));
    ManifestPrompts prompts;
    TRIMTAB_TRY(prompts.file, base::stringAt(object, "file"));
    TRIMTAB_TRY(prompts.delimiter, base::stringAt(object, "delimiter", prompts.delimiter));
    TRIMTAB_TRY(const std::int64_t most, tokensAt(object, "max_tokens", kMostTokens, "prompts"));
    if (most > 0) prompts.generation.mostTokens = most;
    TRIMTAB_TRY(prompts.generation.untilNewline, base::booleanAt(object, "until_newline", false));
    manifest.prompts = std::move(prompts);
    return {};
}

/// What the model is given: fields, text that its tokenizer cuts, or prompts.
Status readInputs(const Json& root, Manifest& manifest) {
    const Json* inputs = base::memberAt(root, "inputs");
    if (base::memberAt(root, "text") && base::memberAt(root, "prompts"))
        return fail(ErrorCode::Refused, "\"text\" and \"prompts\" are two kinds of data: name one");
    struct Kind {
        const char* key;
        Status (*read)(const Json&, Manifest&);
    };
    for (const auto& [key, read] : {Kind{"text", readText}, Kind{"prompts", readPrompts}})
        if (const Json* member = base::memberAt(root, key)) {
            if (inputs || base::memberAt(root, "target") || base::memberAt(root, "group"))
                return fail(ErrorCode::Refused,
                            fmt::format("\"{}\" is input and target at once: leave out \"inputs\", \"target\" and \"group\"", key));
            return read(*member, manifest);
        }
    if (isOfPrompts(manifest.task))
        return fail(ErrorCode::Refused, fmt::format("the task {} wants \"prompts\", a file of JSON Lines", manifest.task));
    if (!inputs || !inputs->is_object() || inputs->empty())
        return fail(ErrorCode::Refused, "\"inputs\" must name at least one field, or \"text\" or \"prompts\" a file");
    for (const auto& [name, field] : inputs->items()) {
        TRIMTAB_TRY(ManifestField read, readField(name, field, "inputs." + name));
        manifest.inputs.push_back(std::move(read));
    }
    return {};
}

/// Groups and what ids mean.
Status readRest(const Json& root, Manifest& manifest) {
    if (const Json* group = base::memberAt(root, "group")) {
        TRIMTAB_REQUIRE(checkKeys(*group, {"file", "array"}, "group"));
        TRIMTAB_TRY(manifest.group, readField("group", *group, "group"));
    }
    TRIMTAB_TRY(manifest.rules.blank, base::integerAt(root, "blank", 0));
    if (base::memberAt(root, "separator")) { TRIMTAB_TRY(manifest.rules.separator, base::integerAt(root, "separator")); }
    if (manifest.rules.blank < 0 || manifest.rules.separator.value_or(0) < 0)
        return fail(ErrorCode::Refused, "\"blank\" and \"separator\" are ids: 0 or more");
    return {};
}

Result<Manifest> readManifest(std::string_view text, const std::string& what) {
    TRIMTAB_TRY(const Json root, base::parseJson(text, what));
    TRIMTAB_REQUIRE(checkKeys(
        root, {"format", "version", "name", "task", "inputs", "text", "prompts", "target", "group", "blank", "separator", "metric"},
        "the manifest"));
    TRIMTAB_TRY(const std::string format, base::stringAt(root, "format"));
    TRIMTAB_TRY(const std::int64_t version, base::integerAt(root, "version"));
    if (format != "trimtab-dataset") return fail(ErrorCode::Refused, "\"format\" must be \"trimtab-dataset\"");
    if (version != 1) return fail(ErrorCode::Refused, fmt::format("has version {}, but only version 1 is known", version));
    Manifest manifest;
    TRIMTAB_TRY(manifest.name, base::stringAt(root, "name", ""));
    TRIMTAB_TRY(manifest.task, base::stringAt(root, "task"));
    const std::string fallback = defaultMetric(manifest.task);
    if (fallback.empty())
        return fail(ErrorCode::Refused,
                    fmt::format("\"task\" is '{:.60}'; known are {}", manifest.task, taskNames()));
    TRIMTAB_TRY(const std::string metric, base::stringAt(root, "metric", fallback));
    const auto info = base::metricInfo(metric);
    if (!info || !info->onDataset)
        return fail(ErrorCode::Refused, fmt::format("\"metric\" is '{:.60}'; known are {}", metric, base::metricNames(true)));
    manifest.metric = info->name;
    TRIMTAB_REQUIRE(readInputs(root, manifest));
    TRIMTAB_REQUIRE(readTarget(root, manifest));
    TRIMTAB_REQUIRE(readRest(root, manifest));
    return manifest;
}

}  // namespace

std::string defaultMetric(std::string_view task) {
    const auto found = std::find_if(std::begin(kTasks), std::end(kTasks), [&](const Task& known) { return known.name == task; });
    return std::string(found == std::end(kTasks) ? std::string_view() : found->metric);
}

Result<Manifest> parseManifest(std::string_view text, const std::string& what) {
    auto manifest = readManifest(text, what);
    if (!manifest && manifest.error().context.empty()) manifest.error().context = what;
    return manifest;
}

}  // namespace trimtab::dataset
