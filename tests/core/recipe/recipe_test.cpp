#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/hash.h"
#include "core/recipe/fields.h"
#include "core/recipe/recipe.h"
#include "tests/core/recipe/random_recipe.h"

namespace trimtab::recipe {
namespace {

using testing::HasSubstr;

std::string refusalOf(const std::string& text) {
    const auto recipe = parse(text);
    if (recipe) return "accepted: " + canonical(*recipe);
    EXPECT_EQ(recipe.error().code, ErrorCode::Refused) << text;
    return recipe.error().text();
}

TEST(Recipe, CanonicalFormReadsBackAsTheSameRecipe) {
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        const Recipe recipe = randomRecipe(seed);
        const auto again = parse(canonical(recipe));
        ASSERT_TRUE(again) << canonical(recipe) << ": " << again.error().text();
        EXPECT_EQ(*again, normalized(recipe)) << canonical(recipe);
        EXPECT_EQ(canonical(*again), canonical(recipe));
        EXPECT_TRUE(check(recipe));
    }
}

TEST(Recipe, HashDoesNotDependOnTheOrderOfKeysNorOnWrittenDefaults) {
    const auto a = parse(R"({"weights": {"bits": 4, "group": 32}, "prune": {"ratio": 0.5}})");
    const auto b =
        parse(R"({"prune": {"ratio": 5e-1, "scope": "layer", "method": "magnitude"}, "compute": "fp32", "activations": {"bits": 32},
                 "weights": {"scheme": "symmetric", "format": "int", "group": 32.0, "method": "rtn", "bits": 4}, "rules": []})");
    ASSERT_TRUE(a && b);
    EXPECT_EQ(hash(*a), hash(*b));
    EXPECT_EQ(canonical(*a), R"({"prune":{"ratio":0.5},"weights":{"bits":4,"group":32}})");
}

TEST(Recipe, DifferentRecipesHaveDifferentHashes) {
    std::map<std::string, std::string> seen;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        const Recipe recipe = randomRecipe(seed);
        const auto [entry, fresh] = seen.emplace(hash(recipe), canonical(recipe));
        EXPECT_EQ(entry->second, canonical(recipe));
    }
}

TEST(Recipe, TheIdentityIsAnEmptyObject) {
    EXPECT_TRUE(Recipe{}.isIdentity());
    EXPECT_EQ(canonical({}), "{}");
    EXPECT_EQ(hash({}), base::sha256("{}"));
    EXPECT_EQ(summary({}), "as is");
    const auto spelledOut = parse(R"({"weights": {"bits": 32}, "prune": {"ratio": 0}, "compute": "fp32"})");
    ASSERT_TRUE(spelledOut);
    EXPECT_TRUE(spelledOut->isIdentity());
    EXPECT_EQ(*spelledOut, Recipe{});
}

TEST(Recipe, CancellingTransposesIsAskedOfTheWholeGraph) {
    const auto recipe = parse(R"({"transposes": "cancel"})");
    ASSERT_TRUE(recipe) << recipe.error().text();
    EXPECT_TRUE(recipe->cancelsTransposes);
    EXPECT_FALSE(recipe->isIdentity());
    EXPECT_FALSE(recipe->needsCalibration());
    EXPECT_EQ(canonical(*recipe), R"({"transposes":"cancel"})");
    EXPECT_EQ(summary(*recipe), "transposes cancelled");
    EXPECT_EQ(canonical(*parse(R"({"transposes": "keep"})")), "{}");
    Recipe byAxis;
    ASSERT_TRUE(setAxis(byAxis, "transposes", "cancel"));
    EXPECT_EQ(byAxis, *recipe);
    ASSERT_TRUE(setAxis(byAxis, "transposes", "keep"));
    EXPECT_EQ(byAxis, Recipe{});
}

