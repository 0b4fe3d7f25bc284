// Reports say what was measured, in every form, and carry nothing that a reader's program would run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/report/chart_model.h"
#include "core/report/content.h"
#include "core/report/report.h"
#include "tests/support/study_example.h"

namespace trimtab::report {
namespace {

using testing::HasSubstr;
using testing::Not;

ReportInput exampleInput() {
    ReportInput input;
    input.study = support::exampleStudy();
    input.results = support::exampleResults();
    std::int64_t id = 0;
    for (trial::TrialResult& result : input.results) result.id = ++id;
    input.rows = *tune::paretoRows(input.results);
    input.chosen = 2;
    input.sessionPath = "/tmp/it's a session.trimtab";
    input.version = "0.1.0";
    return input;
}

TEST(ChartModel, PutsNativePointsOnTheChartAndEmulatedOnesIntoTheMargin) {
    const ChartModel chart = chartModel(exampleInput());
    ASSERT_EQ(chart.points.size(), 4U);  // the failed trial has no point
    EXPECT_TRUE(chart.points[0].baseline);
    EXPECT_TRUE(chart.points[1].timed && chart.points[1].onFront && chart.points[1].chosen);
    EXPECT_FALSE(chart.points[2].onFront);
    EXPECT_TRUE(chart.points[3].emulated);
    EXPECT_FALSE(chart.points[3].timed);
}

TEST(ChartModel, SetsTheSizeOfRandomWeightsBesideTheSpeed) {
    ReportInput input = exampleInput();
    for (trial::TrialResult& result : input.results) result.accuracy.reset();
    EXPECT_TRUE(chartModel(input).points.empty()) << "a score that is missing is not made up";
    input.study.randomWeights = 1;
    const ChartModel chart = chartModel(input);
    ASSERT_EQ(chart.points.size(), 4U);
    EXPECT_THAT(chart.y.title, HasSubstr("weights, MB"));
    EXPECT_TRUE(chart.y.reversed);
    EXPECT_DOUBLE_EQ(chart.points[0].y, 4);  // 4,000,000 bytes
    const Content content = contentOf(input);
    EXPECT_THAT(content.question, HasSubstr("memory"));
    ASSERT_EQ(content.repeat.size(), 1U) << "there is nothing to export";
    EXPECT_THAT(content.repeat[0], HasSubstr("--random-weights 1"));
    EXPECT_THAT(chart.title, HasSubstr("random weights (seed 1)"));
}

TEST(ChartModel, AxesEncloseEveryIntervalWithRoundTicks) {
    const ChartModel chart = chartModel(exampleInput());
    for (const ChartPoint& point : chart.points) {
        EXPECT_GE(point.yInterval.low, chart.y.low);
        EXPECT_LE(point.yInterval.high, chart.y.high);
    }
    for (const ChartAxis* axis : {&chart.x, &chart.y}) {
        EXPECT_GE(axis->ticks.size(), 3U);
        for (const auto& tick : axis->ticks) EXPECT_TRUE(tick.value >= axis->low - 1e-9 && tick.value <= axis->high + 1e-9);
    }
}

TEST(ChartModel, TurnsTheAxisOfALowerIsBetterMetricOver) {
    ReportInput input = exampleInput();
    for (trial::TrialResult& result : input.results)
        if (result.accuracy) {
            result.accuracy->metric = "perplexity";
            result.accuracy->higherIsBetter = false;
        }
    const ChartAxis axis = chartModel(input).y;
    EXPECT_GT(axis.position(axis.low), axis.position(axis.high));
    EXPECT_THAT(axis.title, HasSubstr("lower is better"));
}

TEST(ChartModel, TakesALogarithmicAxisWhenValuesSpanMoreThanAFactorOfTwenty) {
    EXPECT_TRUE(makeAxis("x", 1, 30, false).logarithmic);
    EXPECT_FALSE(makeAxis("x", 1, 10, false).logarithmic);
    EXPECT_FALSE(makeAxis("x", 0, 100, false).logarithmic);
    const ChartAxis axis = makeAxis("x", 1, 1000, false);
    EXPECT_NEAR(axis.position(31.6228), 0.5, 0.01);
}

TEST(ChartModel, OneDisturbedTimingDoesNotPressTheOtherPointsTogether) {
    AxisRange times;
    for (const double time : {100.0, 0.5}) times.include(time);
    times.makeRoomFor(std::vector<base::Interval>{{1e-17, 1e9}, {0.4, 0.6}});
    EXPECT_GE(times.low, 0.25);
    EXPECT_LE(times.high, 150);
    AxisRange alike;
    alike.include(10);
    alike.makeRoomFor(std::vector<base::Interval>{{9.9, 10.1}});
    EXPECT_DOUBLE_EQ(alike.low, 9.9);
    EXPECT_DOUBLE_EQ(alike.high, 10.1);
}

TEST(ChartModel, LeavesRoomAroundAPointAtZeroAndNoNegativeTickInIt) {
    for (const double low : {0.0, 0.001}) {
        const ChartAxis axis = makeAxis("KL divergence", low, 0.02, true);
        EXPECT_NEAR(axis.position(low), 0.95, 0.02);
        for (const auto& tick : axis.ticks) EXPECT_GE(tick.value, 0);
        EXPECT_EQ(axis.ticks.front().label, "0");
    }
}

TEST(ChartModel, GivesEveryAxisFewRoundTicksHoweverFarItsEndsAre) {
    base::Random random(7);
    for (int i = 0; i < 5000; ++i) {
        const double low = (i % 2 ? 1 : random.uniform(-1, 1)) * std::pow(10, random.uniform(-6, 9));
        const double high = i % 3 ? low + std::pow(10, random.uniform(-6, 9)) : std::abs(low) * std::pow(10, random.uniform(0, 40));
        const ChartAxis axis = makeAxis("x", low, high, false);
        EXPECT_GE(axis.ticks.size(), 2U) << axis.low << " to " << axis.high;
        EXPECT_LE(axis.ticks.size(), 13U) << axis.low << " to " << axis.high;
        for (const auto& tick : axis.ticks) {
            const double step = axis.logarithmic ? tick.value : axis.ticks[1].value - axis.ticks[0].value;
            EXPECT_NEAR(tick.value, std::strtod(tick.label.c_str(), nullptr), step * 1e-3) << tick.label;
        }
    }
}

TEST(ChartModel, EndsWithFiguresAtTheEdgeOfWhatADoubleHolds) {
    constexpr double kSmallest = std::numeric_limits<double>::denorm_min(), kLargest = std::numeric_limits<double>::max();
    const std::pair<double, double> ends[] = {{kSmallest, 1}, {kSmallest, kLargest}, {1, kLargest}, {-kLargest, kLargest},
                                              {1e15, 1e15 + 0.125}, {5, 5}, {0, 0}};
    for (const auto& [low, high] : ends) {
        for (const bool reversed : {false, true}) EXPECT_LE(makeAxis("x", low, high, reversed).ticks.size(), 24U) << low << " to " << high;
    }
}

TEST(ChartModel, SurvivesAStudyWithoutResults) {
    ReportInput input;
    input.study = support::exampleStudy();
    EXPECT_THAT(chartSvg(input), HasSubstr("<svg"));
    EXPECT_THAT(toHtml(input), HasSubstr("Example study"));
}

TEST(Report, HtmlIsOneFileWithoutScriptsOrLinksOut) {
    const std::string html = toHtml(exampleInput());
    EXPECT_THAT(html, HasSubstr("<svg"));
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(html, Not(HasSubstr("src=\"http")));
    EXPECT_THAT(html, HasSubstr("emulated"));
    EXPECT_THAT(html, HasSubstr("the worker ended twice"));
    EXPECT_THAT(html, HasSubstr("Example processor"));
}

TEST(Report, NamesFromTheModelAreTextAndNothingElse) {
    ReportInput input = exampleInput();
    input.study.modelName = "<script>alert(1)</script>";
    input.results[1].trial.label = "a|b<img>";
    EXPECT_THAT(toHtml(input), Not(HasSubstr("<script>alert")));
    EXPECT_THAT(toHtml(input), Not(HasSubstr("<img>")));
    EXPECT_THAT(toMarkdown(input), HasSubstr("a\\|b"));
    EXPECT_THAT(toHtml(input), HasSubstr("conv&lt;1&gt;"));
}

TEST(Report, SaysOverWhichWindowsATextWasScored) {
    ReportInput input = exampleInput();
    for (trial::TrialResult& result : input.results)
        if (result.accuracy) result.accuracy->windows = {512, 64};
    EXPECT_THAT(contentOf(input).metric, HasSubstr("(window 512, stride 64)"));
    EXPECT_THAT(chartModel(input).y.title, HasSubstr("(window 512, stride 64)"));
    EXPECT_THAT(toCsv(input), HasSubstr(",512,64,,,\r\n"));
}

TEST(Report, CsvKeepsOneRowForEachTrialAndNoFormulas) {
    ReportInput input = exampleInput();
    input.results[1].trial.label = "=cmd|'/C calc'!A0, \"x\"";
    const std::string csv = toCsv(input);
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 6);
    EXPECT_THAT(csv, HasSubstr("\"'=cmd"));
    EXPECT_THAT(csv, HasSubstr("\"\"x\"\""));
    // The emulated trial has a score and no speed.
    EXPECT_THAT(csv, HasSubstr("4,int3,cpu,emulated,measured,finished,0,"));
}

TEST(Report, EveryRowOfTheCsvHasTheColumnsOfItsHeader) {
    const std::string csv = toCsv(exampleInput());
    std::size_t expected = 0;
    std::size_t start = 0;
    while (start < csv.size()) {
        const std::size_t end = csv.find("\r\n", start);
        std::size_t columns = 1;
        bool quoted = false;
        for (std::size_t i = start; i < end; ++i) {
            if (csv[i] == '"') quoted = !quoted;
            if (csv[i] == ',' && !quoted) ++columns;
        }
        if (expected == 0) expected = columns;
        EXPECT_EQ(columns, expected) << csv.substr(start, end - start);
        start = end + 2;
    }
}

TEST(Report, TheCommandToRepeatQuotesPaths) {
    const Content content = contentOf(exampleInput());
    ASSERT_EQ(content.repeat.size(), 2U);
    EXPECT_THAT(content.repeat[0], HasSubstr("--axis weights.bits=32,8,3"));
    EXPECT_THAT(content.repeat[1], HasSubstr("'/tmp/it'\\''s a session.trimtab'"));
}

TEST(Report, TheCommandToRepeatStatesWhatTheStudyAskedBeyondTheDefaults) {
    ReportInput input = exampleInput();
    input.study.setting.batch = 16;
    input.study.setting.symbols["sequence"] = 64;
    input.study.budget.samples = 256;
    const std::string command = contentOf(input).repeat[0];
    for (const char* words : {"--batch 16", "--symbol 'sequence=64'", "--samples 256", "--metric 'top1'"})
        EXPECT_THAT(command, HasSubstr(words));
    EXPECT_THAT(command, Not(HasSubstr("--processes")));
}

TEST(Report, StaleAndThrottledRowsSaySo) {
    ReportInput input = exampleInput();
    input.results[0].stale = true;
    input.results[1].speed->throttled = true;
    input.rows = *tune::paretoRows(input.results);
    const Content content = contentOf(input);
    EXPECT_THAT(content.table[0].mark, HasSubstr("stale"));
    EXPECT_THAT(content.table[1].mark, HasSubstr("throttled"));
    EXPECT_TRUE(chartModel(input).points[0].stale);
}

TEST(Report, WritesEveryFormByItsExtensionAndRefusesOthers) {
    const auto folder = base::TemporaryFolder::create("trimtab-report-test");
    ASSERT_TRUE(folder);
    for (const char* name : {"r.html", "r.md", "r.csv", "r.json", "r.svg", "r.png"}) {
        const Status written = write(exampleInput(), folder->path() / name);
        ASSERT_TRUE(written) << written.error().text();
        EXPECT_GT(std::filesystem::file_size(folder->path() / name), 500U) << name;
    }
    EXPECT_THAT(*base::readFile(folder->path() / "r.png", 10 << 20), testing::StartsWith("\x89PNG"));
    EXPECT_TRUE(base::readJsonFile((folder->path() / "r.json").string()));
    EXPECT_EQ(write(exampleInput(), folder->path() / "r.docx").error().code, ErrorCode::Usage);
}

}  // namespace
}  // namespace trimtab::report
