#include "core/formats/safetensors/checkpoint.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "tests/core/formats/safetensors/composed.h"

namespace trimtab::formats::safetensors {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;

std::string oneTensor(const std::string& name, const std::string& bytes) {
    return composed(fmt::format(R"({{"{}":{{"dtype":"U8","shape":[{}],"data_offsets":[0,{}]}}}})", name, bytes.size(), bytes.size()),
                    bytes);
}

class Checkpoints : public testing::Test {
protected:
    const std::filesystem::path& folder() const { return m_folder.path(); }
    std::string refusal() const {
        const auto read = readCheckpoint(folder());
        return read ? "was read" : read.error().text();
    }

    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("checkpoint");
};

TEST_F(Checkpoints, OfOneFile) {
    write(folder() / "model.safetensors", oneTensor("w", "abc"));
    const auto read = readCheckpoint(folder());
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_THAT(read->tensors, ElementsAre(Key("w")));
    EXPECT_THAT(read->files, ElementsAre("model.safetensors"));
}

TEST_F(Checkpoints, OfShardsThatAnIndexLists) {
    write(folder() / "model-1.safetensors", oneTensor("a", "1"));
    write(folder() / "model-2.safetensors", oneTensor("b", "22"));
    write(folder() / "model.safetensors.index.json",
          R"({"metadata":{"total_size":3},"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})");
    const auto read = readCheckpoint(folder());
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_THAT(read->tensors, ElementsAre(Key("a"), Key("b")));
    EXPECT_EQ(read->tensors.at("b").elementCount(), 2);
    EXPECT_THAT(read->files, ElementsAre("model-1.safetensors", "model-2.safetensors"));
}

TEST_F(Checkpoints, ThroughTheLinksOfAHuggingFaceCacheAndNoOthers) {
    const auto cache = folder() / "models--some--model";
    std::filesystem::create_directories(cache / "blobs");
    std::filesystem::create_directories(cache / "snapshots" / "main");
    write(cache / "blobs" / "0123456789abcdef", oneTensor("w", "abc"));
    std::filesystem::create_symlink("../../blobs/0123456789abcdef", cache / "snapshots" / "main" / "model.safetensors");
    const auto read = readCheckpoint(cache / "snapshots" / "main");
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_THAT(read->tensors, ElementsAre(Key("w")));
    write(folder() / "elsewhere", oneTensor("w", "abc"));
    std::filesystem::create_symlink("elsewhere", folder() / "model.safetensors");
    EXPECT_FALSE(readCheckpoint(folder()));
}

TEST_F(Checkpoints, SaysWhatIsMissing) {
    EXPECT_THAT(refusal(), HasSubstr("no model.safetensors"));
    write(folder() / "model.safetensors.index.json", R"({"weight_map":{"a":"model-1.safetensors"}})");
    EXPECT_THAT(refusal(), HasSubstr("model-1.safetensors"));
    write(folder() / "model-1.safetensors", oneTensor("b", "1"));
    EXPECT_THAT(refusal(), HasSubstr("a is not in model-1.safetensors"));
    for (const char* elsewhere : {"../model-1.safetensors", "sub/model-1.safetensors", "weights.bin"}) {
        write(folder() / "model.safetensors.index.json", fmt::format(R"({{"weight_map":{{"b":"{}"}}}})", elsewhere));
        EXPECT_THAT(refusal(), HasSubstr(elsewhere));
    }
    write(folder() / "model-2.safetensors", oneTensor("c", "1"));
    write(folder() / "model.safetensors.index.json", R"({"weight_map":{"b":"model-2.safetensors","c":"model-1.safetensors"}})");
    EXPECT_THAT(refusal(), HasSubstr("b is not in model-2.safetensors"));
    write(folder() / "model.safetensors.index.json", R"({"weight_map":{"b":3}})");
    EXPECT_THAT(refusal(), HasSubstr("names no file for b"));
    write(folder() / "model.safetensors.index.json", "{}");
    EXPECT_THAT(refusal(), HasSubstr("has no weight_map"));
}

TEST_F(Checkpoints, TakeTheWholeFileBeforeAnIndexThatWasLeftBehind) {
    write(folder() / "model-1.safetensors", oneTensor("old", "1"));
    write(folder() / "model.safetensors.index.json", R"({"weight_map":{"old":"model-1.safetensors"}})");
    write(folder() / "model.safetensors", oneTensor("new", "2"));
    EXPECT_THAT(readCheckpoint(folder())->tensors, ElementsAre(Key("new")));
}

TEST_F(Checkpoints, RefusesANameThatStandsInTwoShards) {
    write(folder() / "model-1.safetensors", oneTensor("a", "1"));
    write(folder() / "model-2.safetensors", oneTensor("a", "2"));
    write(folder() / "model.safetensors.index.json", R"({"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}})");
    EXPECT_THAT(refusal(), HasSubstr("a stands in another file already"));
}

}  // namespace
}  // namespace trimtab::formats::safetensors