constexpr std::pair<const char*, const char*> kRefusals[] = {
    {R"({"transposes": "drop"})", "transposes"},
    {R"({"transposes": true})", "transposes"},
    {R"({"rules": [{"match": {"op": "Relu"}, "transposes": "cancel"}]})", "rules[0].transposes"},
    {R"({"wieghts": {"bits": 4}})", "wieghts"},
    {R"({"weights": {"bit": 4}})", "weights.bits"},
    {R"({"weights": {"bits": 4, "grup": 1}})", "weights.grup"},
    {R"({"weights": {"bits": 9}})", "weights.bits"},
    {R"({"weights": {"bits": 1}})", "weights.bits"},
    {R"({"weights": {"bits": 4.5}})", "weights.bits"},
    {R"({"weights": {"bits": "4"}})", "weights.bits"},
    {R"({"weights": {"bits": null}})", "weights.bits"},
    {R"({"weights": 4})", "weights"},
    {R"({"weights": {"bits": 4, "group": -2}})", "weights.group"},
    {R"({"weights": {"bits": 4, "group": 99999999999}})", "weights.group"},
    {R"({"weights": {"bits": 4, "group": 18446744073709551615}})", "weights.group"},
    {R"({"weights": {"bits": 4, "scheme": "odd"}})", "weights.scheme"},
    {R"({"weights": {"bits": 4, "method": "best"}})", "weights.method"},
    {R"({"weights": {"bits": 4, "method": "gptq+awq"}})", "say \"awq+gptq\""},
    {R"({"weights": {"bits": 4, "method": "awq+smoothquant"}})", "weights.method"},
    {R"({"weights": {"bits": 16, "method": "gptq"}})", "weights.method"},
    {R"({"weights": {"bits": 4, "method": "gptq", "damping": 0}})", "weights.damping"},
    {R"({"weights": {"bits": 4, "method": "gptq", "act_order": 1}})", "weights.act_order"},
    {R"({"weights": {"bits": 8, "method": "smoothquant", "alpha": 1}})", "weights.alpha"},
    {R"({"weights": {"bits": 16, "format": "int"}})", "weights.format"},
    {R"({"weights": {"bits": 4, "format": "bf16"}})", "weights.format"},
    {R"({"weights": {"bits": 16, "group": 32}})", "weights.group"},
    {R"({"weights": {"bits": 16, "scheme": "asymmetric"}})", "weights.scheme"},
    {R"({"prune": {}})", "prune.ratio"},
    {R"({"prune": {"ratio": 1}})", "prune.ratio"},
    {R"({"prune": {"ratio": -0.1}})", "prune.ratio"},
    {R"({"prune": {"ratio": true}})", "prune.ratio"},
    {R"({"prune": {"ratio": 0.5, "pattern": "2 of 4"}})", "prune.pattern"},
    {R"({"prune": {"pattern": "4:4"}})", "keeps everything"},
    {R"({"prune": {"ratio": 0.4, "pattern": "2:4"}})", "prune.ratio must be 0.5"},
    {R"({"prune": {"pattern": "rows"}})", "prune.ratio"},
    {R"({"prune": {"ratio": 0.5, "pattern": "rows", "method": "sparsegpt"}})", "prune.method"},
    {R"({"prune": {"ratio": 0.5, "method": "wanda", "scope": "global"}})", "prune.scope"},
    {R"({"prune": {"ratio": 0.5, "seed": -1}})", "prune.seed"},
    {R"({"prune": {"ratio": 0.5, "scope": "model"}})", "prune.scope"},
    {R"({"prune": {"ratio": 0.5, "pattern": "neurons", "reconstruct": 1}})", "prune.reconstruct"},
    {R"({"prune": {"ratio": 0.5, "reconstruct": true}})", "prune.reconstruct has a meaning for the patterns channels, neurons and heads"},
    {R"({"prune": {"ratio": 0.5, "pattern": "blocks", "reconstruct": true}})", "prune.reconstruct"},
    {R"({"activations": {"bits": 4}})", "activations.bits"},
    {R"({"activations": {"bits": 8, "mode": "frozen"}})", "activations.mode"},
    {R"({"activations": {"bits": 8, "mode": "static", "granularity": "token"}, "weights": {"bits": 8}, "compute": "int8"})",
     "activations.granularity"},
    {R"({"activations": {"bits": 8, "mode": "static", "granularity": "group"}, "weights": {"bits": 8}, "compute": "int8"})",
     "activations.granularity"},
    {R"({"activations": {"bits": 8, "granularity": "token"}, "weights": {"bits": 4}, "compute": "int8"})",
     "activations.granularity \"group\""},
    {R"({"activations": {"bits": 8, "granularity": "group"}, "weights": {"bits": 16}, "compute": "int8"})", "weights.bits"},
    {R"({"activations": {"bits": 8, "granularity": "group"}, "weights": {"bits": 4, "format": "nf4"}, "compute": "int8"})",
     "weights.format"},
    {R"({"activations": {"bits": 8, "calibrator": "median"}})", "activations.calibrator"},
    {R"({"activations": {"bits": 8, "percentile": 50}})", "activations.percentile"},
    {R"({"weights": {"bits": 4, "format": "fp8_e4m3"}})", "weights.format"},
    {R"({"weights": {"bits": 4, "format": "mxfp4", "group": 64}})", "weights.group"},
    {R"({"weights": {"bits": 4, "format": "nf4", "scheme": "asymmetric"}})", "weights.scheme"},
    {R"({"weights": {"bits": 4, "format": "nf4", "method": "hqq"}})", "weights.method"},
    {R"({"prune": {"ratio": 0.5, "method": "taylor"}})", "prune.method"},
    {R"({"prune": {"ratio": 0.5, "method": "wanda", "pattern": "heads"}})", "prune.method"},
    {R"({"compute": "fp64"})", "compute"},
    {R"({"compute": 8})", "compute"},
    {R"({"kv_cache": {"bits": 6}})", "kv_cache.bits"},
    {R"({"kv_cache": {"bits": 8, "granularity": "layer"}})", "kv_cache.granularity"},
    {R"({"kv_cache": {}})", "kv_cache.bits"},
    {R"({"rules": {}})", "rules"},
    {R"({"rules": [{"weights": {"bits": 8}}]})", "rules[0].match"},
    {R"({"rules": [{"match": {}, "weights": {"bits": 8}}]})", "rules[0].match"},
    {R"({"rules": [{"match": {"op": "Conv"}}]})", "rules[0]"},
    {R"({"rules": [{"match": {"op": ""}, "compute": "bf16"}]})", "rules[0].match.op"},
    {R"({"rules": [{"match": {"layer": 1}, "compute": "bf16"}]})", "rules[0].match.layer"},
    {R"({"rules": [{"match": {"block": [3, 1]}, "compute": "bf16"}]})", "rules[0].match.block"},
    {R"({"rules": [{"match": {"block": [1]}, "compute": "bf16"}]})", "rules[0].match.block"},
    {R"({"rules": [{"match": {"block": -1}, "compute": "bf16"}]})", "rules[0].match.block"},
    {R"({"rules": [{"match": {"op": "Conv"}, "weights": {"bits": 99}}]})", "rules[0].weights.bits"},
    {R"([])", "document"},
    {R"({"weights": {"bits": 4}, "weights": {"bits": 8}})", "weights"},
};

