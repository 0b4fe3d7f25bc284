// Folders of codes whose tensors or fields are not what the packing says, each refused by the name of what is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/formats/huggingface/folder.h"
#include "core/tensor/convert.h"
#include "tests/core/formats/huggingface/altered_checkpoint.h"

namespace trimtab::formats::huggingface {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string kQuery = "model.layers.0.self_attn.q_proj";

/// REQUIRES: the element is of T.
template <class T>
Tensor altered(const Tensor& tensor, std::size_t at, T value) {
    Tensor changed = tensor.clone().value();
    changed.mutableData<T>()[at] = value;
    return changed;
}

class CodesOfFolders : public testing::Test {
protected:
    template <class Change>
    std::string refusal(const std::string& name, const Change& change) const {
        AlteredCheckpoint made(std::filesystem::path(TRIMTAB_SOURCE_DIR) / "tests/core/formats/huggingface/statements/quantized" / name);
        change(made);
        made.write(m_folder.path());
        const auto bare = read(m_folder.path(), false);
        const auto folder = read(m_folder.path());
        if (folder) return "was read";
        EXPECT_TRUE(folder.error().code == ErrorCode::Refused || folder.error().code == ErrorCode::Unsupported) << folder.error().text();
        m_isKnownUnread = !bare;
        return folder.error().text();
    }

    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("codes");
    mutable bool m_isKnownUnread = false;  // whether the same is said without reading weights
};

TEST_F(CodesOfFolders, ComeThroughWritingAsTheyAre) {
    for (const char* name : {"awq", "gptq_4_ordered", "compressed_mixed", "float8_blocks"})
        EXPECT_EQ(refusal(name, [](AlteredCheckpoint&) {}), "was read") << name;
}

TEST_F(CodesOfFolders, NeedEveryTensorOfTheirPacking) {
    const auto without = [&](const std::string& name, const std::string& part) {
        const std::string tensor = kQuery + "." + part, said = refusal(name, [&](AlteredCheckpoint& made) { made.tensors.erase(tensor); });
        EXPECT_TRUE(m_isKnownUnread) << tensor;
        return said;
    };
    for (const char* part : {"qzeros", "scales"}) {
        EXPECT_THAT(without("awq", part), HasSubstr("the checkpoint has no " + kQuery + "." + part));
        EXPECT_THAT(without("gptq_3", part), HasSubstr("the checkpoint has no " + kQuery + "." + part));
    }
    EXPECT_THAT(without("gptq_4", "qweight"), HasSubstr("the checkpoint has no " + kQuery + ".weight"));
    EXPECT_THAT(without("compressed_8", "weight_packed"), HasSubstr("the checkpoint has no " + kQuery + ".weight_packed"));
    EXPECT_THAT(without("compressed_8", "weight_shape"), HasSubstr("the checkpoint has no " + kQuery + ".weight_shape"));
    EXPECT_THAT(without("compressed_4", "weight_scale"), HasSubstr("the checkpoint has no " + kQuery + ".weight_scale"));
    EXPECT_THAT(without("compressed_bytes", "weight"), HasSubstr("the checkpoint has no " + kQuery + ".weight"));
    EXPECT_THAT(without("compressed_mixed", "weight_scale"), HasSubstr("the tensors of " + kQuery + " are of none of the 2 config_groups"));
    EXPECT_THAT(without("float8_blocks", "weight_scale_inv"), HasSubstr("the checkpoint has no " + kQuery + ".weight_scale_inv"));
    EXPECT_THAT(without("float8_blocks", "weight"), HasSubstr("the checkpoint has no " + kQuery + ".weight"));
}

TEST_F(CodesOfFolders, NeedTensorsOfTheShapeAndTypeThatTheConfigAsksFor) {
    const auto as = [&](const std::string& name, const std::string& part, const auto& other) {
        return refusal(name, [&](AlteredCheckpoint& made) {
            Tensor& tensor = made.tensors.at(kQuery + "." + part);
            tensor = other(tensor.clone().value());
        });
    };
    const auto flat = [](const Tensor& tensor) { return tensor.reshaped(Shape{tensor.elementCount()}); };
    const auto turned = [](const Tensor& tensor) { return tensor.reshaped(Shape{tensor.shape()[1], tensor.shape()[0]}); };
    const auto wide = [](const Tensor& tensor) { return tensor::convert(tensor, DataType::Int64).value(); };
    EXPECT_THAT(as("awq", "qweight", turned), HasSubstr("q_proj.qweight is [4, 32], and the config asks for [32, 4]"));
    EXPECT_THAT(as("awq", "qzeros", flat), HasSubstr("q_proj.qzeros is [16], and the config asks for [4, 4]"));
    EXPECT_THAT(as("awq", "scales", flat), HasSubstr("q_proj.scales is [128], and the config asks for [4, 32]"));
    EXPECT_THAT(as("awq", "qweight", wide), HasSubstr("q_proj.qweight is of type int64, not int32"));
    EXPECT_THAT(as("gptq_4", "g_idx", wide), HasSubstr("q_proj.g_idx is of type int64, not int32"));
    EXPECT_THAT(as("gptq_3", "qweight", turned), HasSubstr("q_proj.qweight is [32, 3], and the config asks for [3, 32]"));
    EXPECT_THAT(as("gptq_3", "scales", wide), HasSubstr("q_proj.scales is of type int64, not float32 or float16 or bfloat16"));
    EXPECT_THAT(as("compressed_4", "weight_packed", turned), HasSubstr("q_proj.weight_packed is [4, 32], and the config asks for [32, 4]"));
    EXPECT_THAT(as("compressed_4", "weight_scale", flat), HasSubstr("q_proj.weight_scale is [128], and the config asks for [32, 4]"));
    EXPECT_THAT(as("compressed_4", "weight_zero_point", flat),
                HasSubstr("q_proj.weight_zero_point is [16], and the config asks for [4, 4]"));
    EXPECT_THAT(as("compressed_4_older", "weight_zero_point", flat), HasSubstr("and the config asks for [32, 4]"));
    EXPECT_THAT(as("compressed_bytes", "weight", flat), HasSubstr("q_proj.weight is [1024], and the config asks for [32, 32]"));
    EXPECT_THAT(as("float8_blocks", "weight_scale_inv", turned),
                HasSubstr("q_proj.weight_scale_inv is [2, 3], and the config asks for [3, 2]"));
    EXPECT_THAT(refusal("compressed_8",
                        [](AlteredCheckpoint& made) {
                            made.tensors[kQuery + ".weight_shape"] = Tensor::fromInt64s(Shape{2}, {32, 31});
                        }),
                HasSubstr("q_proj.weight_shape says [32, 31], and the config asks for [32, 32]"));
}

TEST_F(CodesOfFolders, AreRefusedWhereWhatTheyStandForIsNotKnown) {
    EXPECT_THAT(refusal("gptq_4",
                        [](AlteredCheckpoint& made) {
                            Tensor& zeros = made.tensors.at(kQuery + ".qzeros");
                            zeros = altered<std::int32_t>(zeros, 1, 0xf0);
                        }),
                HasSubstr("q_proj.qzeros holds 15, which some readers of checkpoint_format gptq take for 16 and others for 0"));
    EXPECT_THAT(refusal("gptq_4_ordered",
                        [](AlteredCheckpoint& made) {
                            Tensor& zeros = made.tensors.at(kQuery + ".qzeros");
                            const std::vector<std::int32_t> words(16, INT32_MIN + 0x8888888);
                            zeros = Tensor::fromValues(DataType::Int32, zeros.shape(), words);
                        }),
                AllOf(HasSubstr("q_proj.qzeros holds 8 throughout"), HasSubstr("checkpoint_format gptq_v2")));
    EXPECT_THAT(refusal("gptq_4_ordered",
                        [](AlteredCheckpoint& made) {
                            Tensor& groups = made.tensors.at(kQuery + ".g_idx");
                            groups = Tensor::fromValues(DataType::Int32, groups.shape(), std::vector<std::int32_t>(32, 0));
                        }),
                HasSubstr("q_proj.g_idx puts input 8 into group 0: with groups of 8 inputs each it would be 1"));
    for (const std::int32_t group : {-1, 4, INT32_MAX})
        EXPECT_THAT(refusal("gptq_4",
                            [&](AlteredCheckpoint& made) {
                                Tensor& groups = made.tensors.at(kQuery + ".g_idx");
                                groups = altered(groups, 0, group);
                            }),
                    HasSubstr("q_proj.g_idx puts input"));
    EXPECT_THAT(refusal("awq",
                        [](AlteredCheckpoint& made) {
                            Tensor& scales = made.tensors.at(kQuery + ".scales");
                            scales = altered<std::uint16_t>(scales, 3, 0x7c00);
                        }),
                HasSubstr("q_proj.scales holds a number that is not finite"));
    EXPECT_THAT(refusal("float8_blocks",
                        [](AlteredCheckpoint& made) {
                            Tensor& weight = made.tensors.at(kQuery + ".weight");
                            weight = altered<std::uint8_t>(weight, 5, 0x7f);
                        }),
                HasSubstr("q_proj.weight holds a code that is no finite number"));
    const auto withWeights = [&](const char* name, const char* key, const Json& value) {
        return refusal(name, [&](AlteredCheckpoint& made) { made.quantization()["config_groups"]["group_0"]["weights"][key] = value; });
    };
    EXPECT_THAT(refusal("compressed_mx4",
                        [](AlteredCheckpoint& made) {
                            Tensor& scales = made.tensors.at(kQuery + ".weight_scale");
                            scales = altered<std::uint8_t>(scales, 3, 255);
                        }),
                HasSubstr("q_proj.weight_scale holds a number that is not finite"));
    EXPECT_THAT(withWeights("compressed_mx4", "group_size", 16), HasSubstr("has groups of 32 inputs, and the config says otherwise"));
    EXPECT_THAT(withWeights("compressed_4", "symmetric", true),
                HasSubstr("weight_zero_point holds zero points, and the config says that weights are symmetric"));
    EXPECT_THAT(withWeights("compressed_bytes", "num_bits", 6), HasSubstr("which is no code of 6 bits"));
}

TEST_F(CodesOfFolders, ReadBiasesThatAreNoneAndNameTheOthers) {
    const auto biased = [](float value) {
        return [value](AlteredCheckpoint& made) {
            made.tensors[kQuery + ".bias"] = Tensor::fromFloats(Shape{32}, std::vector<float>(32, value));
        };
    };
    EXPECT_EQ(refusal("gptq_4", biased(0)), "was read");
    EXPECT_THAT(read(m_folder.path())->problems, testing::IsEmpty());
    EXPECT_EQ(refusal("gptq_4", biased(1)), "was read");
    EXPECT_THAT(read(m_folder.path())->problems, testing::ElementsAre(HasSubstr("q_proj.bias has no place")));
}

TEST_F(CodesOfFolders, AreRefusedByTheFieldThatIsNotRead) {
    const auto with = [&](const std::string& name, const Json& fields) {
        return refusal(name, [&](AlteredCheckpoint& made) { made.quantization().update(fields); });
    };
    EXPECT_THAT(with("awq", {{"quant_method", "bitsandbytes"}}),
                AllOf(HasSubstr("config.json"), HasSubstr("quantization_config: quant_method bitsandbytes is not read yet; awq, gptq, ")));
    EXPECT_THAT(with("awq", {{"quant_method", "mxfp4"}}), HasSubstr("quant_method mxfp4 is not read yet"));
    EXPECT_THAT(with("awq", {{"version", "gemv"}}), HasSubstr("version gemv of AWQ is not read yet; gemm is"));
    EXPECT_THAT(with("awq", {{"bits", 8}}), HasSubstr("bits is 8; of AWQ 4 are read"));
    EXPECT_THAT(with("awq", {{"group_size", 0}}), HasSubstr("group_size is 0, which is neither -1 nor in 1"));
    EXPECT_THAT(with("awq", {{"group_size", 5}}), HasSubstr("no whole groups of 5"));
    EXPECT_THAT(with("gptq_4", {{"bits", 5}}), HasSubstr("bits is 5; of GPTQ 2, 3, 4 and 8 are read"));
    EXPECT_THAT(with("gptq_4", {{"checkpoint_format", "marlin"}}), HasSubstr("checkpoint_format marlin is not read yet"));
    EXPECT_THAT(with("gptq_4", {{"pack_dtype", "int16"}}), HasSubstr("pack_dtype int16"));
    EXPECT_THAT(with("gptq_4", {{"dynamic", {{".*down.*", {{"bits", 8}}}}}}), HasSubstr("dynamic gives .*down.*"));
    EXPECT_EQ(with("gptq_4", {{"dynamic", {{"-:lm_head", Json::object()}}}}), "was read");
    EXPECT_THAT(with("float8_blocks", {{"weight_block_size", {128}}}),
                HasSubstr("weight_block_size is [128], which are no rows and columns"));
    EXPECT_THAT(with("float8_blocks", {{"weight_block_size", {0, 128}}}), HasSubstr("weight_block_size is [0,128]"));
    EXPECT_THAT(with("float8_blocks", {{"fmt", "int8"}}), HasSubstr("fmt int8 is not read yet"));
    EXPECT_THAT(with("compressed_4", {{"format", "nvfp4-pack-quantized"}}),
                HasSubstr("config_groups.group_0: format nvfp4-pack-quantized is not read yet"));
    EXPECT_THAT(with("compressed_4", {{"sparsity_config", {{"format", "sparse-24-bitmask"}}}}), HasSubstr("sparse-24-bitmask is not read"));
    EXPECT_THAT(with("compressed_4", {{"config_groups", Json::object()}}), HasSubstr("config_groups holds no groups"));
    EXPECT_THAT(with("compressed_4", {{"config_groups", {{"a", {{"weights", nullptr}}}}}}), HasSubstr("config_groups.a: has no weights"));
    EXPECT_THAT(with("compressed_4", {{"format", "float-quantized"}}), HasSubstr("weights of type int with 4 bits are not read as float"));
    EXPECT_THAT(refusal("awq", [](AlteredCheckpoint& made) { made.quantization() = 3; }), HasSubstr("quantization_config: is no object"));
    EXPECT_THAT(refusal("awq", [](AlteredCheckpoint& made) { made.quantization() = Json::object(); }), HasSubstr("quant_method"));
}

TEST_F(CodesOfFolders, AreNoTablesOfTokensAndNotDrawn) {
    EXPECT_THAT(refusal("awq",
                        [](AlteredCheckpoint& made) {
                            for (const char* part : {"qweight", "qzeros", "scales"})
                                made.tensors[std::string("model.embed_tokens.") + part] = made.tensors.at(kQuery + "." + part);
                        }),
                HasSubstr("model.embed_tokens.weight stands as codes, which only a product of [outputs, inputs] reads"));
    const auto drawn = readRandom(m_folder.path(), 1);
    ASSERT_FALSE(drawn);
    EXPECT_THAT(drawn.error().text(), HasSubstr("quantization_config: weights are drawn as plain numbers"));
}

}  // namespace
}  // namespace trimtab::formats::huggingface
