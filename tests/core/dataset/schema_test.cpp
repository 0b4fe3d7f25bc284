// The schema that ships with the product and the reader know the same words.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "core/base/json.h"
#include "core/base/metric.h"
#include "core/dataset/manifest.h"

namespace trimtab::dataset {
namespace {

using base::Json;

const Json& schema() {
    static const Json document = *base::readJsonFile(TRIMTAB_SOURCE_DIR "/resources/schema/dataset.schema.json");
    return document;
}

/// A manifest of the task: of a field, or of prompts where the task is about these.
Json ofTask(const Json& task) {
    Json manifest = {{"format", "trimtab-dataset"}, {"version", 1}, {"task", task}};
    const bool isOfPrompts = task == "multiple-choice" || task == "text-generation";
    manifest[isOfPrompts ? "prompts" : "inputs"] = isOfPrompts ? Json{{"file", "a.jsonl"}} : Json{{"x", {{"file", "x.npy"}}}};
    return manifest;
}

bool isRead(const Json& manifest) { return parseManifest(manifest.dump(), "dataset.json").has_value(); }

TEST(DatasetSchema, NamesTheTasksAndMetricsThatAreRead) {
    for (const Json& task : schema()["properties"]["task"]["enum"]) {
        EXPECT_TRUE(isRead(ofTask(task))) << task;
    }
    const Json& metrics = schema()["properties"]["metric"]["enum"];
    for (const Json& metric : metrics) {
        Json manifest = ofTask("regression");
        manifest["metric"] = metric;
        EXPECT_TRUE(isRead(manifest)) << metric;
    }
    for (const auto& info : base::metrics())
        EXPECT_EQ(info.onDataset, std::find(metrics.begin(), metrics.end(), Json(info.name)) != metrics.end()) << info.name;
}

TEST(DatasetSchema, KnowsTheKeysThatAreRead) {
    const auto withMember = [](const Json::json_pointer& at, const std::string& key, const Json& value) {
        Json manifest = ofTask("regression");
        manifest[at][key] = value;
        return manifest;
    };
    const std::tuple<const char*, const char*, Json> values[] = {
        {"", "name", "a"}, {"", "target", {{"file", "y.npy"}}}, {"", "group", {{"file", "g.npy"}}}, {"", "blank", 1}, {"", "separator", 1},
        {"", "metric", "rmse"}, {"/inputs/x", "array", "a"}, {"/inputs/x", "channels", 1}, {"/inputs/x", "preprocess", Json::object()},
        {"/inputs/x/preprocess", "scale", 1}, {"/inputs/x/preprocess", "mean", 1}, {"/inputs/x/preprocess", "std", 1},
        {"/inputs/x/preprocess", "resize", {1, 1}}, {"/inputs/x/preprocess", "crop", {1, 1}}, {"/inputs/x/preprocess", "layout", "NCHW"},
        {"/inputs/x/preprocess", "stored", "NHWC"}, {"/inputs/x/preprocess", "length", 268435456}};
    std::set<std::string> root{"format", "version", "task", "inputs"}, field{"file"}, preprocess;
    for (const auto& [place, key, value] : values) {
        const std::string at = place;
        EXPECT_TRUE(isRead(withMember(Json::json_pointer(at), key, value))) << at << " " << key;
        (at.empty() ? root : at == "/inputs/x" ? field : preprocess).insert(key);
    }
    const auto keysOf = [](const Json& object) {
        std::set<std::string> keys;
        for (const auto& [key, value] : object["properties"].items()) keys.insert(key);
        return keys;
    };
    const auto withText = [](const Json& text) {
        Json manifest = ofTask("regression");
        manifest.erase("inputs");
        manifest["task"] = "language-model";
        manifest["text"] = text;
        return manifest;
    };
    root.insert("text");
    const Json text = {{"file", "a.txt"}, {"window", 16777216}, {"stride", 1}};
    EXPECT_TRUE(isRead(withText(text)));
    std::set<std::string> textKeys;
    for (const auto& [key, value] : text.items()) textKeys.insert(key);
    EXPECT_EQ(keysOf(schema()["properties"]["text"]), textKeys);
    root.insert("prompts");
    Json prompts = ofTask("text-generation");
    prompts["prompts"] = {{"file", "a.jsonl"}, {"delimiter", ""}, {"max_tokens", 1048576}, {"until_newline", true}};
    EXPECT_TRUE(isRead(prompts));
    std::set<std::string> promptKeys;
    for (const auto& [key, value] : prompts["prompts"].items()) promptKeys.insert(key);
    EXPECT_EQ(keysOf(schema()["properties"]["prompts"]), promptKeys);
    EXPECT_EQ(keysOf(schema()), root);
    EXPECT_EQ(keysOf(schema()["$defs"]["field"]), field);
    EXPECT_EQ(keysOf(schema()["$defs"]["preprocess"]), preprocess);
    EXPECT_FALSE(isRead(withMember(Json::json_pointer(""), "exec", "program")));
    EXPECT_FALSE(isRead(withMember(Json::json_pointer("/inputs/x/preprocess"), "length", 268435457)));
    EXPECT_FALSE(isRead(withMember(Json::json_pointer("/inputs/x/preprocess"), "length", "long")));
}

}  // namespace
}  // namespace trimtab::dataset