TEST(Recipe, EveryRefusalNamesItsField) {
    for (const auto& [text, field] : kRefusals) EXPECT_THAT(refusalOf(text), HasSubstr(field)) << text;
}

TEST(Recipe, CombinationsWithoutMeaningAreRefusedWithTheirReason) {
    EXPECT_THAT(refusalOf(R"({"compute": "int8"})"), HasSubstr("weights.bits must be 8"));
    EXPECT_THAT(refusalOf(R"({"compute": "int8", "weights": {"bits": 4}, "activations": {"bits": 8}})"),
                HasSubstr("weights.bits must be 8, not 4"));
    EXPECT_THAT(refusalOf(R"({"compute": "int8", "weights": {"bits": 8}})"), HasSubstr("activations.bits must be 8"));
    EXPECT_THAT(refusalOf(R"({"compute": "int8", "weights": {"bits": 8, "group": 32}, "activations": {"bits": 8}})"),
                HasSubstr("weights.group must be 0"));
    EXPECT_THAT(refusalOf(R"({"compute": "int8", "weights": {"bits": 8, "scheme": "asymmetric"}, "activations": {"bits": 8}})"),
                HasSubstr("weights.scheme"));
    EXPECT_THAT(refusalOf(R"({"activations": {"bits": 8}, "weights": {"bits": 8}})"), HasSubstr("compute = int8"));
    EXPECT_THAT(refusalOf(R"({"activations": {"bits": 8}, "compute": "bf16"})"), HasSubstr("bf16"));
    EXPECT_THAT(refusalOf(R"({"activations": {"bits": 8}, "compute": "fp8"})"), HasSubstr("fp8"));
}

