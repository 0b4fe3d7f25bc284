// Recordings in files: those of tests/data/activity stand for what a GPU told.
#include "profiler/cupti/recording_file.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/trace/node_scope.h"
#include "profiler/cupti/attribution.h"
#include "tests/profiler/cupti/recording_maker.h"

namespace trimtab::cupti {
namespace {

std::size_t layersOf(const Recording& recording) {
    std::int32_t most = 0;
    for (const auto& [node, layer] : recording.graphNodes) most = std::max(most, layer);
    for (const Correlation& correlation : recording.activities.correlations) most = std::max(most, layerOf(correlation.scope));
    return static_cast<std::size_t>(most) + 1;
}

TEST(RecordingFile, ReadsBackAsItWasWritten) {
    test::RecordingMaker maker;
    const std::size_t run = maker.run(1'800'000'000'000'000'000, 1'800'000'000'000'900'000);
    maker.launched(run, 3, 1'800'000'000'000'000'100, 1'800'000'000'000'000'200).bytes = 12;
    maker.launched(run, trace::kTransfers, 0, 0);
    maker.replayed(~std::uint64_t{0}, 4, 1, 2);
    maker.recording().graphNodes = {{~std::uint64_t{0}, 2}};
    maker.recording().activities.dropped = 9;
    const auto folder = base::TemporaryFolder::create("recording").value();
    const std::string path = (folder.path() / "activity.json").string();
    ASSERT_TRUE(writeRecording(maker.recording(), path));
    const auto again = recordingFromJson(base::readJsonFile(path).value());
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->activities.list, maker.recording().activities.list);
    EXPECT_EQ(again->activities.correlations, maker.recording().activities.correlations);
    EXPECT_EQ(again->activities.names, maker.recording().activities.names);
    EXPECT_EQ(again->activities.dropped, 9);
    EXPECT_EQ(again->graphNodes, maker.recording().graphNodes);
    ASSERT_EQ(again->runs.size(), 1U);
    EXPECT_EQ(again->runs[0].endNs, 1'800'000'000'000'900'000U);
}

TEST(RecordingFile, MayHoldTheFirstRunsAlone) {
    test::RecordingMaker maker;
    for (const std::uint64_t begin : {1000, 2000, 3000}) maker.launched(maker.run(begin, begin + 500), 0, begin + 100, begin + 200);
    const Recording first = firstRuns(maker.recording(), 2);
    EXPECT_EQ(first.runs.size(), 2U);
    EXPECT_EQ(first.activities.list.size(), 2U);
    EXPECT_EQ(first.activities.correlations.size(), 2U);
    EXPECT_EQ(firstRuns(maker.recording(), 9).runs.size(), 3U);
}

TEST(RecordingFile, RefusesWhatIsNone) {
    const std::string head = R"({"format": "trimtab-activity-1", "names": ["k"], "runs": [], "graph_nodes": [], "correlations": [])";
    EXPECT_TRUE(recordingFromJson(*base::parseJson(head + R"(, "activities": []})", "recording")));
    for (const std::string& text :
         {std::string("{}"), std::string(R"({"format": "trimtab-activity-1"})"), head + "}", head + R"(, "activities": [[1, 2]]})",
          head + R"(, "activities": [[0, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]]})",
          head + R"(, "activities": [[9, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]})",
          head + R"(, "activities": [[0, "1", 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]})", head + R"(, "activities": {}})"})
        EXPECT_FALSE(recordingFromJson(*base::parseJson(text, "recording"))) << text;
}

TEST(RecordingFile, OfEveryRecordedRunNearlyAllStandsAtSomeLayer) {
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(TRIMTAB_SOURCE_DIR "/tests/data/activity")) {
        SCOPED_TRACE(entry.path());
        ++files;
        const auto recording = recordingFromJson(base::readJsonFile(entry.path()).value());
        ASSERT_TRUE(recording) << recording.error().text();
        auto records = test::layers(layersOf(*recording));
        const auto profile = attribute(*recording, records);
        ASSERT_TRUE(profile) << profile.error().text();
        EXPECT_GE(profile->time.attributed(), 0.98);
        EXPECT_GT(profile->time.transfersNs, 0) << "inputs and outputs moved";
        EXPECT_EQ(profile->trace.dropped, recording->activities.dropped);
        const auto timed = std::ranges::count_if(records, [](const trace::LayerRecord& record) { return record.medianNs > 0; });
        EXPECT_GT(timed, std::ssize(records) / 2);
    }
    EXPECT_GE(files, 2);
}

}  // namespace
}  // namespace trimtab::cupti
