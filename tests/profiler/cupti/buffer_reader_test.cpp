// Buffers of CUPTI's own records, walked by CUPTI itself: it does so without a driver.
#include "profiler/cupti/buffer_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profiler/cupti/attribution.h"
#include "profiler/cupti/scope_id.h"
#include "tests/profiler/cupti/buffer_maker.h"
#include "tests/profiler/cupti/recording_maker.h"

namespace trimtab::cupti {
namespace {

using test::BufferMaker;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class BufferReading : public ::testing::Test {
protected:
    void SetUp() override {
        const auto library = openLibrary();
        if (!library) GTEST_SKIP() << library.error().text();
        m_library = *library;
    }
    Activities read(BufferMaker& buffer) const { return read(buffer, buffer.bytes()); }
    Activities read(BufferMaker& buffer, std::size_t bytes) const {
        Activities activities;
        BufferReader(*m_library, activities).read(buffer.data(), bytes);
        return activities;
    }

    const Library* m_library = nullptr;
};

TEST_F(BufferReading, UnderstandsEveryKindThatIsAskedFor) {
    BufferMaker buffer;
    CUpti_ActivityKernel10 node = test::kernel(30, 40, 3);
    node.graphNodeId = 77;
    node.graphId = 5;
    CUpti_ActivityMemcpyPtoP4 peer{};
    peer.kind = CUPTI_ACTIVITY_KIND_MEMCPY2;
    peer.copyKind = CUPTI_ACTIVITY_MEMCPY_KIND_PTOP;
    peer.bytes = 9;
    peer.start = 41;
    peer.end = 42;
    buffer.add(test::kernel(10, 20, 1))
        .add(test::copy(20, 25, 2, CUPTI_ACTIVITY_MEMCPY_KIND_HTOD, 4096))
        .add(node)
        .add(test::memset(40, 41, 4, 16))
        .add(peer)
        .add(test::graph(30, 41, 3, 5))
        .add(test::call(CUPTI_ACTIVITY_KIND_RUNTIME, 211, 1, 2, 1))
        .add(test::call(CUPTI_ACTIVITY_KIND_DRIVER, 307, 3, 4, 1))
        .add(test::wait(50, 60, 6))
        .add(test::overhead(70, 71))
        .add(test::external(1, scopeId(2, 3)));
    const Activities activities = read(buffer);
    std::vector<std::string> names;
    for (const Activity& activity : activities.list) names.push_back(activities.names[static_cast<std::size_t>(activity.name)]);
    EXPECT_THAT(names, ElementsAre("fill", "copy host → device", "fill", "memset", "copy to another device", "graph", "cudaLaunchKernel",
                                   "cuLaunchKernel", "wait for the stream", "records are handed over"));
    EXPECT_EQ(activities.list[0].stream, 7U);
    EXPECT_EQ(activities.list[1].bytes, 4096U);
    EXPECT_EQ(activities.list[1].runtimeCorrelation, 3U);
    EXPECT_EQ(activities.list[2].graphNode, 77U);
    EXPECT_EQ(activities.list[2].graph, 5U);
    EXPECT_EQ(activities.list[5].kind, ActivityKind::Graph);
    EXPECT_EQ(activities.list[6].thread, 11U);
    ASSERT_EQ(activities.correlations.size(), 1U);
    EXPECT_EQ(keptRunOf(activities.correlations[0].scope), 2U);
    EXPECT_EQ(layerOf(activities.correlations[0].scope), 3);
    EXPECT_EQ(activities.broken, 0);
    EXPECT_EQ(activities.unknown, 0);
}

TEST_F(BufferReading, CountsKindsThatWereNotAskedForAndGoesOn) {
    BufferMaker buffer;
    CUpti_ActivityContext3 context{};
    context.kind = CUPTI_ACTIVITY_KIND_CONTEXT;
    buffer.add(context).add(test::kernel(10, 20, 1)).add(test::external(1, 4, CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM1));
    const Activities activities = read(buffer);
    EXPECT_EQ(activities.unknown, 1);
    EXPECT_EQ(activities.list.size(), 1U);
    EXPECT_TRUE(activities.correlations.empty()) << "somebody else's";
}

TEST_F(BufferReading, EndsCleanlyWhereABufferWasCutOff) {
    BufferMaker buffer;
    buffer.add(test::kernel(10, 20, 1)).add(test::memset(20, 30, 2, 1)).add(test::kernel(30, 40, 3));
    for (std::size_t bytes = 0; bytes <= buffer.bytes(); ++bytes) {
        const std::size_t whole = (bytes >= sizeof(CUpti_ActivityKernel10) ? 1U : 0U) +
                                  (bytes >= sizeof(CUpti_ActivityKernel10) + sizeof(CUpti_ActivityMemset4) ? 1U : 0U) +
                                  (bytes == buffer.bytes() ? 1U : 0U);
        EXPECT_EQ(read(buffer, bytes).list.size(), whole) << bytes << " bytes";
    }
}

TEST_F(BufferReading, GivesUpABufferBehindARecordThatCuptiDoesNotKnow) {
    BufferMaker buffer;
    CUpti_ActivityMemset4 strange = test::memset(1, 2, 3, 4);
    strange.kind = static_cast<CUpti_ActivityKind>(CUPTI_ACTIVITY_KIND_COUNT + 40);
    buffer.add(test::kernel(10, 20, 1)).add(strange).add(test::kernel(30, 40, 3));
    const Activities activities = read(buffer);
    EXPECT_EQ(activities.list.size(), 1U);
    EXPECT_EQ(activities.broken, 1) << "and it is counted";
}

TEST_F(BufferReading, AnyBytesEndIt) {
    for (std::uint32_t seed = 1; seed < 400; ++seed) {
        BufferMaker buffer;
        buffer.add(test::memset(10, 20, 1, 4)).add(test::external(1, 2)).add(test::wait(3, 4, 5));
        std::uint32_t state = seed;
        // Kinds alone: what a record holds is not looked at, but for a kernel's name, which is a pointer of CUPTI's own.
        for (std::size_t at = 0; at < buffer.bytes(); at += sizeof(std::uint64_t)) {
            state = state * 1664525 + 1013904223;
            const std::uint32_t kind = state >> 24;
            const bool isKernel = kind == CUPTI_ACTIVITY_KIND_KERNEL || kind == CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
            const bool isOverhead = kind == CUPTI_ACTIVITY_KIND_OVERHEAD;
            if (!isKernel && !isOverhead) buffer.data()[at] = static_cast<std::uint8_t>(kind);
        }
        const Activities activities = read(buffer);
        EXPECT_LE(activities.list.size(), 50U);
    }
}

/// A run in several buffers, handed back in any order, one of a thread of its own.
TEST_F(BufferReading, SeveralBuffersMakeOneProfile) {
    BufferMaker calls, first, second;
    constexpr std::uint64_t kBegin = (std::uint64_t{1} << 63) - 500;
    calls.add(test::external(0xFFFFFFFF, scopeId(1, 0)))
        .add(test::call(CUPTI_ACTIVITY_KIND_RUNTIME, 211, kBegin + 10, kBegin + 20, 0xFFFFFFFF))
        .add(test::call(CUPTI_ACTIVITY_KIND_RUNTIME, 311, kBegin + 30, kBegin + 40, 1));
    CUpti_ActivityKernel10 node = test::kernel(kBegin + 450, kBegin + 650, 1, "_Z4normPfi");
    node.graphNodeId = 9;
    first.add(node);
    second.add(test::kernel(kBegin + 100, kBegin + 400, 0xFFFFFFFF));
    Recording recording;
    recording.runs = {{kBegin, kBegin + 1000}};
    recording.graphNodes = {{9, 1}};
    BufferReader reader(*m_library, recording.activities);
    for (BufferMaker* buffer : {&first, &second, &calls}) reader.read(buffer->data(), buffer->bytes());
    auto records = test::layers(2);
    const auto profile = attribute(recording, records);
    ASSERT_TRUE(profile) << profile.error().text();
    EXPECT_EQ(records[0].medianNs, 300);
    EXPECT_EQ(records[1].medianNs, 200);
    EXPECT_EQ(profile->time.attributed(), 1);
    EXPECT_THAT(recording.activities.names, ::testing::Contains("norm"));
}

TEST_F(BufferReading, SaysWhatCuptiRefusesAndWhatToDo) {
    const Status refused = m_library->check(CUPTI_ERROR_INSUFFICIENT_PRIVILEGES, "recording kernels");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("recording kernels"));
    EXPECT_THAT(refused.error().text(), HasSubstr("CUPTI_ERROR_INSUFFICIENT_PRIVILEGES"));
    EXPECT_THAT(refused.error().text(), HasSubstr("administrator"));
    EXPECT_THAT(refused.error().text(), Not(HasSubstr("\n")));
    EXPECT_THAT(m_library->check(CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED, "attaching").error().text(),
                HasSubstr("another profiler"));
    EXPECT_TRUE(m_library->check(CUPTI_SUCCESS, "anything"));
}

TEST(CuptiLibrary, IsTakenFromThisVersionOn) {
    Library library;
    library.getResultString = [](CUptiResult, const char** text) {
        *text = "a name";
        return CUPTI_SUCCESS;
    };
    library.getVersion = [](std::uint32_t* version) {
        *version = 130'299;
        return CUPTI_SUCCESS;
    };
    EXPECT_TRUE(checkVersion(library));
    library.getVersion = [](std::uint32_t* version) {
        *version = 26;
        return CUPTI_SUCCESS;
    };
    const Status old = checkVersion(library);
    ASSERT_FALSE(old);
    EXPECT_THAT(old.error().text(), HasSubstr("too old"));
}

}  // namespace
}  // namespace trimtab::cupti
