// Bytes of pruned weights in each storage form, by hand; tests/kernels/cpu/storage_forms_test.cpp holds them against what kernels read.
#include "core/compress/storage_forms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/compress/compress.h"
#include "tests/core/compress/model.h"

namespace trimtab::compress {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

recipe::PruneSpec ofPattern(const std::string& pattern) {
    recipe::PruneSpec spec;
    spec.pattern = pattern;
    return spec;
}

TEST(StorageForms, TakeWhatTheirFormulasSay) {
    // 3 × 6 with 4 non-zeros: 2 of 4 at most of any aligned 4, blocks of 2 × 2: (0, 0), (1, 1), (1, 2).
    const std::vector<float> values{1, 0, 0, 0, 0, 0,  //
                                    0, 9, 0, 0, 0, 0,  //
                                    0, 0, 0, 2, 3, 0};
    EXPECT_THAT(storageForms(values, 3, 6, 32, 0, ofPattern("block 2x2")),
                UnorderedElementsAre(Pair("dense", 18 * 4), Pair("csr", 4 * 4 + 4 * 2 + 4 * 8), Pair("coo", 4 * 4 + 4 * 4),
                                     Pair("bsr 2x2", (4 + 2 + 2) * 4 + 3 * 2 + 3 * 8), Pair("bitmap", 4 * 4 + 3 * 8 + 4 * 8),
                                     Pair("packed 2:4", 3 * 16 * 4 + 3 * 16 * 2 / 8)));
}

TEST(StorageForms, HoldValuesAtTheirBitsWithTheirScales) {
    const std::vector<float> values{1, 0, 0, 2, 0, 0, 0, 3};
    const auto forms = storageForms(values, 2, 4, 4, 100, ofPattern("unstructured"));
    EXPECT_EQ(forms.at("dense"), 4 + 100);
    EXPECT_EQ(forms.at("csr"), 2 + 3 * 2 + 3 * 8 + 100) << "three values of four bits take two bytes";
    EXPECT_EQ(forms.at("bitmap"), 2 + 2 * 8 + 3 * 8 + 100);
    EXPECT_EQ(forms.at("packed 2:4"), 2 * 16 / 2 + 2 * 16 * 2 / 8 + 100);
}

TEST(StorageForms, WidenIndicesBeyond65536Places) {
    std::vector<float> values(70000, 0.0F);
    values[69999] = 1;
    const auto row = storageForms(values, 1, 70000, 32, 0, ofPattern("unstructured"));
    EXPECT_EQ(row.at("csr"), 4 + 4 + 2 * 8);
    EXPECT_EQ(row.at("bsr 4x4"), 4 * 4 + 2 + 2 * 8) << "17,500 blocks across, one row of the block exists";
    const auto column = storageForms(values, 70000, 1, 32, 0, ofPattern("unstructured"));
    EXPECT_EQ(column.at("csr"), 4 + 2 + 70001 * 8);
    EXPECT_EQ(column.at("coo"), 4 + 2 * 4);
}

TEST(StorageForms, ArePackedOnlyWhereNoGroupHoldsMore) {
    const std::vector<float> crowded{1, 1, 1, 0, 0, 0, 0, 0};
    EXPECT_FALSE(storageForms(crowded, 1, 8, 32, 0, ofPattern("2:4")).contains("packed 2:4"));
    EXPECT_TRUE(storageForms(crowded, 1, 8, 32, 0, ofPattern("3:4")).contains("packed 3:4"));
    EXPECT_TRUE(storageForms(crowded, 1, 8, 32, 0, ofPattern("unstructured")).contains("packed 4:8"));
    EXPECT_FALSE(storageForms(crowded, 1, 8, 32, 0, ofPattern("4:32")).contains("packed 4:32")) << "no kernel packs groups of 32";
}

TEST(StorageForms, AreToldOfPrunedLayersAlone) {
    const Model model = smallModel();
    const auto compressed = compress(model.graph, *recipe::parse(R"({"rules": [{"match": {"op": "MatMul"}, "prune": {"ratio": 0.75}}]})"));
    ASSERT_TRUE(compressed) << compressed.error().text();
    EXPECT_TRUE(compressed->layers[0].forms.empty());
    const auto& forms = compressed->layers[1].forms;  // 10 × 36, 90 of 360 left
    EXPECT_EQ(forms.at("dense"), 360 * 4);
    EXPECT_EQ(forms.at("dense"), compressed->layers[1].storedBytes);
    EXPECT_EQ(forms.at("csr"), 90 * 4 + 90 * 2 + 11 * 8);
}

TEST(StorageForms, OfPrunedIntegersKeepTheirScales) {
    const Model model = smallModel();
    const auto compressed = compress(model.graph, *recipe::parse(R"({"prune": {"pattern": "2:4"}, "weights": {"bits": 4, "group": 12}})"));
    ASSERT_TRUE(compressed) << compressed.error().text();
    const LayerCompression& layer = compressed->layers[1];  // 10 × 36, three scales a row
    EXPECT_EQ(layer.forms.at("dense"), layer.storedBytes);
    EXPECT_EQ(layer.forms.at("packed 2:4"), 10 * 2 * 16 / 2 + 10 * 2 * 4 + 10 * 3 * 4) << "36 columns are two units of 16 values";
    const auto half = compress(model.graph, *recipe::parse(R"({"prune": {"ratio": 0.5}, "weights": {"bits": 16, "format": "bf16"}})"));
    ASSERT_TRUE(half) << half.error().text();
    EXPECT_EQ(half->layers[1].forms.at("csr"), 180 * 2 + 180 * 2 + 11 * 8);
}

}  // namespace
}  // namespace trimtab::compress
