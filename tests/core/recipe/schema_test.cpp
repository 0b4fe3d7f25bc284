// The schema that ships must admit what the reader admits field by field. A small checker of the few JSON Schema words that it uses stands
// here.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <regex>

#include <gtest/gtest.h>

#include "core/recipe/recipe.h"
#include "tests/core/recipe/random_recipe.h"

namespace trimtab::recipe {
namespace {

bool isA(const Json& value, const std::string& type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "number") return value.is_number();
    if (type == "integer") return value.is_number() && value.get<double>() == std::floor(value.get<double>());
    ADD_FAILURE() << "the checker does not know the type " << type;
    return false;
}

class Checker {
public:
    explicit Checker(const Json& document) : m_document(document) {}

    bool admits(const Json& value) const { return admits(value, m_document); }

private:
    bool admits(const Json& value, const Json& schema) const {
        for (const auto& [word, rule] : schema.items())
            if (!holds(value, schema, word, rule)) return false;
        return true;
    }

    bool holds(const Json& value, const Json& schema, const std::string& word, const Json& rule) const {
        if (word == "$ref") return admits(value, m_document.at(Json::json_pointer(rule.get<std::string>().substr(1))));
        if (word == "type") return isA(value, rule);
        if (word == "enum") return std::find(rule.begin(), rule.end(), value) != rule.end();
        if (word == "minimum") return !value.is_number() || value >= rule;
        if (word == "maximum") return !value.is_number() || value <= rule;
        if (word == "exclusiveMinimum") return !value.is_number() || value > rule;
        if (word == "pattern")
            return !value.is_string() || std::regex_search(value.get<std::string>(), std::regex(rule.get<std::string>()));
        if (word == "exclusiveMaximum") return !value.is_number() || value < rule;
        if (word == "minLength") return !value.is_string() || value.get<std::string>().size() >= rule.get<std::size_t>();
        if (word == "minItems") return !value.is_array() || value.size() >= rule.get<std::size_t>();
        if (word == "maxItems") return !value.is_array() || value.size() <= rule.get<std::size_t>();
        if (word == "minProperties") return !value.is_object() || value.size() >= rule.get<std::size_t>();
        if (word == "anyOf") return std::any_of(rule.begin(), rule.end(), [&](const Json& choice) { return admits(value, choice); });
        if (word == "items")
            return !value.is_array() || std::all_of(value.begin(), value.end(), [&](const Json& entry) { return admits(entry, rule); });
        if (word == "required")
            return !value.is_object() ||
                   std::all_of(rule.begin(), rule.end(), [&](const Json& key) { return value.contains(key.get<std::string>()); });
        if (word == "properties") return holdsForMembers(value, rule);
        if (word == "additionalProperties") return rule != false || onlyKnownKeys(value, schema.at("properties"));
        EXPECT_TRUE(word == "description" || word == "default" || word == "title" || word == "$schema" || word == "$defs") << word;
        return true;
    }

    bool holdsForMembers(const Json& value, const Json& properties) const {
        if (!value.is_object()) return true;
        for (const auto& [key, member] : value.items())
            if (properties.contains(key) && !admits(member, properties.at(key))) return false;
        return true;
    }

    static bool onlyKnownKeys(const Json& value, const Json& properties) {
        if (!value.is_object()) return true;
        for (const auto& [key, member] : value.items())
            if (!properties.contains(key)) return false;
        return true;
    }

