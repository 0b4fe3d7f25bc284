#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/recipe/run_setting.h"

namespace trimtab::recipe {
namespace {

TEST(RunSetting, ReadsBackAsItWasWritten) {
    base::Random random(3);
    for (int i = 0; i < 200; ++i) {
        RunSetting setting;
        if (random.below(2) == 0) setting.batch = static_cast<std::int64_t>(random.below(64));
        if (random.below(2) == 0) setting.prompt = static_cast<std::int64_t>(1 + random.below(512));
        if (setting.prompt > 0 && random.below(2) == 0) setting.generate = static_cast<std::int64_t>(random.below(64));
        if (random.below(2) == 0) setting.shapes["in put"] = Shape{1, static_cast<std::int64_t>(random.below(9)), 32};
        if (random.below(2) == 0) setting.symbols["sequence"] = static_cast<std::int64_t>(random.below(128));
        if (random.below(2) == 0) setting.engine = "reference";
        if (random.below(2) == 0) setting.threads = static_cast<int>(random.below(8));
        if (random.below(2) == 0) setting.seed = random.next();
        const auto again = runSettingFromJson(*base::parseJson(canonical(setting), "run"));
        ASSERT_TRUE(again) << again.error().text();
        EXPECT_EQ(*again, setting) << canonical(setting);
    }
    EXPECT_EQ(canonical({}), "{}");
}

TEST(RunSetting, RefusalsNameTheirField) {
    const std::pair<const char*, const char*> cases[] = {{R"({"bacth": 1})", "run.bacth"},
                                                         {R"({"batch": -1})", "run.batch"},
                                                         {R"({"batch": "1"})", "run.batch"},
                                                         {R"({"threads": 5000})", "run.threads"},
                                                         {R"({"engine": "CPU; rm"})", "run.engine"},
                                                         {R"({"engine": 1})", "run.engine"},
                                                         {R"({"device": ""})", "run.device"},
                                                         {R"({"seed": -1})", "run.seed"},
                                                         {R"({"shapes": [1]})", "run.shapes"},
                                                         {R"({"shapes": {"x": [1, -2]}})", "run.shapes.x"},
                                                         {R"({"shapes": {"x": [4611686018427387904, 4]}})", "run.shapes.x"},
                                                         {R"({"symbols": {"n": 1e300}})", "run.symbols.n"},
                                                         {R"([])", "run"},
                                                         {R"({"prompt": -1})", "run.prompt"},
                                                         {R"({"generate": 4})", "run.prompt"},
                                                         {R"({"prompt": 4, "generate": 9999999})", "run.generate"}};
    for (const auto& [text, field] : cases) {
        const auto setting = runSettingFromJson(*base::parseJson(text, "run"));
        ASSERT_FALSE(setting) << text;
        EXPECT_EQ(setting.error().code, ErrorCode::Refused);
        EXPECT_THAT(setting.error().text(), testing::HasSubstr(field)) << text;
    }
}

TEST(RunSetting, AxesSetOneValue) {
    RunSetting setting;
    EXPECT_TRUE(setRunAxis(setting, "run.batch", 8));
    EXPECT_TRUE(setRunAxis(setting, "run.threads", 2));
    EXPECT_TRUE(setRunAxis(setting, "run.engine", "reference"));
    EXPECT_TRUE(setRunAxis(setting, "run.symbols.sequence", 64));
    EXPECT_TRUE(setRunAxis(setting, "run.prompt", 128));
    EXPECT_TRUE(setRunAxis(setting, "run.generate", 32));
    EXPECT_EQ(canonical(setting),
              R"({"batch":8,"engine":"reference","generate":32,"prompt":128,"symbols":{"sequence":64},"threads":2})");
    for (const char* path : {"run.batches", "run.symbols.", "batch", "run"}) EXPECT_FALSE(setRunAxis(setting, path, 1)) << path;
    EXPECT_FALSE(setRunAxis(setting, "run.batch", 1.5));
    EXPECT_FALSE(setRunAxis(setting, "run.engine", 3));
    EXPECT_FALSE(setRunAxis(setting, "run.threads", -1));
}

}  // namespace
}  // namespace trimtab::recipe
