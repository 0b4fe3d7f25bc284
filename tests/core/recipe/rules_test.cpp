#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/recipe/recipe.h"

namespace trimtab::recipe {
namespace {

graph::Node nodeNamed(std::string name, std::string op = "MatMul", std::vector<std::string> origins = {}) {
    graph::Node node;
    node.name = std::move(name);
    node.op = std::move(op);
    node.origins = std::move(origins);
    return node;
}

// The definition, word for word; exponential, so for short texts only.
bool globByDefinition(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern.front() == '*')
        return globByDefinition(pattern.substr(1), text) || (!text.empty() && globByDefinition(pattern, text.substr(1)));
    return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
           globByDefinition(pattern.substr(1), text.substr(1));
}

TEST(RecipeRules, GlobsFollowTheirDefinition) {
    base::Random random(7);
    const auto word = [&](std::string_view letters, std::uint64_t longest) {
        std::string text;
        for (std::uint64_t i = random.below(longest + 1); i > 0; --i) text += letters[random.below(letters.size())];
        return text;
    };
    for (int i = 0; i < 20000; ++i) {
        const std::string pattern = word("ab*?", 6);
        const std::string text = word("ab", 8);
        EXPECT_EQ(globMatches(pattern, text), globByDefinition(pattern, text)) << pattern << " " << text;
    }
}

TEST(RecipeRules, AHostileGlobAnswersAtOnce) {
    std::string pattern;
    for (int i = 0; i < 2000; ++i) pattern += "*a";
    EXPECT_FALSE(globMatches(pattern + "b", std::string(4000, 'a')));
}

TEST(RecipeRules, BlockIsTheFirstNumberInThePath) {
    EXPECT_EQ(blockIndex(nodeNamed("/layers.3/mlp/MatMul")), 3);
    EXPECT_EQ(blockIndex(nodeNamed("blocks/12/attn.7")), 12);
    EXPECT_EQ(blockIndex(nodeNamed("MatMul_5")), std::nullopt);
    EXPECT_EQ(blockIndex(nodeNamed("a/-1/2")), 2);
    EXPECT_EQ(blockIndex(nodeNamed("a/99999999999999999999/4")), 4);
    EXPECT_EQ(blockIndex(nodeNamed("")), std::nullopt);
    EXPECT_EQ(blockIndex(nodeNamed("fused", "MatMul", {"x", "/h.2/y"})), 2);
}

TEST(RecipeRules, AllConditionsOfAMatchMustHold) {
    const NodeMatch match{"*mlp*", "MatMul", std::pair{1, 2}};
    EXPECT_TRUE(matches(match, nodeNamed("/layers.1/mlp/up")));
    EXPECT_FALSE(matches(match, nodeNamed("/layers.3/mlp/up")));
    EXPECT_FALSE(matches(match, nodeNamed("/layers.1/attn/up")));
    EXPECT_FALSE(matches(match, nodeNamed("/layers.1/mlp/up", "Conv")));
    EXPECT_TRUE(matches(match, nodeNamed("/layers.1/mlp/up", "FusedMatMul"))) << "a fused operator answers to what it grew from";
    EXPECT_TRUE(matches(match, nodeNamed("/layers.1/x", "MatMul", {"/layers.1/mlp/gate"}))) << "and to the names it came from";
}

TEST(RecipeRules, TheLastMatchWinsKeyByKey) {
    const auto recipe = parse(R"({"weights": {"bits": 4, "group": 32}, "prune": {"ratio": 0.5}, "rules": [
        {"match": {"op": "MatMul"}, "weights": {"bits": 8}},
        {"match": {"name": "*head*"}, "prune": {"ratio": 0}, "compute": "bf16"},
        {"match": {"name": "*head*"}, "weights": {"bits": 6}}]})");
    ASSERT_TRUE(recipe) << recipe.error().text();
    const auto other = settingsFor(*recipe, nodeNamed("conv", "Conv"));
    EXPECT_EQ(other->weights->bits, 4);
    EXPECT_EQ(other->weights->group, 32);
    const auto plain = settingsFor(*recipe, nodeNamed("body"));
    EXPECT_EQ(plain->weights->bits, 8);
    EXPECT_EQ(plain->weights->group, 0) << "a rule's part replaces the part whole";
    EXPECT_EQ(plain->prune->ratio, 0.5);
    const auto head = settingsFor(*recipe, nodeNamed("lm_head"));
    EXPECT_EQ(head->weights->bits, 6);
    EXPECT_FALSE(head->prune) << "a ratio of 0 undoes the base";
    EXPECT_EQ(head->compute, graph::ComputeType::BFloat16);
}

TEST(RecipeRules, ARuleThatBreaksTheBaseIsRefusedAtTheNode) {
    const auto recipe = parse(R"({"compute": "int8", "weights": {"bits": 8}, "activations": {"bits": 8},
        "rules": [{"match": {"name": "head"}, "weights": {"bits": 4}},
                  {"match": {"name": "tail"}, "weights": {"bits": 4}, "activations": {"bits": 32}, "compute": "fp32"}]})");
    ASSERT_TRUE(recipe) << recipe.error().text();
    const auto head = settingsFor(*recipe, nodeNamed("head"));
    ASSERT_FALSE(head);
    EXPECT_THAT(head.error().text(),
                testing::AllOf(testing::HasSubstr("head"), testing::HasSubstr("rules[0]"), testing::HasSubstr("weights.bits must be 8")));
    const auto tail = settingsFor(*recipe, nodeNamed("tail"));
    ASSERT_TRUE(tail) << tail.error().text();
    EXPECT_EQ(tail->weights->bits, 4);
    EXPECT_FALSE(tail->compute || tail->activations);
}

}  // namespace
}  // namespace trimtab::recipe