    const Json& m_document;
};

const Json& schema() {
    static const Json document = *base::readJsonFile(TRIMTAB_SOURCE_DIR "/resources/schema/recipe.schema.json");
    return document;
}

TEST(RecipeSchema, AdmitsEveryRecipeThatIsWritten) {
    const Checker checker(schema());
    for (std::uint64_t seed = 1; seed <= 300; ++seed)
        EXPECT_TRUE(checker.admits(toJson(randomRecipe(seed)))) << canonical(randomRecipe(seed));
}

// One value at a time is put in place of a good one: schema and reader must judge alike.
TEST(RecipeSchema, JudgesEachFieldAsTheReaderDoes) {
    const Checker checker(schema());
    const Json values[] = {-2,
                           -1,
                           0,
                           0.5,
                           1,
                           2,
                           3,
                           4,
                           5,
                           6,
                           7,
                           8,
                           9,
                           16,
                           32,
                           64,
                           4.5,
                           2147483648,
                           2147483649,
                           1e300,
                           "",
                           "int",
                           "bf16",
                           "fp16",
                           "fp32",
                           "int8",
                           "tf32",
                           "fp8",
                           "magnitude",
                           "unstructured",
                           "2:4",
                           "4:4x",
                           "block 4x1",
                           "block 4",
                           "rows",
                           "wanda",
                           "sparsegpt",
                           "layer",
                           "global",
                           "symmetric",
                           "asymmetric",
                           "rtn",
                           "gptq",
                           "awq+gptq",
                           "gptq+awq",
                           "smoothquant",
                           "hqq",
                           "dynamic",
                           "static",
                           true,
                           nullptr,
                           Json::array(),
                           Json::array({0, 1}),
                           Json::array({1, 0, 2}),
                           Json::object()};
    const Json good = {
        {"prune", {{"ratio", 0.5}, {"method", "magnitude"}, {"pattern", "unstructured"}, {"scope", "layer"}, {"reconstruct", false}}},
        {"weights",
         {{"bits", 8},
          {"group", 0},
          {"scheme", "symmetric"},
          {"method", "smoothquant+gptq"},
          {"alpha", 0.5},
          {"damping", 0.01},
          {"act_order", false}}},
        {"activations", {{"bits", 8}, {"mode", "dynamic"}}},
        {"compute", "int8"},
        {"rules",
         Json::array({{{"match", {{"name", "*"}, {"op", "Conv"}, {"block", {0, 1}}}},
                       {"compute", "fp32"},
                       {"activations", {{"bits", 32}}},
                       {"prune", {{"ratio", 0.5}, {"method", "random"}, {"seed", 1}}},
                       {"weights", {{"bits", 8}, {"method", "rtn"}}}}})}};
    ASSERT_TRUE(checker.admits(good));
    ASSERT_TRUE(fromJson(good)) << fromJson(good).error().text();
    int compared = 0;
    const Json places = good.flatten();
    for (const auto& [place, old] : places.items()) {
        for (const Json& value : values) {
            Json changed = good;
            changed[Json::json_pointer(place)] = value;
            const auto read = fromJson(changed);
            // What is wrong only beside its neighbours is beyond the schema, as its own description says.
            const bool together = !read && (read.error().message.find("multiplies") != std::string::npos ||
                                            read.error().message.find("meaning") != std::string::npos ||
                                            read.error().message.find("first <= last") != std::string::npos);
            if (together) continue;
            EXPECT_EQ(checker.admits(changed), read.has_value())
                << place << " = " << value << ": " << (read ? "read" : read.error().text());
            ++compared;
        }
    }
    EXPECT_GT(compared, 400);
}

TEST(RecipeSchema, KnowsNoOtherKeysThanTheReader) {
    const Checker checker(schema());
    for (const char* place : {"/x", "/prune/x", "/weights/x", "/activations/x", "/rules/0/x", "/rules/0/match/x"}) {
        Json json = {{"prune", {{"ratio", 0.5}}}, {"weights", {{"bits", 4}}}, {"activations", {{"bits", 32}}},
                     {"rules", Json::array({{{"match", {{"op", "Conv"}}}, {"compute", "bf16"}}})}};
        ASSERT_TRUE(checker.admits(json) && fromJson(json));
        json[Json::json_pointer(place)] = 1;
        EXPECT_FALSE(checker.admits(json)) << place;
        EXPECT_FALSE(fromJson(json)) << place;
    }
}

TEST(RecipePresets, AllReadAndAreAdmittedBySchema) {
    const Checker checker(schema());
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(TRIMTAB_SOURCE_DIR "/resources/recipes")) {
        const auto json = base::readJsonFile(entry.path().string());
        ASSERT_TRUE(json) << json.error().text();
        EXPECT_TRUE(checker.admits(*json)) << entry.path();
        const auto recipe = fromJson(*json);
        ASSERT_TRUE(recipe) << entry.path() << ": " << recipe.error().text();
        EXPECT_FALSE(recipe->isIdentity());
        ++count;
    }
    EXPECT_GE(count, 5);
}

}  // namespace
}  // namespace trimtab::recipe