TEST(Recipe, APatternOfNInMSaysItsRatioItself) {
    EXPECT_EQ(canonical(*parse(R"({"prune": {"pattern": "2:4"}})")), canonical(*parse(R"({"prune": {"ratio": 0.5, "pattern": "2:4"}})")));
    Recipe recipe;
    EXPECT_TRUE(setAxis(recipe, "prune.pattern", "1:4"));
    EXPECT_EQ(recipe.base.prune->ratio, 0.75);
    EXPECT_EQ(summary(recipe), "prune 1:4");
}

TEST(Recipe, SettingsOfAMethodThatIsNotUsedAreRefusedByName) {
    const std::pair<const char*, const char*> cases[] = {
        {R"({"weights": {"bits": 4, "alpha": 0.7}})", "weights.alpha has a meaning only with method smoothquant, not with \"rtn\""},
        {R"({"weights": {"bits": 4, "method": "awq", "alpha": 0.5}})", "weights.alpha"},
        {R"({"weights": {"bits": 4, "act_order": true}})", "weights.act_order has a meaning only with method gptq"},
        {R"({"weights": {"bits": 4, "act_order": false}})", "weights.act_order"},
        {R"({"weights": {"bits": 4, "method": "awq+mse", "damping": 0.1}})", "weights.damping"},
        {R"({"weights": {"bits": 4, "method": "smoothquant", "static_groups": true}})", "weights.static_groups"},
        {R"({"prune": {"ratio": 0.5, "seed": 3}})", "prune.seed has a meaning only with method random, not with \"magnitude\""},
        {R"({"prune": {"seed": 3, "pattern": "2:4", "method": "wanda"}})", "prune.seed"},
        {R"({"compute": "int8", "weights": {"bits": 8}, "activations": {"bits": 8, "calibrator": "entropy"}})",
         "activations.calibrator has a meaning only with mode static, not with \"dynamic\""},
        {R"({"compute": "int8", "weights": {"bits": 8}, "activations": {"bits": 8, "percentile": 99}})", "activations.percentile"},
        {R"({"compute": "int8", "weights": {"bits": 8},
             "activations": {"bits": 8, "mode": "static", "calibrator": "mse", "percentile": 99}})",
         "activations.percentile has a meaning only with calibrator percentile, not with \"mse\""},
        {R"({"rules": [{"match": {"op": "Conv"}, "weights": {"bits": 4, "alpha": 0.7}}]})", "rules[0].weights.alpha"},
    };
    for (const auto& [text, reason] : cases) EXPECT_THAT(refusalOf(text), HasSubstr(reason)) << text;
    for (const char* text :
         {R"({"weights": {"bits": 4, "act_order": true, "damping": 0.1, "static_groups": true, "method": "awq+gptq"}})",
          R"({"weights": {"alpha": 0.7, "bits": 8, "method": "smoothquant+gptq"}})",
          R"({"prune": {"method": "random", "ratio": 0.5, "seed": 3}})",
          R"({"compute": "int8", "weights": {"bits": 8},
              "activations": {"bits": 8, "calibrator": "percentile", "mode": "static", "percentile": 99}})"})
        EXPECT_TRUE(parse(text)) << refusalOf(text);
}

