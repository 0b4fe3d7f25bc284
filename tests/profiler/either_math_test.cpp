// Which of two maths forms a product of compression.
#include "profiler/worker/either_math.h"

#include <gtest/gtest.h>

#include "profiler/worker/engines.h"
#include "tests/core/compress/product_checks.h"

namespace trimtab::worker {
namespace {

/// Counts what it is asked for; without memory where it is told so.
class Counted final : public compress::PlainMath {
public:
    Counted(int& asked, bool isFull) : m_asked(asked), m_isFull(isFull) {}
    Status multiply(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const Operand& a, const Operand& b, float beta, float* c,
                    std::int64_t strideC) override {
        ++m_asked;
        if (m_isFull) return fail(ErrorCode::OutOfMemory, "full");
        return PlainMath::multiply(m, n, k, alpha, a, b, beta, c, strideC);
    }
    Result<std::unique_ptr<compress::GramSum>> gramSum(std::int64_t) override {
        ++m_asked;
        return nullptr;
    }

private:
    int& m_asked;
    bool m_isFull;
};

class EitherMathTest : public testing::Test {
protected:
    std::unique_ptr<compress::TensorMath> either(bool farIsFull = false) {
        return makeEitherMath(std::make_unique<Counted>(m_far, farIsFull), std::make_unique<Counted>(m_near, false));
    }
    static void square(compress::TensorMath& math, std::int64_t size) {
        const std::vector<float> a(static_cast<std::size_t>(size * size), 1.0F);
        std::vector<float> c(a.size());
        ASSERT_TRUE(math.multiply(size, size, size, 1, {a.data(), size, false}, {a.data(), size, true}, 0, c.data(), size));
        EXPECT_EQ(c.back(), static_cast<float>(size));
    }
    int m_far = 0, m_near = 0;
};

TEST_F(EitherMathTest, SmallProductsStayWhereTheyLieAndLargeOnesTravel) {
    const auto math = either();
    square(*math, 64);  // 2·64³ operations on 3·64²·4 bytes: 11 a byte
    EXPECT_EQ(m_far, 0);
    EXPECT_EQ(m_near, 1);
    square(*math, 640);  // 107 a byte
    EXPECT_EQ(m_far, 1);
    EXPECT_EQ(m_near, 1);
    ASSERT_TRUE(math->gramSum(8));
    EXPECT_EQ(m_far, 2) << "sums are kept far away, if anywhere";
}

TEST_F(EitherMathTest, WhatFindsNoMemoryFarAwayIsFormedHere) {
    const auto math = either(true);
    square(*math, 640);
    EXPECT_EQ(m_far, 1);
    EXPECT_EQ(m_near, 1);
}

TEST_F(EitherMathTest, FormsTheProductsThatThreeLoopsForm) {
    const std::int64_t sizes[] = {1, 5, 33};
    compress::expectProductsOfThreeLoops(*either(), sizes, 20);
}

TEST(TensorMathOf, IsTheProcessorsWhereTheEngineBringsNone) {
    for (const std::string& name : builtInEngineNames()) {
        const auto engine = makeEngine(name, 1);
        ASSERT_TRUE(engine) << engine.error().text();
        EXPECT_FALSE((*engine)->tensorMath());
        const std::int64_t sizes[] = {1, 5, 33};
        compress::expectProductsOfThreeLoops(*tensorMathOf(**engine), sizes, 5);
    }
}

}  // namespace
}  // namespace trimtab::worker
