// Weights that are no numbers.
#include <limits>

#include "tests/integration/hostile/hostile_model.h"

namespace trimtab::hostile {
namespace {

ModelBuilder withWeight(float odd) {
    std::vector<float> values(12, 0.5f);
    values[7] = odd;
    return withInput()
        .constant("w", Tensor::fromFloats({3, 4}, values))
        .node("MatMul", {"x", "w"}, {"y"}, {}, "encoder/product")
        .output("y");
}

TEST_F(Hostile, WeightsWithNaNAreNamedByTheirLayer) {
    const std::string model = save(withWeight(std::numeric_limits<float>::quiet_NaN()));
    expectRefused(model, "encoder/product");
    expectInfoShows(model, "encoder/product");
}

TEST_F(Hostile, InfiniteConstantsAreOrdinary) {
    const Tensor mask = Tensor::fromFloats({3}, {0, 0, -std::numeric_limits<float>::infinity()});
    const std::string model = save(withInput()
                                       .constant("mask", mask)
                                       .node("Add", {"x", "mask"}, {"masked"})
                                       .node("Softmax", {"masked"}, {"y"}, {Attr("axis", -1)})
                                       .output("y"));
    EXPECT_EQ(run("run", model).status, 0);
}

}  // namespace
}  // namespace trimtab::hostile
