#include "core/trace/trace.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/trace/trace_codec.h"
#include "tests/core/trace/random_trace.h"

namespace trimtab::trace {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

Trace of(std::vector<Span> spans) {
    Trace trace;
    trace.names = {"a", "b"};
    trace.tracks = {"first", "second"};
    trace.spans = std::move(spans);
    return trace;
}

TEST(Trace, SortsSpansSoThatHoldersStandFirst) {
    Trace trace = of({{5, 1, 0, -1, 0}, {0, 3, 0, -1, 1}, {0, 2, 1, -1, 0}, {0, 9, 0, -1, 0}});
    EXPECT_FALSE(check(trace));
    sortSpans(trace);
    EXPECT_TRUE(check(trace));
    EXPECT_EQ(trace, of({{0, 9, 0, -1, 0}, {0, 2, 1, -1, 0}, {5, 1, 0, -1, 0}, {0, 3, 0, -1, 1}}));
    EXPECT_THAT(depths(trace), ElementsAre(0, 1, 1, 0));
}

TEST(Trace, TakesASpanThatBeginsWhereAnotherEndsAsItsNeighbour) {
    const Trace trace = of({{0, 10, 0}, {0, 4, 0}, {4, 6, 1}, {10, 2, 0}});
    EXPECT_TRUE(check(trace));
    EXPECT_THAT(depths(trace), ElementsAre(0, 1, 1, 0));
}

TEST(Trace, TakesASpanOfNoTimeAtTheEndOfAnotherAsInside) {
    const Trace trace = of({{0, 4, 0}, {4, 0, 1}});
    EXPECT_TRUE(check(trace));
    EXPECT_THAT(depths(trace), ElementsAre(0, 1));
}

TEST(Trace, RefusesWhatCannotHaveHappened) {
    EXPECT_FALSE(check(of({{0, 4, 0}, {2, 4, 1}}))) << "neither holds the other";
    EXPECT_FALSE(check(of({{-1, 4, 0}})));
    EXPECT_FALSE(check(of({{1, -4, 0}})));
    EXPECT_FALSE(check(of({{kLast, 1, 0}}))) << "beyond 64 bits";
    EXPECT_FALSE(check(of({{0, 4, 2}}))) << "no such name";
    EXPECT_FALSE(check(of({{0, 4, -1}})));
    EXPECT_FALSE(check(of({{0, 4, 0, -2}})));
    EXPECT_FALSE(check(of({{0, 4, 0, -1, 2}}))) << "no such track";
    Trace counted;
    counted.counters = {{"clock", "MHz", {{5, 1}, {4, 1}}}};
    EXPECT_FALSE(check(counted)) << "time goes back";
    EXPECT_TRUE(check(Trace{}));
}

TEST(TraceCodec, ReadsBackAnyTrace) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const Trace trace = randomTrace(seed, 40 * seed);
        ASSERT_TRUE(check(trace)) << check(trace).error().text();
        const auto again = unpacked(packed(trace));
        ASSERT_TRUE(again) << again.error().text();
        EXPECT_EQ(*again, trace) << seed;
    }
}

TEST(TraceCodec, TakesAFewBytesASpan) {
    const Trace trace = randomTrace(3, 100'000);
    EXPECT_LT(packed(trace).size(), 10 * trace.spans.size());
}

TEST(TraceCodec, NeitherFallsNorAcceptsNonsense) {
    const std::string good = packed(randomTrace(1, 30));
    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(unpacked(std::string_view(good).substr(0, size))) << size;
    base::Random random(2);
    for (int i = 0; i < 2000; ++i) {
        std::string bad = good;
        bad[random.below(bad.size())] = static_cast<char>(random.below(256));
        const auto trace = unpacked(bad);
        EXPECT_TRUE(!trace || check(*trace)) << i;
    }
    EXPECT_FALSE(unpacked("")) << "nothing at all";
}

}  // namespace
}  // namespace trimtab::trace
