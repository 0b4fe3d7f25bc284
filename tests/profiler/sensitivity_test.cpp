// Sensitivity on the samples: what a cell says is what the whole model says under the recipe of that cell.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/ipc/sensitivity_request.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {
namespace {

using testing::HasSubstr;

std::string sampleFile(const std::string& name) {
    return std::string(TRIMTAB_SOURCE_DIR) + "/resources/samples/" + name + "/" + name + ".onnx";
}
std::string sampleData(const std::string& name) { return std::string(TRIMTAB_SOURCE_DIR) + "/resources/samples/" + name + "/data"; }

class Sensitivity : public testing::Test {
protected:
    ipc::SensitivityRequest request(const std::string& sample, const std::vector<std::string>& options) {
        ipc::SensitivityRequest request;
        request.model.model = sampleFile(sample);
        request.data = request.model.calibration.path = sampleData(sample);
        request.model.calibration.samples = 8;
        request.model.setting.threads = 1;
        request.samples = 16;
        request.batch = 8;
        request.secondsPerCell = 0.002;
        for (const std::string& option : options) request.options.push_back(trial::parseOption(option).value());
        return request;
    }
    trial::SensitivityTable measure(const ipc::SensitivityRequest& request) {
        const auto json = sensitivity(ipc::toJson(request), m_bench, m_call);
        EXPECT_TRUE(json) << json.error().text();
        return trial::sensitivityTableFromJson(*json).value();
    }
    /// Mean loss of the whole model under the recipe that treats one unit.
    double wholeLoss(const ipc::SensitivityRequest& asked, const trial::SensitivityTable& table, std::size_t unit, std::size_t option) {
        ipc::EvalRequest eval;
        eval.model = asked.model;
        eval.data = asked.data;
        eval.batch = asked.batch;
        eval.samples = asked.samples;
        const auto plain = ipc::accuracyFromJson(trimtab::worker::eval(ipc::toJson(eval), m_bench, m_call).value()).value();
        for (const std::string& node : table.units[unit].nodes) {
            recipe::Rule rule;
            rule.match.name = node;
            rule.settings = table.options[option].settings;
            eval.model.recipe.rules.push_back(rule);
        }
        const auto treated = ipc::accuracyFromJson(trimtab::worker::eval(ipc::toJson(eval), m_bench, m_call).value()).value();
        const double sign = plain.higherIsBetter ? -1 : 1;
        return sign * base::pairedDifference(plain.sampleScores, treated.sampleScores, treated.sampleWeights).value;
    }

