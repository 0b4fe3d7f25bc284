// Extents that cannot be: negative, wrapping round, beyond every memory.
#include "tests/integration/hostile/hostile_model.h"

namespace trimtab::hostile {
namespace {

constexpr std::int64_t kHuge = std::int64_t{1} << 62;

TEST_F(Hostile, NegativeWeightDimsAreRefused) {
    expectRefused(save(withInput()
                           .externalConstant("w", DataType::Float32, {-3, 4}, "w.bin")
                           .node("MatMul", {"x", "w"}, {"y"}, {}, "product")
                           .output("y")),
                  "w");
    expectInfoShows(at("model.onnx"), "product");
}

TEST_F(Hostile, WeightDimsWhoseProductWrapsAreRefused) {
    write("w.bin", std::string(64, '\0'));
    // 2^32 × 2^32 elements wrap to 0, 2^62 × 4 bytes to 0 as well.
    for (const auto& dims : std::vector<std::vector<std::int64_t>>{
             {std::int64_t{1} << 32, std::int64_t{1} << 32}, {kHuge, 1}, {kHuge, 4}, {kHuge, kHuge, kHuge}}) {
        expectRefused(
            save(withInput().externalConstant("w", DataType::Float32, dims, "w.bin", 0, 64).node("Add", {"x", "w"}, {"y"}).output("y")),
            "w");
    }
}

TEST_F(Hostile, WeightsLargerThanTheirBytesAreRefused) {
    write("w.bin", std::string(64, '\0'));
    expectRefused(
        save(withInput().externalConstant("w", DataType::Float32, {1000000, 1000000}, "w.bin").node("Add", {"x", "w"}, {"y"}).output("y")),
        "w");
}

TEST_F(Hostile, InputsOfImpossibleExtentsAreRefused) {
    for (const auto& dims : std::vector<std::vector<support::DimSpec>>{{-2, 3}, {kHuge, kHuge}, {kHuge, 4}, {std::int64_t{1} << 40, 3}}) {
        const std::string model =
            save(ModelBuilder().input("x", DataType::Float32, dims).node("Relu", {"x"}, {"y"}, {}, "active").output("y"));
        for (const char* command : {"run", "bench", "eval", "sweep"}) {
            const Ran ran = run(command, model);
            EXPECT_TRUE(ran.status == 3 || ran.status == 1) << command << ": " << ran.status << ran.err;
            EXPECT_EQ(ran.err.find("worker process ended"), std::string::npos) << ran.err;
        }
    }
}

TEST_F(Hostile, ShapesOfTheCommandLineAreCheckedToo) {
    const std::string model = save(ModelBuilder().input("x", DataType::Float32, {"n"}).node("Relu", {"x"}, {"y"}).output("y"));
    const Ran ran = testing_cli::trimtab({"run", model, "--shape", "x=4611686018427387904", "--memory-limit", "512MB"});
    EXPECT_EQ(ran.status, 3) << ran.err;
    EXPECT_EQ(testing_cli::trimtab({"run", model, "--shape", "x=99999999999999999999"}).status, 2);
}

TEST_F(Hostile, NegativeKernelsStridesAndPadsAreRefused) {
    const Tensor kernel = Tensor::fromFloats({1, 1, 3, 3}, std::vector<float>(9, 1));
    for (const Attr& bad : {Attr("strides", {-1, 1}), Attr("strides", {0, 0}), Attr("dilations", {-4, 1}), Attr("pads", {-9, -9, -9, -9}),
                            Attr("group", 0), Attr("group", -1), Attr("kernel_shape", {5, 5})}) {
        expectFailsToRun(save(ModelBuilder()
                                  .input("x", DataType::Float32, {1, 1, 8, 8})
                                  .constant("w", kernel)
                                  .node("Conv", {"x", "w"}, {"y"}, {bad}, "conv")
                                  .output("y")),
                         {});
    }
}

}  // namespace
}  // namespace trimtab::hostile
