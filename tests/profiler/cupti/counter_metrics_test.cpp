// What chips can count, by CUPTI's own tables: it works them out without a device.
#include "profiler/cupti/counter_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::cupti {
namespace {

using ::testing::HasSubstr;

class Metrics : public ::testing::Test {
protected:
    void SetUp() override {
        const auto opened = openCounterLibrary();
        if (!opened) GTEST_SKIP() << opened.error().text();
        m_library = *opened;
    }
    const CounterLibrary* m_library = nullptr;
};

TEST_F(Metrics, AreKnownOfEveryChipThatTheEngineIsBuiltFor) {
    for (const char* chip : {"GA100", "GA102", "AD102", "GH100"}) {
        const auto metrics = CounterMetrics::of(*m_library, chip);
        ASSERT_TRUE(metrics) << metrics.error().text();
        EXPECT_EQ(metrics->names().size(), 11U) << chip;
        EXPECT_FALSE(metrics->config().empty());
        EXPECT_GE(metrics->passes(), 1U);
        EXPECT_LE(metrics->passes(), 20U) << "each is a run";
    }
}

TEST_F(Metrics, ThatAChipLacksAreLeftOut) {
    const auto metrics = CounterMetrics::of(*m_library, "GB202");  // has no dram__bytes_read
    ASSERT_TRUE(metrics) << metrics.error().text();
    EXPECT_LT(metrics->names().size(), 11U);
    EXPECT_GE(metrics->names().size(), 5U) << "one that is lacking spoils no other";
}

TEST_F(Metrics, OfAChipThatNobodyKnowsAreRefused) {
    const auto metrics = CounterMetrics::of(*m_library, "ZZ999");
    ASSERT_FALSE(metrics);
    EXPECT_THAT(metrics.error().text(), HasSubstr("ZZ999"));
}

}  // namespace
}  // namespace trimtab::cupti
