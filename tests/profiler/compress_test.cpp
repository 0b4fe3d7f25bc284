// "compress": what becomes of the file that is to be written over.
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/ipc/messages.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/workbench.h"
#include "tests/support/model_builder.h"

namespace trimtab::worker {
namespace {

class CompressToFile : public testing::Test {
protected:
    CompressToFile() {
        support::ModelBuilder model;
        model.input("x", DataType::Float32, {2, 8}).constant("w", Tensor::zeros(DataType::Float32, {8, 4}).value());
        model.node("MatMul", {"x", "w"}, {"y"}).output("y").save(at("model.onnx"));
        m_request.model.model = at("model.onnx");
        m_request.model.recipe = recipe::parse(R"({"weights": {"bits": 8}})").value();
        m_request.output = at("small.onnx");
    }
    /// Cancelled when it begins to say this.
    Result<Json> compressUntil(const std::string& step) {
        bool cancelled = false;
        const Call call{[&](double, const std::string& doing) { cancelled = cancelled || doing == step; }, [&] { return cancelled; }};
        return compress(ipc::toJson(m_request), m_bench, call);
    }
    std::string at(const std::string& name) const { return (m_folder.path() / name).string(); }

    base::TemporaryFolder m_folder = base::TemporaryFolder::create("trimtab-compress").value();
    ipc::CompressRequest m_request;
    Workbench m_bench;
};

TEST_F(CompressToFile, LeavesTheOldFileWhereItIsStoppedBeforeTheNewOneWasReadBack) {
    ASSERT_TRUE(base::writeFileAtomically(m_request.output, "precious"));
    ASSERT_TRUE(base::writeFileAtomically(m_request.output + ".data", "weights"));
    const auto stopped = compressUntil("reading the file back");
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(*base::readFile(m_request.output, 100), "precious");
    EXPECT_EQ(*base::readFile(m_request.output + ".data", 100), "weights");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(m_folder.path()), {}), 3) << "no draft stays beside it";
}

TEST_F(CompressToFile, ReplacesTheOldFileByOneThatWasReadBack) {
    ASSERT_TRUE(base::writeFileAtomically(m_request.output, "old"));
    const auto done = compressUntil("never");
    ASSERT_TRUE(done) << done.error().text();
    const auto answer = ipc::compressAnswerFromJson(*done).value();
    EXPECT_EQ(std::filesystem::file_size(m_request.output), static_cast<std::uintmax_t>(answer.fileBytes));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(m_folder.path()), {}), 2);
}

}  // namespace
}  // namespace trimtab::worker