    Workbench m_bench;
    Call m_call{[](double, const std::string&) {}, [] { return m_cancelled; }};
    static inline bool m_cancelled = false;
};

TEST_F(Sensitivity, OfACellIsTheLossOfTheWholeModelUnderThatRecipe) {
    const auto asked =
        request("language", {"weights.bits=3", "compute=int8", "weights.bits=3,weights.method=gptq", "weights.bits=3,weights.method=awq"});
    const auto table = measure(asked);
    EXPECT_EQ(table.metric, "perplexity");
    ASSERT_GT(table.units.size(), 4U);
    for (const std::size_t unit : {std::size_t{0}, table.units.size() / 2, table.units.size() - 1}) {
        for (std::size_t option = 0; option < table.options.size(); ++option) {
            ASSERT_FALSE(table.cell(unit, option).refused()) << table.cell(unit, option).refusal;
            const double whole = wholeLoss(asked, table, unit, option);
            // Products of stretches and of the whole are formed in another order here and there.
            EXPECT_NEAR(table.cell(unit, option).loss.value, whole, 1e-5 + 0.02 * std::abs(whole))
                << table.units[unit].name << " " << table.options[option].name;
        }
    }
}

TEST_F(Sensitivity, TreatsQueriesKeysAndValuesAsOneUnit) {
    const auto table = measure(request("language", {"weights.bits=4"}));
    const auto three = std::ranges::count_if(table.units, [](const auto& unit) { return unit.nodes.size() == 3; });
    EXPECT_GE(three, 2) << "one in each block";
    for (std::size_t unit = 0; unit < table.units.size(); ++unit) {
        const auto& cell = table.cell(unit, 0);
        EXPECT_GT(cell.kl, 0);
        EXPECT_GT(cell.sqnrDb, 0);
        EXPECT_EQ(cell.bits, 4);
        EXPECT_LT(cell.storedBytes, table.units[unit].weightBytes / 4);
    }
}

TEST_F(Sensitivity, ComputesWhatStandsBeforeALayerOnce) {
    const auto table = measure(request("language", {"weights.bits=8", "weights.bits=4"}));
    const auto cells = static_cast<double>(table.cells.size());
    EXPECT_LT(table.wholeRuns, 0.65 * cells) << "about half of a run for each cell";
    EXPECT_GT(table.wholeRuns, 0.3 * cells) << "no cell is left out";
}

TEST_F(Sensitivity, TimesWhatIsNativeAndNothingElse) {
    // int8 products are native where the processor has VNNI, pruned layers everywhere.
    const auto table = measure(request("classifier", {"compute=int8", "compute=fp16", "prune.ratio=0.5"}));
    for (std::size_t unit = 0; unit < table.units.size(); ++unit) {
        EXPECT_EQ(table.cell(unit, 0).gainNs.has_value(), table.cell(unit, 0).execution == trace::Execution::Native);
        EXPECT_TRUE(table.cell(unit, 2).gainNs) << table.units[unit].name;
        EXPECT_GT(table.units[unit].medianNs, 0);
        EXPECT_EQ(table.cell(unit, 1).execution, trace::Execution::Emulated);
        EXPECT_FALSE(table.cell(unit, 1).gainNs);
        EXPECT_FALSE(table.cell(unit, 1).reason.empty());
    }
}

TEST_F(Sensitivity, SaysWhyALayerCannotHaveAnOption) {
    const auto table = measure(request("classifier", {"weights.bits=4,weights.method=awq"}));
    EXPECT_TRUE(
        std::ranges::any_of(table.cells, [](const auto& cell) { return cell.refusal.find("weights.method") != std::string::npos; }));
}

/// Rows of groups of units stand behind those of layers, which hold all parameters.
std::vector<std::size_t> groupRows(const trial::SensitivityTable& table) {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < table.units.size(); ++row)
        if (table.units[row].parameters == 0) rows.push_back(row);
    return rows;
}

TEST_F(Sensitivity, TakesUnitsOutOneGroupAtATime) {
    const auto asked = request("language", {"prune.pattern=neurons,prune.ratio=0.25,prune.reconstruct=true", "weights.bits=4"});
    const auto table = measure(asked);
    const auto rows = groupRows(table);
    ASSERT_GT(rows.size(), 2U);
    std::size_t taken = 0;
    for (std::size_t row = 0; row < table.units.size(); ++row) {
        const auto& cell = table.cell(row, 0);
        const bool ofNeurons = table.units[row].name.starts_with("neurons of ");
        EXPECT_EQ(cell.refused(), !ofNeurons) << table.units[row].name << ": " << cell.refusal;
        EXPECT_EQ(table.cell(row, 1).refused(), std::ranges::count(rows, row) > 0) << table.units[row].name;
        if (!ofNeurons) continue;
        ++taken;
        EXPECT_LT(cell.storedBytes, 0) << "what leaves";
        EXPECT_TRUE(cell.gainNs);
        EXPECT_GT(cell.kl, 0);
        if (taken > 1) continue;
        EXPECT_NEAR(cell.loss.value, wholeLoss(asked, table, row, 0), 1e-6);
    }
    EXPECT_GE(taken, 2U) << "one in each block";
}

TEST_F(Sensitivity, HoldsARemovalAgainstThePrecisionThatItIsMeasuredUnder) {
    const std::string removal = "prune.pattern=channels,prune.ratio=0.1";
    const auto table = measure(request("classifier", {removal, removal + ",compute=int8"}));
    const auto rows = groupRows(table);
    ASSERT_FALSE(rows.empty());
    for (const std::size_t row : rows) {
        if (table.cell(row, 0).refused()) continue;
        ASSERT_FALSE(table.cell(row, 1).refused()) << table.cell(row, 1).refusal;
        EXPECT_LT(4 * std::abs(table.cell(row, 1).storedBytes), 1.3 * static_cast<double>(std::abs(table.cell(row, 0).storedBytes)))
            << "a quarter of the bytes leaves where weights have 8 bits: those of the precision itself are not counted";
    }
}

