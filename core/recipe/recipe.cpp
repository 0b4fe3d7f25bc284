#include "core/recipe/recipe.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/recipe/fields.h"
#include "core/recipe/object_reader.h"

namespace trimtab::recipe {
namespace {

constexpr std::size_t kMostRules = 4096;

template <class Spec>
Result<Spec> partFromJson(const Json& json, const std::string& path, std::string_view required) {
    if (!json.is_object()) return fail(ErrorCode::Refused, path + " must be an object in braces, not " + shown(json));
    if (!json.contains(std::string(required))) return fail(ErrorCode::Refused, fmt::format("{}.{} is missing", path, required));
    Spec spec;
    for (const auto& [key, value] : json.items()) TRIMTAB_REQUIRE(setField(spec, key, value, path + "." + key));
    for (const auto& [key, value] : json.items()) TRIMTAB_REQUIRE(checkUsed(spec, key, path + "." + key));
    return spec;
}

Result<PruneSpec> pruneFromJson(const Json& json, const std::string& path) {
    // The pattern N:M says its ratio itself.
    const bool impliesRatio = json.is_object() && json.contains("pattern") && json["pattern"].is_string() &&
                              json["pattern"].get<std::string>().find(':') != std::string::npos;
    TRIMTAB_TRY(PruneSpec spec, partFromJson<PruneSpec>(json, path, impliesRatio ? "pattern" : "ratio"));
    TRIMTAB_REQUIRE(checkPart(spec, path));
    return spec;
}

Result<WeightSpec> weightsFromJson(const Json& json, const std::string& path) {
    TRIMTAB_TRY(WeightSpec spec, partFromJson<WeightSpec>(json, path, "bits"));
    TRIMTAB_REQUIRE(checkPart(spec, path));
    return spec;
}

Result<Settings> settingsFromJson(const ObjectReader& reader) {
    Settings settings;
    if (reader.has("prune")) {
        TRIMTAB_TRY(settings.prune, pruneFromJson(reader.at("prune"), reader.pathOf("prune")));
    }
    if (reader.has("weights")) {
        TRIMTAB_TRY(settings.weights, weightsFromJson(reader.at("weights"), reader.pathOf("weights")));
    }
    if (reader.has("activations")) {
        TRIMTAB_TRY(settings.activations, partFromJson<ActivationSpec>(reader.at("activations"), reader.pathOf("activations"), "bits"));
        TRIMTAB_REQUIRE(checkPart(*settings.activations, reader.pathOf("activations")));
    }
    if (reader.has("kv_cache")) {
        TRIMTAB_TRY(settings.kvCache, partFromJson<KvCacheSpec>(reader.at("kv_cache"), reader.pathOf("kv_cache"), "bits"));
    }
    if (reader.has("compute")) {
        TRIMTAB_TRY(settings.compute, computeFrom(reader.at("compute"), reader.pathOf("compute")));
    }
    return settings;
}

Result<std::pair<int, int>> blocksFromJson(const Json& json, const std::string& path) {
    const std::string wanted = path + " must be a block index or [first, last]";
    if (!json.is_array() && !json.is_number()) return fail(ErrorCode::Refused, wanted);
    if (json.is_array() && json.size() != 2) return fail(ErrorCode::Refused, wanted);
    TRIMTAB_TRY(const std::int64_t first, wholeNumber(json.is_array() ? json.at(0) : json, path));
    TRIMTAB_TRY(const std::int64_t last, wholeNumber(json.is_array() ? json.at(1) : json, path));
    if (first < 0 || last < first || last > INT32_MAX) return fail(ErrorCode::Refused, wanted + " with 0 <= first <= last");
    return std::pair{static_cast<int>(first), static_cast<int>(last)};
}

Result<NodeMatch> matchFromJson(const Json& json, const std::string& path) {
    const ObjectReader reader(json, path);
    TRIMTAB_REQUIRE(reader.checkKeys({"name", "op", "block"}));
    if (json.empty()) return fail(ErrorCode::Refused, path + " is empty; say name, op or block");
    NodeMatch match;
    for (auto [key, field] : {std::pair{"name", &match.name}, std::pair{"op", &match.op}}) {
        if (!reader.has(key)) continue;
        TRIMTAB_TRY(*field, reader.text(key, ""));
        if ((*field)->empty()) return fail(ErrorCode::Refused, reader.pathOf(key) + " is empty");
    }
    if (reader.has("block")) {
        TRIMTAB_TRY(match.block, blocksFromJson(reader.at("block"), reader.pathOf("block")));
    }
    return match;
}

Result<Rule> ruleFromJson(const Json& json, const std::string& path) {
    const ObjectReader reader(json, path);
    TRIMTAB_REQUIRE(reader.checkKeys({"match", "prune", "weights", "activations", "kv_cache", "compute"}));
    if (!reader.has("match")) return fail(ErrorCode::Refused, path + ".match is missing");
    Rule rule;
    TRIMTAB_TRY(rule.match, matchFromJson(reader.at("match"), path + ".match"));
    TRIMTAB_TRY(rule.settings, settingsFromJson(reader));
    if (rule.settings == Settings{})
        return fail(ErrorCode::Refused, path + " sets nothing; say prune, weights, activations, kv_cache or compute");
    return rule;
}

Json toJson(const PruneSpec& spec) {
    Json json = {{"ratio", spec.ratio}};
    if (spec.method != PruneSpec{}.method) json["method"] = spec.method;
    if (spec.pattern != PruneSpec{}.pattern) json["pattern"] = spec.pattern;
    if (spec.scope != PruneSpec{}.scope) json["scope"] = spec.scope;
    if (spec.seed != PruneSpec{}.seed && spec.method == "random") json["seed"] = spec.seed;
    if (spec.reconstruct) json["reconstruct"] = true;
    return json;
}

Json toJson(const WeightSpec& spec) {
    Json json = {{"bits", spec.bits}};
    if (spec.format != defaultFormat(spec.bits)) json["format"] = spec.format;
    if (spec.group != 0) json["group"] = spec.group;
    if (spec.scheme != WeightSpec{}.scheme) json["scheme"] = spec.scheme;
    if (spec.method != WeightSpec{}.method) json["method"] = spec.method;
    // Settings of a method that is not used change nothing.
    const WeightMethod method = weightMethod(spec);
    if (method.rescale == "smoothquant" && spec.alpha != WeightSpec{}.alpha) json["alpha"] = spec.alpha;
    if (method.rounding == "gptq" && spec.damping != WeightSpec{}.damping) json["damping"] = spec.damping;
    if (method.rounding == "gptq" && spec.actOrder) json["act_order"] = true;
    if (method.rounding == "gptq" && spec.staticGroups) json["static_groups"] = true;
    return json;
}

Json toJson(const ActivationSpec& spec) {
    Json json = {{"bits", spec.bits}};
    if (spec.mode != ActivationSpec{}.mode) json["mode"] = spec.mode;
    if (spec.granularity != ActivationSpec{}.granularity) json["granularity"] = spec.granularity;
    if (spec.mode != "static") return json;
    if (spec.calibrator != ActivationSpec{}.calibrator) json["calibrator"] = spec.calibrator;
    if (spec.calibrator == "percentile" && spec.percentile != ActivationSpec{}.percentile) json["percentile"] = spec.percentile;
    return json;
}

Json toJson(const KvCacheSpec& spec) {
    Json json = {{"bits", spec.bits}};
    if (spec.granularity != KvCacheSpec{}.granularity) json["granularity"] = spec.granularity;
    return json;
}

Json toJson(const Settings& settings) {
    Json json = Json::object();
    if (settings.prune) json["prune"] = toJson(*settings.prune);
    if (settings.weights) json["weights"] = toJson(*settings.weights);
    if (settings.activations) json["activations"] = toJson(*settings.activations);
    if (settings.kvCache) json["kv_cache"] = toJson(*settings.kvCache);
    if (settings.compute) json["compute"] = std::string(graph::name(*settings.compute));
    return json;
}

Json toJson(const NodeMatch& match) {
    Json json = Json::object();
    if (match.name) json["name"] = *match.name;
    if (match.op) json["op"] = *match.op;
    if (match.block) json["block"] = {match.block->first, match.block->second};
    return json;
}

}  // namespace

bool Recipe::isIdentity() const { return rules.empty() && !cancelsTransposes && withoutDefaults(base) == Settings{}; }

bool looksAtActivations(const PruneSpec& spec) {
    if (spec.ratio == 0) return false;
    return (spec.method != "magnitude" && spec.method != "random") || spec.scope == "sensitivity" || spec.reconstruct;
}

bool Recipe::needsCalibration() const {
    const auto looks = [](const Settings& settings) {
        if (settings.prune && looksAtActivations(*settings.prune)) return true;
        if (settings.activations && settings.activations->bits < 32 && settings.activations->mode == "static") return true;
        if (!settings.weights || settings.weights->bits > 8) return false;
        const WeightMethod method = weightMethod(*settings.weights);
        return !method.rescale.empty() || method.rounding == "gptq";
    };
    return looks(base) || std::ranges::any_of(rules, [&](const Rule& rule) { return looks(rule.settings); });
}

Recipe normalized(Recipe recipe) {
    recipe.base = withoutDefaults(std::move(recipe.base));
    return recipe;
}

Status check(const Recipe& recipe) {
    auto again = fromJson(toJson(recipe));
    if (!again) return fail(std::move(again).error());
    return {};
}

Result<Recipe> fromJson(const Json& json) {
    const ObjectReader reader(json, "");
    TRIMTAB_REQUIRE(reader.checkKeys({"prune", "weights", "activations", "kv_cache", "compute", "transposes", "rules"}));
    Recipe recipe;
    TRIMTAB_TRY(recipe.base, settingsFromJson(reader));
    TRIMTAB_REQUIRE(checkTogether(recipe.base, ""));
    if (reader.has("transposes")) {
        TRIMTAB_TRY(recipe.cancelsTransposes, cancelsFrom(reader.at("transposes"), reader.pathOf("transposes")));
    }
    if (reader.has("rules")) {
        const Json& rules = reader.at("rules");
        if (!rules.is_array()) return fail(ErrorCode::Refused, "rules must be a list, not " + shown(rules));
        if (rules.size() > kMostRules)
            return fail(ErrorCode::Refused, fmt::format("rules holds {} entries; at most {} are taken", rules.size(), kMostRules));
        for (std::size_t i = 0; i < rules.size(); ++i) {
            TRIMTAB_TRY(Rule rule, ruleFromJson(rules[i], fmt::format("rules[{}]", i)));
            recipe.rules.push_back(std::move(rule));
        }
    }
    return normalized(std::move(recipe));
}

Result<Recipe> parse(std::string_view text) {
    TRIMTAB_TRY(const Json json, base::parseJson(text, "recipe"));
    auto recipe = fromJson(json);
    if (!recipe && recipe.error().context.empty()) recipe.error().context = "recipe";
    return recipe;
}

Json toJson(const Recipe& recipe) {
    const Recipe plain = normalized(recipe);
    Json json = toJson(plain.base);
    if (plain.cancelsTransposes) json["transposes"] = "cancel";
    for (const Rule& rule : plain.rules) {
        Json entry = toJson(rule.settings);
        entry["match"] = toJson(rule.match);
        json["rules"].push_back(std::move(entry));
    }
    return json;
}

std::string canonical(const Recipe& recipe) { return base::dumpJson(toJson(recipe)); }

std::string hash(const Recipe& recipe) { return base::sha256(canonical(recipe)); }

}  // namespace trimtab::recipe