TEST(Recipe, SettingsOfAMethodThatIsNotUsedChangeNothingInMemory) {
    Recipe recipe;
    for (const auto& [path, value] :
         {std::pair<const char*, Json>("weights.bits", 4), {"weights.alpha", 0.7}, {"weights.damping", 0.1}, {"weights.act_order", true}})
        ASSERT_TRUE(setAxis(recipe, path, value));
    EXPECT_EQ(canonical(recipe), R"({"weights":{"bits":4}})") << "axes may cross what does not go together";
    EXPECT_TRUE(check(recipe));
}

TEST(Recipe, RoundingToNearestNeedNotBeNamedBehindARescaling) {
    EXPECT_EQ(canonical(*parse(R"({"weights": {"bits": 4, "method": "awq+rtn"}})")), R"({"weights":{"bits":4,"method":"awq"}})");
}

TEST(Recipe, KnowsWhetherItLooksAtActivations) {
    for (const char* text : {R"({"weights": {"bits": 4, "method": "gptq"}})", R"({"weights": {"bits": 8, "method": "smoothquant"}})",
                             R"({"prune": {"ratio": 0.5, "method": "wanda"}})",
                             R"({"rules": [{"match": {"op": "Conv"}, "weights": {"bits": 4, "method": "awq+mse"}}]})"})
        EXPECT_TRUE(parse(text)->needsCalibration()) << text;
    for (const char* text :
         {R"({"compute": "int8", "weights": {"bits": 8}, "activations": {"bits": 8, "mode": "static"}})",
          R"({"prune": {"ratio": 0.5, "pattern": "heads", "method": "taylor"}})", R"({"prune": {"ratio": 0.5, "scope": "sensitivity"}})",
          R"({"prune": {"ratio": 0.5, "pattern": "channels", "reconstruct": true}})"})
        EXPECT_TRUE(parse(text)->needsCalibration()) << text;
    for (const char* text : {"{}", R"({"weights": {"bits": 4, "method": "mse"}, "prune": {"ratio": 0.5}})", R"({"kv_cache": {"bits": 4}})",
                             R"({"prune": {"ratio": 0.5, "pattern": "channels"}})"})
        EXPECT_FALSE(parse(text)->needsCalibration()) << text;
}

TEST(Recipe, TooManyRulesAreRefused) {
    Json json;
    for (int i = 0; i < 4097; ++i) json["rules"].push_back({{"match", {{"op", "Conv"}}}, {"compute", "bf16"}});
    const auto recipe = fromJson(json);
    ASSERT_FALSE(recipe);
    EXPECT_THAT(recipe.error().message, HasSubstr("4097"));
}

TEST(Recipe, SummariesAreShortAndSayWhatMatters) {
    const auto of = [](const char* text) { return summary(*parse(text)); };
    EXPECT_EQ(of(R"({"weights": {"bits": 4, "group": 32}, "prune": {"ratio": 0.5}, "compute": "bf16"})"), "int4 g32 · prune 50 % · bf16");
    EXPECT_EQ(of(R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8"})"), "int8 × int8");
    EXPECT_EQ(of(R"({"weights": {"bits": 4, "group": 32}, "activations": {"bits": 8, "granularity": "group"}, "compute": "int8"})"),
              "int4 × int8 g32 by groups");
    EXPECT_EQ(of(R"({"activations": {"bits": 8, "granularity": "group"}, "compute": "int8"})"), "own codes × int8 by groups");
    EXPECT_EQ(of(R"({"weights": {"bits": 16, "format": "fp16"}})"), "fp16 weights");
    EXPECT_EQ(of(R"({"compute": "tf32"})"), "tf32");
    EXPECT_EQ(of(R"({"weights": {"bits": 4, "format": "nf4", "group": 64}, "kv_cache": {"bits": 4, "granularity": "channel"}})"),
              "nf4 g64 · kv4 per channel");
    EXPECT_EQ(of(R"({"weights": {"bits": 8}, "activations": {"bits": 8, "mode": "static", "calibrator": "mse"}, "compute": "int8"})"),
              "int8 × int8 static mse");
    EXPECT_EQ(of(R"({"prune": {"ratio": 0.25, "pattern": "heads", "method": "taylor"}})"), "prune 25 % heads taylor");
    EXPECT_EQ(of(R"({"prune": {"ratio": 0.3, "pattern": "neurons", "method": "taylor", "reconstruct": true}})"),
              "prune 30 % neurons taylor, reconstructed");
    EXPECT_EQ(of(R"({"weights": {"bits": 16}, "compute": "fp8"})"), "bf16 weights · fp8");
    EXPECT_EQ(of(R"({"weights": {"bits": 3, "scheme": "asymmetric", "group": -1}})"), "int3 per tensor asym");
    EXPECT_EQ(of(R"({"prune": {"ratio": 0.125, "scope": "global"}, "rules": [{"match": {"op": "Conv"}, "prune": {"ratio": 0}}]})"),
              "prune 12.5 % global · 1 rule");
}

