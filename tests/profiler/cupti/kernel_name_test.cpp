#include "profiler/cupti/kernel_name.h"

#include <gtest/gtest.h>

namespace trimtab::cupti {
namespace {

TEST(KernelName, IsWhatPeopleCallIt) {
    EXPECT_EQ(kernelName("_ZN7trimtab4cuda12_GLOBAL__N_18streamedILi4EfEEvPKfPfi"), "streamed<4, float>");
    EXPECT_EQ(kernelName("_Z4fillPfi"), "fill");
    EXPECT_EQ(kernelName("_ZN1a1bILNS_1cE2EEEvv"), "b<(c)2>");
    EXPECT_EQ(kernelName("_ZN1aIiE1fEv"), "f");
}

TEST(KernelName, OfWhatIsNotMangledStays) {
    EXPECT_EQ(kernelName("sm90_xmma_gemm_bf16bf16_tn_n_tilesize64x64x64"), "sm90_xmma_gemm_bf16bf16_tn_n_tilesize64x64x64");
    EXPECT_EQ(kernelName("f"), "f") << "no type";
    EXPECT_EQ(kernelName("_Zbroken"), "_Zbroken");
    EXPECT_EQ(kernelName(""), "");
}

TEST(KernelName, IsNeverLong) {
    const std::string tag(120, 'x');
    EXPECT_EQ(kernelName(("_Z6KernelI" + std::to_string(tag.size()) + tag + "EvT_").c_str()), "Kernel<…>");
    EXPECT_LE(kernelName(std::string(500, 'k').c_str()).size(), 100U);
}

}  // namespace
}  // namespace trimtab::cupti
