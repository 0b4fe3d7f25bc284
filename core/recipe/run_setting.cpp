#include "core/recipe/run_setting.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/recipe/object_reader.h"

namespace trimtab::recipe {
namespace {

constexpr std::int64_t kLargestExtent = std::int64_t{1} << 31;
constexpr std::int64_t kMostTokens = std::int64_t{1} << 20;
constexpr std::int64_t kMostThreads = 4096;

Result<std::string> identifier(std::string word, const std::string& path) {
    const bool fine = !word.empty() && word.size() <= 64 && std::all_of(word.begin(), word.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == ':';
    });
    if (!fine) return fail(ErrorCode::Refused, path + " must be a name in lower-case letters, digits, '_', '-' and ':'");
    return word;
}

Result<Shape> shapeFromJson(const Json& json, const std::string& path) {
    if (!json.is_array() || json.size() > 32) return fail(ErrorCode::Refused, path + " must be a list of at most 32 extents");
    std::vector<std::int64_t> dims;
    for (const Json& entry : json) {
        TRIMTAB_TRY(const std::int64_t extent, wholeNumber(entry, path));
        if (extent < 0) return fail(ErrorCode::Refused, fmt::format("{} holds the negative extent {}", path, extent));
        dims.push_back(extent);
    }
    Shape shape(std::move(dims));
    if (!shape.checkedElementCount()) return fail(ErrorCode::Refused, path + " has more elements than can be counted");
    return shape;
}

Result<std::int64_t> countFromJson(const Json& json, const std::string& path, std::int64_t most = kLargestExtent) {
    TRIMTAB_TRY(const std::int64_t count, wholeNumber(json, path));
    if (count < 0 || count > most) return fail(ErrorCode::Refused, fmt::format("{} must be between 0 and {}, not {}", path, most, count));
    return count;
}

Status readShapes(RunSetting& setting, const ObjectReader& reader) {
    if (reader.has("shapes")) {
        if (!reader.at("shapes").is_object())
            return fail(ErrorCode::Refused, reader.pathOf("shapes") + " must be an object: input → shape");
        for (const auto& [input, shape] : reader.at("shapes").items()) {
            TRIMTAB_TRY(setting.shapes[input], shapeFromJson(shape, reader.pathOf("shapes") + "." + input));
        }
    }
    if (reader.has("symbols")) {
        if (!reader.at("symbols").is_object())
            return fail(ErrorCode::Refused, reader.pathOf("symbols") + " must be an object: symbol → extent");
        for (const auto& [symbol, extent] : reader.at("symbols").items()) {
            TRIMTAB_TRY(setting.symbols[symbol], countFromJson(extent, reader.pathOf("symbols") + "." + symbol));
        }
    }
    return {};
}

}  // namespace

Result<RunSetting> runSettingFromJson(const Json& json) {
    const ObjectReader reader(json, "run");
    TRIMTAB_REQUIRE(reader.checkKeys({"batch", "prompt", "generate", "shapes", "symbols", "engine", "device", "threads", "seed"}));
    RunSetting setting;
    TRIMTAB_TRY(setting.batch, reader.integer("batch", 0, 0, kLargestExtent));
    TRIMTAB_TRY(setting.prompt, reader.integer("prompt", 0, 0, kMostTokens));
    TRIMTAB_TRY(setting.generate, reader.integer("generate", 0, 0, kMostTokens));
    if (setting.generate > 0 && setting.prompt == 0)
        return fail(ErrorCode::Refused, reader.pathOf("generate") + " wants a prompt: say its tokens with " + reader.pathOf("prompt"));
    TRIMTAB_REQUIRE(readShapes(setting, reader));
    for (auto [key, field] : {std::pair{"engine", &setting.engine}, std::pair{"device", &setting.device}}) {
        if (!reader.has(key)) continue;
        TRIMTAB_TRY(std::string word, reader.text(key, *field));
        TRIMTAB_TRY(*field, identifier(std::move(word), reader.pathOf(key)));
    }
    TRIMTAB_TRY(const std::int64_t threads, reader.integer("threads", 0, 0, kMostThreads));
    setting.threads = static_cast<int>(threads);
    TRIMTAB_TRY(setting.seed, reader.seed("seed", setting.seed));
    return setting;
}

Json toJson(const RunSetting& setting) {
    const RunSetting defaults;
    Json json = Json::object();
    if (setting.batch != defaults.batch) json["batch"] = setting.batch;
    if (setting.prompt != defaults.prompt) json["prompt"] = setting.prompt;
    if (setting.generate != defaults.generate) json["generate"] = setting.generate;
    for (const auto& [input, shape] : setting.shapes) json["shapes"][input] = shape.dims();
    for (const auto& [symbol, extent] : setting.symbols) json["symbols"][symbol] = extent;
    if (setting.engine != defaults.engine) json["engine"] = setting.engine;
    if (setting.device != defaults.device) json["device"] = setting.device;
    if (setting.threads != defaults.threads) json["threads"] = setting.threads;
    if (setting.seed != defaults.seed) json["seed"] = setting.seed;
    return json;
}

std::string canonical(const RunSetting& setting) { return base::dumpJson(toJson(setting)); }

Status setRunAxis(RunSetting& setting, std::string_view path, const Json& value) {
    const std::string whole(path);
    constexpr std::string_view kSymbols = "run.symbols.";
    if (path == "run.batch") {
        TRIMTAB_TRY(setting.batch, countFromJson(value, whole));
    } else if (path == "run.prompt") {
        TRIMTAB_TRY(setting.prompt, countFromJson(value, whole, kMostTokens));
    } else if (path == "run.generate") {
        TRIMTAB_TRY(setting.generate, countFromJson(value, whole, kMostTokens));
    } else if (path == "run.threads") {
        TRIMTAB_TRY(const std::int64_t threads, countFromJson(value, whole, kMostThreads));
        setting.threads = static_cast<int>(threads);
    } else if (path == "run.engine") {
        if (!value.is_string()) return fail(ErrorCode::Refused, whole + " must be an engine's name, not " + shown(value));
        TRIMTAB_TRY(setting.engine, identifier(value.get<std::string>(), whole));
    } else if (path.starts_with(kSymbols) && path.size() > kSymbols.size()) {
        TRIMTAB_TRY(setting.symbols[whole.substr(kSymbols.size())], countFromJson(value, whole));
    } else {
        return fail(
            ErrorCode::Refused,
            whole + " is no axis of a run; there are run.batch, run.prompt, run.generate, run.threads, run.engine and run.symbols.NAME");
    }
    return {};
}

}  // namespace trimtab::recipe
