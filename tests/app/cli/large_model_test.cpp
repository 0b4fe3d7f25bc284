// A model whose weights are larger than what is read without being asked: one external file, mostly a hole.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/file.h"
#include "core/base/json.h"
#include "tests/app/cli/command_line.h"
#include "tests/support/model_builder.h"

namespace trimtab::testing_cli {
namespace {

TEST(LargeModel, IsDescribedWithoutBeingHashedUnlessAsked) {
    const auto folder = *base::TemporaryFolder::create("large");
    const std::string model = (folder.path() / "model.onnx").string();
    constexpr std::int64_t kWidth = 9000, kBytes = kWidth * kWidth * 4;  // 324 MB
    support::ModelBuilder()
        .input("x", DataType::Float32, {1, kWidth})
        .externalConstant("w", DataType::Float32, {kWidth, kWidth}, "weights", 0, kBytes)
        .node("MatMul", {"x", "w"}, {"y"})
        .output("y")
        .save(model);
    std::ofstream(folder.path() / "weights").close();
    std::filesystem::resize_file(folder.path() / "weights", kBytes);

    const Ran plain = trimtab({"info", model, "--json"});
    ASSERT_EQ(plain.status, 0) << plain.err;
    const Json described = base::parseJson(plain.out, "info").value();
    EXPECT_EQ(described["hash"], "");
    EXPECT_EQ(described["parameters"], kWidth * kWidth);
    const Ran hashed = trimtab({"info", model, "--json", "--hash"});
    ASSERT_EQ(hashed.status, 0) << hashed.err;
    EXPECT_EQ(base::parseJson(hashed.out, "info").value()["hash"].get<std::string>().size(), 64U);
}

}  // namespace
}  // namespace trimtab::testing_cli
