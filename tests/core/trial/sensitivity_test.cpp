#include "core/trial/sensitivity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::trial {
namespace {

using testing::HasSubstr;

TEST(SensitivityOption, IsReadAsAPointOfASweep) {
    const auto option = parseOption("weights.bits=4,weights.group=32,weights.method=gptq").value();
    ASSERT_TRUE(option.settings.weights);
    EXPECT_EQ(option.settings.weights->bits, 4);
    EXPECT_EQ(option.settings.weights->group, 32);
    EXPECT_EQ(option.settings.weights->method, "gptq");
    const auto integer = parseOption("compute=int8,activations.mode=static").value();
    ASSERT_TRUE(integer.settings.weights && integer.settings.activations);
    EXPECT_EQ(integer.settings.activations->mode, "static") << "said of what compute = int8 brings along";
    EXPECT_EQ(parseOption("prune.pattern=2:4").value().settings.prune->ratio, 0.5);
    EXPECT_EQ(parseOption("prune.method=wanda,prune.pattern=2:4").value().settings.prune->method, "wanda") << "in whatever order";
}

TEST(SensitivityOption, IsRefusedWhereItSaysNothingOrTooMuch) {
    for (const auto& [text, part] : {std::pair{"", "weights.bits=4"}, {"weights.bits=4,8", "8"}, {"run.batch=2", "run.batch"},
                                     {"weights.bits=32", "changes nothing"}, {"weights.bits=9", "weights.bits"}}) {
        const auto option = parseOption(text);
        ASSERT_FALSE(option) << text;
        EXPECT_THAT(option.error().text(), HasSubstr(part)) << text;
    }
}

TEST(SensitivityOption, IsRefusedWhereARecipeWouldBe) {
    for (const auto& [text, part] : {std::pair{"weights.bits=4,weights.bits=8", "weights.bits is given twice"},
                                     {"weights.alpha=0.3,weights.bits=8", "weights.alpha has a meaning only with method smoothquant"},
                                     {"prune.ratio=0.5,weights.group=32", "weights.group changes nothing without weights.bits"},
                                     {"prune.ratio=0.5,activations.mode=static", "activations.mode changes nothing without compute = int8"},
                                     {"weights.bits=8,prune.method=wanda", "prune.method changes nothing without prune.ratio"},
                                     {"weights.bits=8,kv_cache.granularity=channel", "kv_cache.granularity"},
                                     {"prune.ratio=0.5,prune.seed=3", "prune.seed has a meaning only with method random"},
                                     {"compute=int8,activations.percentile=99", "activations.percentile"}}) {
        const auto option = parseOption(text);
        ASSERT_FALSE(option) << text;
        EXPECT_THAT(option.error().text(), HasSubstr(part)) << text;
    }
    EXPECT_TRUE(parseOption("weights.alpha=0.3,weights.method=smoothquant,weights.bits=8"));
    EXPECT_TRUE(parseOption("prune.ratio=0.5,weights.bits=32")) << "said outright, to be left alone";
}

TEST(SensitivityTable, SurvivesItsDocument) {
    SensitivityTable table;
    table.metric = "perplexity";
    table.higherIsBetter = false;
    table.baseline = 12.5;
    table.samples = 64;
    table.options = usualOptions();
    table.units = {{"a", {"a1", "a2"}, 10, 40, false, 1500}, {"b", {"b"}, 20, 80, true, 2500}};
    for (std::size_t i = 0; i < 2 * table.options.size(); ++i) {
        SensitivityCell cell;
        if (i == 0) cell.refusal = "no tokens";
        else {
            cell.loss = {0.25, {0.125, 0.5}};
            if (i % 2 == 0) cell.gainNs = base::Estimate{100, {50, 150}};
            else cell.execution = trace::Execution::Emulated;
        }
        table.cells.push_back(cell);
    }
    const Json json = toJson(table);
    const auto again = sensitivityTableFromJson(json);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(toJson(*again), json);
    EXPECT_TRUE(again->cell(0, 0).refused());
    EXPECT_TRUE(again->cell(0, 2).gainNs);
    EXPECT_FALSE(again->cell(0, 1).gainNs);
    Json short1 = json;
    short1["cells"].erase(0);
    EXPECT_FALSE(sensitivityTableFromJson(short1));
}

}  // namespace
}  // namespace trimtab::trial
