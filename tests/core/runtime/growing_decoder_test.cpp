// Caches that are handed on behind rows that the mask hides, and texts that are filled up: the shapes of many steps are the same, and what
// is answered stays what it is without. Graphs that would see the rows, or count them, get none.
#include "core/runtime/generation/growing_decoder.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference_engine.h"
#include "tests/core/runtime/exported_decoder.h"

namespace trimtab::runtime {
namespace {

using Tokens = std::vector<std::int64_t>;

constexpr std::int64_t kVocabulary = 16;

struct PlanCounter final : trace::NodeListener {
    int plans = 0;
    void beginNode(std::int32_t layer) override { plans += layer == trace::kPlanning ? 1 : 0; }
    void endNode(std::int32_t) override {}
};

std::unique_ptr<Decoder> decoderOf(Engine& engine, Exported kind) {
    auto model = growingDecoder(exportedDecoder(kind));
    EXPECT_TRUE(model) << model.error().text();
    auto decoder = GrowingDecoder::make(engine, std::move(*model), {}, 2, kExportedTokens);
    EXPECT_TRUE(decoder) << decoder.error().text();
    return std::move(*decoder);
}

/// Reads a text to the last token that there is room for, in parts, twice. Plans of each time; none of them for the prompt and the step
/// behind it where these were planned for beforehand.
std::vector<int> plansOf(Exported kind, bool keepsShapes) {
    const auto engine = cpu::makeCpuEngine(1);
    const auto reference = ref::makeReferenceEngine();
    const auto decoder = decoderOf(*engine, kind), beside = decoderOf(*reference, kind);
    EXPECT_EQ(decoder->plansEachStep(), !keepsShapes);
    EXPECT_FALSE(beside->plansEachStep());
    const double rounding = kind == Exported::HalfCaches ? 1e-2 : 1e-4;
    std::vector<int> plans;
    for (const bool again : {false, true}) {
        EXPECT_TRUE(decoder->prepare(5));
        PlanCounter counter;
        decoder->listen(&counter);
        for (std::int64_t step = 0; decoder->lengths().front() < kExportedTokens; ++step) {
            const std::size_t part = step == 0 ? 5 : step == 70 ? 11 : 1;
            const std::vector<Tokens> next{Tokens(part, step * 5 % kVocabulary), Tokens(part, step * 3 % kVocabulary)};
            const auto got = decoder->feed(next), wanted = beside->feed(next);
            if (!got || !wanted) {
                ADD_FAILURE() << "step " << step << " of " << again << ": " << (got ? wanted : got).error().text();
                return {};
            }
            for (std::size_t i = 0; i < wanted->size(); ++i)
                EXPECT_NEAR((*got)[i], (*wanted)[i], rounding) << "step " << step << ", logit " << i;
            if (keepsShapes && step < 2) {
                EXPECT_EQ(counter.plans, 0) << "step " << step;
            }
        }
        decoder->listen(nullptr);
        decoder->clear();
        beside->clear();
        plans.push_back(counter.plans);
    }
    return plans;
}

TEST(GrowingDecoder, StepsOfManyLengthsShareAPlanWhereTheMaskHidesRows) {
    // Rows run out at 64 and 128 tokens, and eleven tokens at once are a shape of their own.
    for (const Exported kind : {Exported::GivenPositions, Exported::HalfCaches, Exported::LimitedRows})
        for (const int plans : plansOf(kind, true)) EXPECT_LE(plans, 4) << static_cast<int>(kind);
}

TEST(GrowingDecoder, WhatWouldSeeMoreRowsIsPlannedForEveryLength) {
    for (const Exported kind : {Exported::CountedRows, Exported::UnreadMask, Exported::WholeText})
        for (const int plans : plansOf(kind, false)) EXPECT_GE(plans, 140) << static_cast<int>(kind);
}

}  // namespace
}  // namespace trimtab::runtime
