// Files that are cut short, changed at random places, or no models at all.
#include "core/base/random.h"
#include "tests/integration/hostile/hostile_model.h"

namespace trimtab::hostile {
namespace {

ModelBuilder soundModel() {
    return withInput()
        .constant("w", Tensor::fromFloats({3, 4}, std::vector<float>(12, 0.5f)))
        .node("MatMul", {"x", "w"}, {"h"}, {}, "product")
        .node("Relu", {"h"}, {"y"}, {}, "active")
        .output("y", DataType::Float32, {2, 4});
}

TEST_F(Hostile, TruncatedModelsAreRefused) {
    const std::string bytes = soundModel().bytes();
    for (const double share : {0.1, 0.35, 0.6, 0.85, 0.99}) {
        const auto kept = static_cast<std::size_t>(share * static_cast<double>(bytes.size()));
        expectRefused(write("cut.onnx", bytes.substr(0, kept)), "cut.onnx", {3});
    }
}

TEST_F(Hostile, FilesThatAreNoModelsAreRefused) {
    expectRefused(write("empty.onnx", ""));
    expectRefused(write("text.onnx", "this is not a model\n"));
    expectRefused(write("zeros.onnx", std::string(4096, '\0')));
    std::filesystem::create_directory(at("folder.onnx"));
    expectRefused(at("folder.onnx"), "folder.onnx", {1, 3});
    EXPECT_NE(run("info", at("empty.onnx")).status, -1);
}

TEST_F(Hostile, MutatedModelsNeverEndTheWorker) {
    const std::string bytes = soundModel().bytes();
    base::Random random(17);
    for (int round = 0; round < 40; ++round) {
        std::string mutated = bytes;
        for (int change = 0; change < 3; ++change) mutated[random.below(mutated.size())] = static_cast<char>(random.below(256));
        const std::string model = write("mutated.onnx", mutated);
        for (const char* command : {"info", "run"}) {
            const Ran ran = run(command, model);
            EXPECT_TRUE(ran.status == 0 || ran.status == 1 || ran.status == 3)
                << command << " in round " << round << ": " << ran.status << " " << ran.err;
            EXPECT_EQ(ran.err.find("worker process ended"), std::string::npos) << command << " in round " << round << ": " << ran.err;
        }
    }
}

TEST_F(Hostile, InfoShowsASoundModel) { expectInfoShows(save(soundModel()), "product"); }

}  // namespace
}  // namespace trimtab::hostile
