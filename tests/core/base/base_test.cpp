// Small rooms of core/base: checked arithmetic, the memory budget, random numbers, figures as text, error codes.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/base/checked.h"
#include "core/base/memory_budget.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace trimtab::base {
namespace {

TEST(Checked, ProductsThatOverflowOrHaveNegativeFactorsHaveNoValue) {
    EXPECT_EQ(checkedProduct(std::vector<std::int64_t>{2, 3, 4}), 24);
    EXPECT_EQ(checkedProduct(std::vector<std::int64_t>{}), 1);
    EXPECT_FALSE(checkedProduct(std::vector<std::int64_t>{1LL << 40, 1LL << 40}));
    EXPECT_FALSE(checkedProduct(std::vector<std::int64_t>{-1, 5}));
    EXPECT_FALSE(checkedAdd(INT64_MAX, 1));
}

class BudgetTest : public testing::Test {
protected:
    void TearDown() override { MemoryBudget::process().setLimit(0); }
};

TEST_F(BudgetTest, RefusesWhatWouldNotFitAndKeepsCount) {
    MemoryBudget& budget = MemoryBudget::process();
    const std::int64_t before = budget.used();
    budget.setLimit(before + 1000);
    ASSERT_TRUE(budget.reserve(600));
    const Status second = budget.reserve(500);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::OutOfMemory);
    EXPECT_EQ(budget.used(), before + 600);
    EXPECT_FALSE(budget.reserve(INT64_MAX));
    budget.release(600);
    EXPECT_EQ(budget.used(), before);
}

TEST(Random, GivesTheSameNumbersEverywhere) {
    Random random(42);
    const std::uint64_t first = random.next();
    Random again(42);
    EXPECT_EQ(again.next(), first);
    EXPECT_NE(Random(43).next(), first);
}

TEST(Random, HasTheMomentsThatItsDistributionsPromise) {
    Random random(1);
    double sum = 0, squares = 0;
    constexpr int kCount = 100000;
    for (int i = 0; i < kCount; ++i) {
        const double value = random.normal();
        sum += value;
        squares += value * value;
        ASSERT_LT(random.below(7), 7U);
        const double u = random.uniform();
        ASSERT_TRUE(u >= 0 && u < 1);
    }
    EXPECT_NEAR(sum / kCount, 0, 0.02);
    EXPECT_NEAR(squares / kCount, 1, 0.02);
}

TEST(Units, AreWrittenAsPeopleReadThem) {
    EXPECT_EQ(formatBytes(512), "512 B");
    EXPECT_EQ(formatBytes(5200000), "5.20 MB");
    EXPECT_EQ(formatCount(1310000), "1.31 M");
    EXPECT_EQ(formatCount(42), "42");
    EXPECT_EQ(formatMilliseconds(1.234), "1.23 ms");
    EXPECT_EQ(formatMilliseconds(0.456), "456 µs");
    EXPECT_EQ(formatMilliseconds(2100), "2.10 s");
    EXPECT_EQ(formatRatio(1.834), "1.83×");
}

TEST(ErrorCode, NamesComeBackAndExitStatusesFollowTheContract) {
    for (const ErrorCode code : {ErrorCode::Usage, ErrorCode::Refused, ErrorCode::Unsupported, ErrorCode::NotFound, ErrorCode::Io,
                                 ErrorCode::OutOfMemory, ErrorCode::Cancelled, ErrorCode::WorkerDied, ErrorCode::Failed})
        EXPECT_EQ(errorCodeFromName(name(code)), code);
    EXPECT_EQ(exitStatus(ErrorCode::Usage), 2);
    EXPECT_EQ(exitStatus(ErrorCode::Refused), 3);
    EXPECT_EQ(exitStatus(ErrorCode::Unsupported), 3);
    EXPECT_EQ(exitStatus(ErrorCode::OutOfMemory), 1);
}

}  // namespace
}  // namespace trimtab::base
