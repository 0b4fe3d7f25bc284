// A model of more than 2 GB with external data runs within the memory of its weights once: mapped pages leave as their packed form is made.
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/formats/numpy/npy.h"
#include "core/ipc/client.h"
#include "core/ipc/messages.h"
#include "tests/support/model_builder.h"

namespace trimtab {
namespace {

constexpr std::int64_t kWidth = 4096, kLayers = 36;
constexpr std::int64_t kMatrixBytes = kWidth * kWidth * 4;
constexpr std::int64_t kWeightBytes = kMatrixBytes * kLayers;
static_assert(kWeightBytes > std::int64_t{1} << 31);

/// A chain of products. The files are sparse on disk: all weights are zero but the first of each matrix, which doubles.
std::string largeModel(const std::filesystem::path& folder) {
    support::ModelBuilder model;
    model.input("x", DataType::Float32, {1, kWidth});
    std::ofstream weights(folder / "weights.bin", std::ios::binary);
    std::string value = "x";
    for (std::int64_t layer = 0; layer < kLayers; ++layer) {
        const std::string index = std::to_string(layer);
        model.externalConstant("w" + index, DataType::Float32, {kWidth, kWidth}, "weights.bin", layer * kMatrixBytes, kMatrixBytes)
            .node("MatMul", {value, "w" + index}, {"h" + index});
        const float two = 2;
        weights.seekp(layer * kMatrixBytes).write(reinterpret_cast<const char*>(&two), sizeof two);
        value = "h" + index;
    }
    weights.close();
    std::filesystem::resize_file(folder / "weights.bin", static_cast<std::uintmax_t>(kWeightBytes));
    model.output(value).save(folder / "model.onnx");
    return (folder / "model.onnx").string();
}

/// The most that a process ever had in memory (VmHWM), files mapped into it included.
[[maybe_unused]] std::int64_t peakBytes(int process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string word; status >> word;) {
        if (word != "VmHWM:") continue;
        std::int64_t kilobytes = 0;
        status >> kilobytes;
        return kilobytes * 1024;
    }
    return 0;
}

TEST(LargeModel, RunsWithinTheMemoryOfItsWeightsOnce) {
    const auto folder = base::TemporaryFolder::create("trimtab-large").value();
    std::vector<float> ones(static_cast<std::size_t>(kWidth), 1.0F);
    ASSERT_TRUE(formats::numpy::writeNpy((folder.path() / "x.npy").string(), Tensor::fromFloats(Shape{1, kWidth}, ones)));
    ipc::WorkerOptions options;
    options.program = std::string(TRIMTAB_BIN_DIR) + "/trimtab-worker";
    const auto worker = ipc::WorkerClient::start(options).value();
    ipc::RunRequest request;
    request.model.model = largeModel(folder.path());
    request.inputFiles = {{"x", (folder.path() / "x.npy").string()}};
    request.saveOutputs = (folder.path() / "out").string();
    const auto answer = worker->call("run", ipc::toJson(request));
    ASSERT_TRUE(answer) << answer.error().text();
    const auto saved = std::filesystem::directory_iterator(folder.path() / "out")->path();
    const Tensor y = formats::numpy::readNpy(saved).value();
    EXPECT_EQ(y.data<float>()[0], std::ldexp(1.0F, kLayers));
    EXPECT_EQ(y.data<float>()[1], 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    // Beside the weights: the matrix that is being packed, and the program itself.
    EXPECT_LT(peakBytes(worker->processId()), kWeightBytes + (std::int64_t{256} << 20));
#endif
}

}  // namespace
}  // namespace trimtab