TEST(RecipeAxis, SetsOneValueInTheBase) {
    Recipe recipe;
    EXPECT_TRUE(setAxis(recipe, "weights.group", 32));
    EXPECT_TRUE(setAxis(recipe, "weights.bits", 4));
    EXPECT_TRUE(setAxis(recipe, "prune.ratio", 0.25));
    EXPECT_TRUE(setAxis(recipe, "compute", "bf16"));
    EXPECT_EQ(canonical(recipe), R"({"compute":"bf16","prune":{"ratio":0.25},"weights":{"bits":4,"group":32}})");
    EXPECT_TRUE(setAxis(recipe, "weights.bits", 32));
    EXPECT_TRUE(setAxis(recipe, "prune.ratio", 0));
    EXPECT_TRUE(setAxis(recipe, "compute", "fp32"));
    EXPECT_EQ(recipe, Recipe{});
}

TEST(RecipeAxis, SixteenBitsAreBfloatUnlessTheFormatWasGiven) {
    Recipe recipe;
    EXPECT_TRUE(setAxis(recipe, "weights.bits", 16));
    EXPECT_EQ(recipe.base.weights->format, "bf16");
    EXPECT_TRUE(setAxis(recipe, "weights.format", "fp16"));
    EXPECT_TRUE(setAxis(recipe, "weights.bits", 16));
    EXPECT_EQ(recipe.base.weights->format, "fp16");
    EXPECT_TRUE(setAxis(recipe, "weights.bits", 4));
    EXPECT_EQ(recipe.base.weights->format, "int");
}

TEST(RecipeAxis, IsUsedWhereTheReaderWouldTakeIt) {
    Recipe recipe = *parse(R"({"weights": {"bits": 4, "method": "gptq"}})");
    EXPECT_TRUE(checkAxisUsed(recipe, "weights.damping"));
    EXPECT_TRUE(checkAxisUsed(recipe, "compute"));
    EXPECT_TRUE(checkAxisUsed(recipe, "prune.ratio")) << "to say 0 is to leave it out";
    EXPECT_THAT(checkAxisUsed(recipe, "weights.alpha").error().message,
                HasSubstr("weights.alpha has a meaning only with method smoothquant"));
    for (const char* path : {"prune.scope", "activations.mode", "kv_cache.granularity"})
        EXPECT_THAT(checkAxisUsed(recipe, path).error().message, HasSubstr(path));
}

TEST(RecipeAxis, RefusesUnknownPathsAndValuesByName) {
    Recipe recipe;
    for (const char* path : {"weight.bits", "weights", "weights.", "weights.bit", "prune", "computes", "", "rules", "run.batch"}) {
        const Status status = setAxis(recipe, path, 4);
        ASSERT_FALSE(status) << path;
        EXPECT_EQ(status.error().code, ErrorCode::Refused);
        EXPECT_THAT(status.error().message, HasSubstr(path));
    }
    EXPECT_FALSE(setAxis(recipe, "weights.bits", 64));
    EXPECT_FALSE(setAxis(recipe, "weights.bits", "int4"));
    EXPECT_FALSE(setAxis(recipe, "compute", "fp64"));
    EXPECT_EQ(recipe, Recipe{});
}

}  // namespace
}  // namespace trimtab::recipe
