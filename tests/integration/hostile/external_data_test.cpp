// Weights in other files: outside the model's folder, behind links, not where or not as long as they say.
#include <filesystem>
#include <unistd.h>

#include "tests/integration/hostile/hostile_model.h"

namespace trimtab::hostile {
namespace {

class External : public Hostile {
protected:
    void SetUp() override {
        std::filesystem::create_directory(at("models"));
        write("secret.bin", std::string(48, 'x'));
        write("models/weights.bin", std::string(48, '\0'));
    }
    std::string modelReading(const std::string& location, std::int64_t offset = 0, std::int64_t length = 48) {
        return save(withInput()
                        .externalConstant("w", DataType::Float32, {3, 4}, location, offset, length)
                        .node("MatMul", {"x", "w"}, {"y"}, {}, "product")
                        .output("y", DataType::Float32, {2, 4}),
                    "models/model.onnx");
    }
};

TEST_F(External, BesideTheModelIsRead) { EXPECT_EQ(run("run", modelReading("weights.bin")).status, 0); }

TEST_F(External, AboveTheFolderIsRefused) {
    expectRefused(modelReading("../secret.bin"), "secret.bin");
    expectRefused(modelReading("./sub/../../secret.bin"), "secret.bin");
    expectInfoShows(at("models/model.onnx"), "product");
}

TEST_F(External, WithAnAbsolutePathIsRefused) {
    expectRefused(modelReading(at("secret.bin")), "secret.bin");
    expectRefused(modelReading("/etc/passwd"), "passwd");
}

TEST_F(External, BehindASymlinkIsRefused) {
    std::filesystem::create_symlink(at("secret.bin"), at("models/link.bin"));
    expectRefused(modelReading("link.bin"), "link.bin");
    std::filesystem::create_directory_symlink(at(""), at("models/folder"));
    expectRefused(modelReading("folder/secret.bin"), "secret.bin");
}

TEST_F(External, BehindAHardLinkIsRefusedUnlessTrusted) {
    ASSERT_EQ(::link(at("secret.bin").c_str(), at("models/hard.bin").c_str()), 0);
    const std::string model = modelReading("hard.bin");
    expectRefused(model, "hard.bin");
    EXPECT_EQ(testing_cli::trimtab({"run", model, "--trust-links"}).status, 0);
}

TEST_F(External, ThatIsMissingOrTooShortIsRefused) {
    expectRefused(modelReading("missing.bin"), "missing.bin", {1, 3});
    expectRefused(modelReading("weights.bin", 0, 4096), "'w'");
    expectRefused(modelReading("weights.bin", 40, 48), "weights.bin");
    expectRefused(modelReading("weights.bin", std::int64_t{1} << 62, std::int64_t{1} << 62), "'w'");
    expectRefused(modelReading("weights.bin", 0, 12), "'w'");
    expectRefused(modelReading(""), {});
}

TEST_F(External, ThatIsNoRegularFileIsRefused) {
    expectRefused(modelReading("."), {});
    EXPECT_EQ(::symlink("/dev/zero", at("models/zero.bin").c_str()), 0);
    expectRefused(modelReading("zero.bin"), "zero.bin");
}

}  // namespace
}  // namespace trimtab::hostile
