// The emulator tells of everything that a GPU would let pass or answer with a crash: in which kernel, which block, which thread.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/kernels/cuda/device_test.h"
#include "tests/kernels/cuda/emulator_kernels.h"

namespace trimtab::cuda {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

class EmulatorTest : public DeviceTest {
protected:
    /// What is said of the mistake over exactly `count` floats; empty if nothing is.
    static std::string report(Mistake mistake, std::size_t count = 64) {
        const auto data = array(std::vector<float>(count, 1.0F));
        const Status launched = launchMistake(stream(), mistake, static_cast<std::int64_t>(count), data.data());
        EXPECT_TRUE(launched) << "a failing kernel is told of at the next call, not by its own launch";
        const Status done = device().synchronize();
        EXPECT_TRUE(device().synchronize()) << "the failure is handed out once";
        return done ? "" : done.error().text();
    }
    static void expectReport(Mistake mistake, const std::string& words, std::size_t count = 64) {
        const std::string text = report(mistake, count);
        EXPECT_THAT(text, HasSubstr(words));
        EXPECT_THAT(text, HasSubstr("kernel trimtab::cuda::(anonymous namespace)::err("));
        EXPECT_THAT(text, HasSubstr("block (0, 0, 0), thread (37, 0, 0)"));
    }
};

TEST_F(EmulatorTest, saysNothingOfAKernelThatIsRight) { EXPECT_EQ(report(Mistake::None), ""); }

TEST_F(EmulatorTest, tellsWhichThreadWroteBehindAnAllocation) {
    expectReport(Mistake::WriteBehind, "an out-of-bounds write");
    expectReport(Mistake::WriteBehind, "0 bytes behind the end of a device allocation of 256 bytes");
}
TEST_F(EmulatorTest, tellsOfWritesIntoTheSlackOfAnOddSize) {
    EXPECT_THAT(report(Mistake::WriteBehind, 65), HasSubstr("a write behind a device allocation of 260 bytes"));
}
TEST_F(EmulatorTest, tellsOfAWriteBeforeAnAllocation) {
    EXPECT_THAT(report(Mistake::WriteBefore), HasSubstr("a write before a device allocation of 256 bytes"));
}
TEST_F(EmulatorTest, tellsWhichThreadReadBehindAnAllocation) {
    expectReport(Mistake::ReadBehind, "an out-of-bounds read");
    expectReport(Mistake::ReadBehind, "0 bytes behind the end");
    expectReport(Mistake::ReadFarBehind, "16384 bytes behind the end of a device allocation of 256 bytes");
}
TEST_F(EmulatorTest, tellsOfANullPointer) {
    // The second where all checks of undefined behaviour are compiled in.
    EXPECT_THAT(report(Mistake::NullPointer), AnyOf(HasSubstr("thread (37, 0, 0): an out-of-bounds read at 0, far from any allocation"),
                                                    HasSubstr("thread (37, 0, 0): an access through a null pointer")));
}
TEST_F(EmulatorTest, tellsOfMisalignedVectors) {
    expectReport(Mistake::MisalignedVector, "a misaligned access (4 beyond a multiple of 16)");
    expectReport(Mistake::MisalignedPair, "a misaligned access (4 beyond a multiple of 8)");
    expectReport(Mistake::MisalignedPair, "at emulator_kernels.cu:");
}
TEST_F(EmulatorTest, tellsOfAnIndexBehindASharedArray) {
    expectReport(Mistake::SharedIndex, "index 64 is outside of the array");
    EXPECT_THAT(report(Mistake::SharedPointer), HasSubstr("a write behind the shared array fixed"));
}
TEST_F(EmulatorTest, tellsOfAWriteOutsideOfDynamicSharedMemory) {
    expectReport(Mistake::DynamicShared, "0 bytes behind the end of the dynamic shared memory of 256 bytes");
    EXPECT_THAT(report(Mistake::DynamicSharedBefore), HasSubstr("a write before the dynamic shared memory"));
}
TEST_F(EmulatorTest, tellsOfAnIndexBehindAThreadsOwnArray) { expectReport(Mistake::LocalIndex, "index 4 is outside of the array"); }
TEST_F(EmulatorTest, tellsOfFixedSharedMemoryThatNoCompilerGrants) {
    EXPECT_THAT(report(Mistake::FixedSharedTooLarge), HasSubstr("larger than 48 KiB"));
}

TEST_F(EmulatorTest, tellsOfDivergentBarriers) {
    const std::string ended = report(Mistake::BarrierAfterReturn);
    EXPECT_THAT(ended, HasSubstr("thread (0, 0, 0): a divergent barrier: the thread waits at the barrier of emulator_kernels.cu:"));
    EXPECT_THAT(ended, HasSubstr("thread (32, 0, 0) has ended"));
    EXPECT_THAT(report(Mistake::TwoBarriers), HasSubstr("thread (32, 0, 0) waits at the barrier of emulator_kernels.cu:"));
}
TEST_F(EmulatorTest, tellsWhichLaneAWarpWaitsForInVain) {
    const std::string text = report(Mistake::MissingLane);
    EXPECT_THAT(text, HasSubstr("thread (32, 0, 0): a divergent warp: the thread waits in __shfl_sync at emulator_kernels.cu:"));
    EXPECT_THAT(text, HasSubstr("for the lanes 0xffffffff, of which 5 waits at the barrier"));
}
TEST_F(EmulatorTest, tellsOfAMaskWithoutItsOwnLane) { expectReport(Mistake::ForeignMask, "the lane is not in its own mask 0x1"); }
TEST_F(EmulatorTest, tellsOfMatrixLoadsThatNoTensorCoreTakes) {
    EXPECT_THAT(report(Mistake::PartialMatrixLoad), HasSubstr("loadMatrix4 needs the whole warp; lanes 0xffff are there"));
    expectReport(Mistake::MisalignedMatrixRow, "loadMatrix4: an address in shared memory that is not 16-byte aligned");
}
TEST_F(EmulatorTest, tellsOfAsynchronousCopiesThatNoGpuTakes) {
    expectReport(Mistake::CopyToGlobal, "copyAsync16: an address that is not in shared memory");
    expectReport(Mistake::MisalignedCopy, "copyAsync16: a global address that is not 16-byte aligned");
    expectReport(Mistake::CopyFromBehind, "0 bytes behind the end of a device allocation of 256 bytes");
}
TEST_F(EmulatorTest, tellsOfUndefinedArithmetic) {
    expectReport(Mistake::DivisionByZero, "a division of integers by zero");
    expectReport(Mistake::ShiftTooFar, "a shift by 32 bits");
}
TEST_F(EmulatorTest, tellsOfAFullStackAndOfATrap) {
    expectReport(Mistake::DeepRecursion, "the thread's stack is full");
    expectReport(Mistake::Trap, "__trap()");
}

TEST_F(EmulatorTest, showsAMissingBarrierAsPoison) {
    const auto out = uninitialised<int>(64);
    ASSERT_TRUE(launchMissingBarrier(stream(), out.data()));
    const auto values = read(out);
    EXPECT_GE(std::count(values.begin(), values.end(), -1), 16);  // about every second neighbour comes later
}
TEST_F(EmulatorTest, showsAMissingWaitAsPoison) {
    std::vector<int> numbers(256, 7);
    const auto in = array(numbers);
    for (const bool leavesOnePending : {false, true}) {
        const auto out = uninitialised<int>(256);
        ASSERT_TRUE(launchMissingWait(stream(), leavesOnePending, in.data(), out.data()));
        const auto values = read(out);
        EXPECT_EQ(std::count(values.begin(), values.end(), -1), 256);
    }
}
TEST_F(EmulatorTest, poisonsSharedMemoryOfEveryBlock) {
    const auto out = array(std::vector<float>(64, 0.0F));
    ASSERT_TRUE(launchUnwritten(stream(), out.data()));
    for (const float value : read(out)) EXPECT_TRUE(std::isnan(value));
}
TEST_F(EmulatorTest, runsBlocksInAnOrderThatShowsDependenceBetweenThem) {
    const auto flags = array(std::vector<int>(64, 0));
    const auto out = uninitialised<int>(64);
    ASSERT_TRUE(launchDependentBlocks(stream(), 64, flags.data(), out.data()));
    const auto values = read(out);
    EXPECT_LT(std::count(values.begin(), values.end(), 1), 64);
}

TEST_F(EmulatorTest, runsNothingMoreUntilAFailureWasHandedOut) {
    const auto data = array(std::vector<float>(64, 1.0F));
    ASSERT_TRUE(launchMistake(stream(), Mistake::Trap, 64, data.data()));
    EXPECT_FALSE(launchMistake(stream(), Mistake::None, 64, data.data()));
    EXPECT_FALSE(device().clear(data.data(), 4));
    EXPECT_FALSE(device().synchronize());
    EXPECT_TRUE(device().clear(data.data(), 4));
}

TEST_F(EmulatorTest, tellsOfMemoryThatWasGivenBack) {
    float* stale = array(std::vector<float>(64, 1.0F)).data();
    ASSERT_TRUE(launchMistake(stream(), Mistake::ReadBehind, 0, stale));
    const Status done = device().synchronize();
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().text(), HasSubstr("a device allocation, given back before, of 256 bytes"));
    EXPECT_FALSE(device().clear(stale, 4));
}
TEST_F(EmulatorTest, refusesCopiesBeyondAnAllocation) {
    const auto data = array(std::vector<float>(8, 1.0F));
    std::vector<float> host(9);
    EXPECT_FALSE(device().upload(data.data(), host.data(), 36));
    EXPECT_FALSE(device().download(host.data(), data.data() + 1, 32));
    EXPECT_FALSE(device().copy(data.data() + 4, data.data() + 5, 16));
    EXPECT_TRUE(device().copy(data.data() + 4, data.data(), 16));
    EXPECT_TRUE(device().synchronize());
}
TEST_F(EmulatorTest, refusesMoreMemoryThanItHas) {
    const auto free = device().freeBytes();
    const auto memory = device().allocate(free + 1);
    ASSERT_FALSE(memory);
    EXPECT_EQ(memory.error().code, ErrorCode::OutOfMemory);
    EXPECT_THAT(memory.error().message, HasSubstr(std::to_string(free + 1)));
    EXPECT_EQ(device().freeBytes(), free);
}

}  // namespace
}  // namespace trimtab::cuda