TEST_F(Sensitivity, KeepsKeysAndValuesOfOneAttentionAtATime) {
    const auto asked = request("language", {"kv_cache.bits=4", "weights.bits=4"});
    const auto table = measure(asked);
    const auto rows = groupRows(table);
    ASSERT_GE(rows.size(), 2U) << "one in each block";
    for (std::size_t row = 0; row < table.units.size(); ++row) {
        const bool isAttention = std::ranges::count(rows, row) > 0;
        EXPECT_EQ(table.cell(row, 0).refused(), !isAttention) << table.units[row].name << ": " << table.cell(row, 0).refusal;
        EXPECT_EQ(table.cell(row, 1).refused(), isAttention) << table.units[row].name;
        if (!isAttention) continue;
        EXPECT_EQ(table.cell(row, 0).execution, trace::Execution::Emulated);
        EXPECT_FALSE(table.cell(row, 0).gainNs) << "no kernel reads such a cache";
        EXPECT_GT(table.cell(row, 0).kl, 0);
    }
    EXPECT_NEAR(table.cell(rows[0], 0).loss.value, wholeLoss(asked, table, rows[0], 0), 1e-5);
}

TEST_F(Sensitivity, IsRefusedWhereNoLayerCanHaveAnyOption) {
    for (const auto& [option, reason] : {std::pair{"kv_cache.bits=8", "the model has none"},
                                         {"prune.pattern=heads,prune.ratio=0.3", "the model has no heads that can leave"},
                                         {"prune.pattern=blocks,prune.ratio=0.3", "sweep prune.ratio with prune.pattern=blocks"}}) {
        const auto json = sensitivity(ipc::toJson(request("classifier", {option})), m_bench, m_call);
        ASSERT_FALSE(json) << option;
        EXPECT_EQ(json.error().code, ErrorCode::Refused);
        EXPECT_THAT(json.error().message, HasSubstr(reason));
    }
}

TEST_F(Sensitivity, HasRowsOfThoseGroupsAloneThatAnOptionIsAbout) {
    const auto table = measure(request("classifier", {"prune.pattern=blocks,prune.ratio=0.3", "weights.bits=8"}));
    EXPECT_TRUE(groupRows(table).empty()) << table.units[groupRows(table).front()].name;
    for (std::size_t row = 0; row < table.units.size(); ++row) {
        EXPECT_THAT(table.cell(row, 0).refusal, testing::Not(HasSubstr("rows of groups")));
        EXPECT_FALSE(table.cell(row, 1).refused());
    }
}

TEST_F(Sensitivity, NeedsNoLabels) {
    auto asked = request("surrogate", {"weights.bits=3"});
    asked.data.clear();
    asked.samples = 4;
    asked.metric = "sqnr_db";
    const auto table = measure(asked);
    EXPECT_TRUE(table.fidelity);
    for (const auto& cell : table.cells) EXPECT_GT(cell.loss.value, 0) << "decibels below a perfect copy";
}

TEST_F(Sensitivity, StopsWhenItIsCancelled) {
    m_cancelled = true;
    const auto json = sensitivity(ipc::toJson(request("language", {"weights.bits=4"})), m_bench, m_call);
    m_cancelled = false;
    ASSERT_FALSE(json);
    EXPECT_EQ(json.error().code, ErrorCode::Cancelled);
}

TEST_F(Sensitivity, RefusesABaseRecipe) {
    auto asked = request("language", {"weights.bits=4"});
    asked.model.recipe = recipe::parse(R"({"weights": {"bits": 8}})").value();
    const auto json = sensitivity(ipc::toJson(asked), m_bench, m_call);
    ASSERT_FALSE(json);
    EXPECT_THAT(json.error().message, HasSubstr("recipe"));
}

}  // namespace
}  // namespace trimtab::worker
