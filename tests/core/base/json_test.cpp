#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json.h"

namespace trimtab::base {
namespace {

using testing::HasSubstr;

TEST(Json, ReadsEveryKindOfValue) {
    const auto json = parseJson(R"({"a": [1, -2, 3.5, true, null, "x"], "b": {"c": {}}, "d": []})", "test");
    ASSERT_TRUE(json) << json.error().text();
    EXPECT_EQ(*json, Json::parse(R"({"a": [1, -2, 3.5, true, null, "x"], "b": {"c": {}}, "d": []})"));
}

TEST(Json, NestedContainersKeepTheirPlacesWhileTheyGrow) {
    std::string text = "[";
    for (int i = 0; i < 50; ++i) text += (i ? "," : "") + std::string(R"({"k":[[1],[2,{"z":3}]]})");
    const auto json = parseJson(text + "]", "test");
    ASSERT_TRUE(json);
    EXPECT_EQ(json->size(), 50U);
    EXPECT_EQ((*json)[49]["k"][1][1]["z"], 3);
}

TEST(Json, RefusesDuplicateKeysByName) {
    const auto json = parseJson(R"({"bits": 4, "bits": 8})", "recipe");
    ASSERT_FALSE(json);
    EXPECT_EQ(json.error().code, ErrorCode::Refused);
    EXPECT_THAT(json.error().text(), testing::AllOf(HasSubstr("recipe"), HasSubstr("bits")));
}

TEST(Json, RefusesNestingBeyondTheLimitInsteadOfRecursing) {
    const std::string deep = std::string(1000000, '[');
    const auto json = parseJson(deep, "test");
    ASSERT_FALSE(json);
    EXPECT_THAT(json.error().message, HasSubstr("nested deeper"));
}

TEST(Json, NamesThePositionOfASyntaxError) {
    const auto json = parseJson("{\"a\": 1,}", "test");
    ASSERT_FALSE(json);
    EXPECT_THAT(json.error().message, HasSubstr("byte 9"));
}

TEST(Json, WritesInvalidUtf8WithoutThrowing) { EXPECT_FALSE(dumpJson(Json(std::string("\xff\xfe"))).empty()); }

TEST(Json, TypedReadsNameTheKeyTheyMiss) {
    const Json object{{"n", 4.0}, {"half", 0.5}, {"word", "x"}};
    EXPECT_EQ(*integerAt(object, "n"), 4);
    EXPECT_EQ(*integerAt(object, "absent", 7), 7);
    EXPECT_THAT(integerAt(object, "half").error().message, HasSubstr("\"half\""));
    EXPECT_THAT(numberAt(object, "word").error().message, HasSubstr("\"word\""));
    EXPECT_THAT(stringAt(object, "absent").error().message, HasSubstr("missing"));
}

}  // namespace
}  // namespace trimtab::base
