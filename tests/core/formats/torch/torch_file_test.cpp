// Files that PyTorch wrote (statements/save.py) and files that were composed to do harm.
#include "core/formats/torch/torch_file.h"

#include <fcntl.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/formats/huggingface/folder.h"
#include "core/formats/model_file.h"
#include "core/formats/safetensors/checkpoint.h"
#include "core/tensor/convert.h"
#include "tests/core/formats/torch/composed_torch.h"

namespace trimtab::formats::torch {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::filesystem::path data(const std::string& name) {
    return std::filesystem::path(TRIMTAB_SOURCE_DIR) / "tests/core/formats/torch/statements/data" / name;
}

Result<std::vector<NamedTensor>> readFile(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_GE(descriptor, 0) << path;
    return readTensors(descriptor, path.filename().string());
}

std::string contentOf(const std::filesystem::path& path) { return base::readFile(path, 1 << 20).value(); }

class TorchFiles : public testing::Test {
protected:
    std::filesystem::path file() const { return m_folder.path() / "pytorch_model.bin"; }
    std::string said(const Result<std::vector<NamedTensor>>& read) const {
        if (read) return "was read";
        EXPECT_EQ(read.error().code, ErrorCode::Refused) << read.error().text();
        return read.error().text();
    }
    /// Of a pickle beside one storage of four numbers of float32.
    std::string refusal(const std::string& pickle) const {
        writeArchive(file(), {{"archive/data.pkl", pickle}, {"archive/data/0", std::string(16, '\1')}});
        return said(readFile(file()));
    }
    std::string refusal(const std::string& storage, std::int64_t offset, const std::vector<std::int64_t>& size,
                        const std::vector<std::int64_t>& stride) const {
        return refusal(dictionary({{"w", tensor(storage, offset, size, stride)}}));
    }

    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("torch");
};

TEST_F(TorchFiles, HoldWhatPyTorchWrote) {
    const auto read = readFile(data("tensors.bin"));
    ASSERT_TRUE(read) << read.error().text();
    const Json expected = base::readJsonFile(data("expected.json").string()).value();
    ASSERT_EQ(read->size(), expected.size());
    for (const auto& [name, tensor] : *read) {
        SCOPED_TRACE(name);
        const Json& wanted = expected.at(name);
        EXPECT_EQ(tensor::name(tensor.type()), wanted["dtype"].get<std::string>());
        EXPECT_EQ(tensor.shape().dims(), wanted["shape"].get<std::vector<std::int64_t>>());
        const auto values = wanted["values"].get<std::vector<double>>();
        ASSERT_EQ(tensor.elementCount(), static_cast<std::int64_t>(values.size()));
        for (std::size_t i = 0; i < values.size(); ++i)
            EXPECT_EQ(tensor::elementAsDouble(tensor, static_cast<std::int64_t>(i)), values[i]) << i;
    }
}

TEST_F(TorchFiles, ShareTheBytesOfASharedStorage) {
    const auto read = readFile(data("tensors.bin"));
    ASSERT_TRUE(read);
    std::map<std::string, Tensor> tensors;
    for (const auto& [name, tensor] : *read) tensors[name] = tensor;
    EXPECT_EQ(tensors["row"].bytes().data(), tensors["whole"].bytes().data() + 40 * sizeof(float));
}

TEST_F(TorchFiles, PassOverTheAttributesOfAStateDict) {
    const auto read = readFile(data("module.bin"));
    ASSERT_TRUE(read) << read.error().text();
    ASSERT_EQ(read->size(), 2U);
    EXPECT_EQ((*read)[0].name, "weight");
    EXPECT_EQ((*read)[0].tensor.shape(), (Shape{1, 2}));
    EXPECT_EQ((*read)[1].name, "bias");
}

TEST_F(TorchFiles, AreReadWhereAFolderHasNoSafetensors) {
    const auto wanted = huggingface::read(data("sharded"));
    ASSERT_TRUE(wanted) << wanted.error().text();
    for (const auto& entry : std::filesystem::directory_iterator(data("sharded")))
        if (entry.path().extension() != ".safetensors") std::filesystem::copy_file(entry.path(), m_folder.path() / entry.path().filename());
    const auto read = huggingface::read(m_folder.path());
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_THAT(read->problems, ElementsAre());
    ASSERT_EQ(read->graph.values.size(), wanted->graph.values.size());
    for (std::size_t i = 0; i < read->graph.values.size(); ++i) {
        const auto &got = read->graph.values[i].constant, &other = wanted->graph.values[i].constant;
        ASSERT_EQ(got.has_value(), other.has_value());
        if (got) {
            EXPECT_EQ(tensor::toFloats(*got->clone()), tensor::toFloats(*other->clone())) << read->graph.values[i].name;
        }
    }
    EXPECT_EQ(huggingface::folderHash(m_folder.path()).value(), huggingface::folderHash(data("sharded")).value());
    EXPECT_EQ(formats::filesOf(m_folder.path()).size(), 4U);
    std::filesystem::remove(m_folder.path() / "pytorch_model-00002-of-00002.bin");
    EXPECT_THAT(huggingface::read(m_folder.path()).error().text(), HasSubstr("pytorch_model-00002-of-00002.bin"));
}

TEST_F(TorchFiles, ThatHoldMoreThanTensorsAreRefusedByWhatItIs) {
    EXPECT_THAT(said(readFile(data("training.bin"))), HasSubstr("epoch is a whole number, and no tensor"));
    EXPECT_THAT(said(readFile(data("whole_module.pt"))), HasSubstr("names torch.nn.modules.linear.Linear, which is no part"));
    EXPECT_THAT(said(readFile(data("older.bin"))), HasSubstr("is not a readable PyTorch archive"));
}

TEST_F(TorchFiles, RunNothingThatTheyName) {
    const std::string command = "touch " + (m_folder.path() / "ran").string();
    EXPECT_THAT(refusal("\x80\x02" + named("os", "system") + tuple({text(command)}) + "R."),
                AllOf(HasSubstr("names os.system, which is no part of a dictionary of tensors: nothing is run here"),
                      HasSubstr("byte 2 of data.pkl"), HasSubstr("pytorch_model.bin")));
    EXPECT_FALSE(std::filesystem::exists(m_folder.path() / "ran"));
    const std::vector<std::pair<std::string, std::string>> others{{"builtins", "eval"},
                                                                  {"torch", "load"},
                                                                  {"torch._utils", "_rebuild_tensor_v3"},
                                                                  {"torch.storage", "UntypedStorage"},
                                                                  {"collections", "Counter"},
                                                                  {"", ""}};
    for (const auto& [module, name] : others)
        EXPECT_THAT(refusal("\x80\x02" + named(module, name) + "."), HasSubstr(fmt::format("names {}.{},", module, name)));
    // Every other way of a pickle to reach a name or to call one.
    for (const char opcode :
         {'i', 'o', '\x81', '\x82', '\x83', '\x84', '\x92', '\x93', 'P', 'd', 'l', 'I', 'S', 'V', 'F', 'p', 'g', '\x8b'})
        EXPECT_THAT(refusal(std::string("\x80\x02}") + opcode + "os\nsystem\n."),
                    HasSubstr(fmt::format("holds the opcode 0x{:02x}", static_cast<unsigned char>(opcode))));
}

TEST_F(TorchFiles, AreRefusedWherePicklesMakeNoSense) {
    const std::string start = "\x80\x02";
    EXPECT_THAT(refusal(""), HasSubstr("ends within an opcode"));
    EXPECT_THAT(refusal("\x80\x04."), HasSubstr("protocol 4"));
    EXPECT_THAT(refusal(start + "."), HasSubstr("describes no dictionary"));
    EXPECT_THAT(refusal(start + "N."), HasSubstr("describes no dictionary"));
    EXPECT_THAT(refusal(start + "u"), HasSubstr("a mark that is not there"));
    EXPECT_THAT(refusal(start + "}(Nu."), HasSubstr("sets a key without a value"));
    EXPECT_THAT(refusal(start + "N(NNu."), HasSubstr("sets items of a dictionary where there is none"));
    EXPECT_THAT(refusal(start + "\x86."), HasSubstr("takes from an empty stack"));
    EXPECT_THAT(refusal(start + "R"), HasSubstr("calls with arguments where there is none"));
    EXPECT_THAT(refusal(start + "N)R"), HasSubstr("calls a name where there is none"));
    EXPECT_THAT(refusal(start + "h\x07"), HasSubstr("recalls number 7"));
    EXPECT_THAT(refusal(start + "q"), HasSubstr("ends within an opcode"));
    EXPECT_THAT(refusal(start + "X\xff\xff\xff\xff" + "ab"), HasSubstr("ends within an opcode"));
    EXPECT_THAT(refusal(start + "\x8a\x09" + "123456789"), HasSubstr("a number of 9 bytes"));
    EXPECT_THAT(refusal(start + "NQ"), HasSubstr("reads a persistent id where there is none"));
    EXPECT_THAT(refusal(start + ")Q"), HasSubstr("a persistent id is not that of a storage"));
    EXPECT_THAT(refusal(start + "Nb"), HasSubstr("sets attributes of a dictionary where there is none"));
    EXPECT_THAT(refusal(start + "Na"), HasSubstr("appends to a list where there is none"));
    EXPECT_THAT(refusal(start + "ccollections\nOrdered"), HasSubstr("ends within an opcode"));
    EXPECT_THAT(refusal(start + named("collections", "OrderedDict") + "(NtR."),
                HasSubstr("calls collections.OrderedDict with 1 arguments"));
    EXPECT_THAT(refusal(start + "}(NNu."), HasSubstr("a key is None, not a text"));
    EXPECT_THAT(refusal(start + "}(" + text("a") + "]u."), HasSubstr("a is a list, and no tensor"));
}

TEST_F(TorchFiles, MayHoldThemselvesAndEndAllTheSame) {
    // d = {}; d["a"] = d
    EXPECT_THAT(refusal(std::string("\x80\x02}q\0", 5) + text("a") + std::string("h\0s.", 4)),
                HasSubstr("a is a dictionary, and no tensor"));
    // 200,000 tuples, each in the next
    EXPECT_THAT(refusal("\x80\x02)" + std::string(200'000, '\x85') + "."), HasSubstr("describes no dictionary"));
}

TEST_F(TorchFiles, KeepTensorsWithinTheirStorages) {
    const std::string four = storage("0", 4);
    EXPECT_EQ(refusal(four, 0, {2, 2}, {2, 1}), "was read");
    EXPECT_EQ(refusal(four, 3, {1, 1}, {9, 9}), "was read") << "a stride that is never taken";
    EXPECT_EQ(refusal(four, 4, {0, 7}, {7, 1}), "was read") << "nothing";
    EXPECT_THAT(refusal(four, 1, {2, 2}, {2, 1}),
                HasSubstr("w is [2, 2] with strides [2, 1] from element 1 on, which a storage of 4 elements does not hold"));
    EXPECT_THAT(refusal(four, 0, {5}, {1}), HasSubstr("does not hold"));
    EXPECT_THAT(refusal(four, 0, {2, 2}, {3, 1}), HasSubstr("does not hold"));
    EXPECT_THAT(refusal(four, 0, {1LL << 40}, {0}), HasSubstr("does not hold")) << "one number over and over";
    EXPECT_THAT(refusal(four, 0, {1LL << 32, 1LL << 32}, {1LL << 32, 1}), HasSubstr("does not hold"));
    EXPECT_THAT(refusal(four, INT64_MAX, {2}, {INT64_MAX}), HasSubstr("does not hold"));
    EXPECT_THAT(refusal(four, 0, {-1}, {1}), HasSubstr("size holds what is no count"));
    EXPECT_THAT(refusal(four, 0, {2}, {-1}), HasSubstr("stride holds what is no count"));
    EXPECT_THAT(refusal(four, -1, {2}, {1}), HasSubstr("no offset within it"));
    EXPECT_THAT(refusal(four, 0, {2}, {1, 1}), HasSubstr("has 1 axes and 2 strides"));
    EXPECT_THAT(refusal(four, 0, std::vector<std::int64_t>(65, 1), {}), HasSubstr("at most 64 numbers"));
    EXPECT_THAT(refusal(dictionary({{"w", tensor(four, 0, {1}, {1})}, {"w", tensor(four, 0, {1}, {1})}})), HasSubstr("w stands twice"));
}

TEST_F(TorchFiles, HoldStoragesAsLongAsTheyAreSaid) {
    EXPECT_THAT(refusal(storage("0", 5), 0, {1}, {1}), HasSubstr("w lies in data/0, which holds 16 bytes and not 5 of float32"));
    EXPECT_THAT(refusal(storage("0", INT64_MAX), 0, {1}, {1}), HasSubstr("which holds 16 bytes and not"));
    EXPECT_THAT(refusal(storage("0", 4, "HalfStorage"), 0, {1}, {1}), HasSubstr("16 bytes and not 4 of float16"));
    EXPECT_THAT(refusal(storage("1", 4), 0, {1}, {1}), HasSubstr("holds no data/1"));
    EXPECT_THAT(refusal(storage("../data.pkl", 4), 0, {1}, {1}), HasSubstr("holds no data/../data.pkl"));
    EXPECT_THAT(refusal(storage("0", 4, "QInt8Storage"), 0, {1}, {1}), HasSubstr("names torch.QInt8Storage"));
    EXPECT_THAT(refusal(storage("0", -4), 0, {1}, {1}), HasSubstr("not that of a storage"));
}

TEST_F(TorchFiles, AreArchivesOfStoredEntriesWithOnePickle) {
    const auto refusalOfArchive = [&](const std::vector<std::pair<std::string, std::string>>& entries, bool compressed = false) {
        writeArchive(file(), entries, compressed);
        return said(readFile(file()));
    };
    const std::string pickle = dictionary({});
    EXPECT_EQ(refusalOfArchive({{"a/data.pkl", pickle}, {"a/byteorder", "little"}}), "was read");
    EXPECT_THAT(refusalOfArchive({{"a/data.pkl", pickle}, {"a/byteorder", "big"}}), HasSubstr("whose first byte is the highest"));
    EXPECT_THAT(refusalOfArchive({{"a/other", pickle}}), HasSubstr("holds no data.pkl"));
    EXPECT_THAT(refusalOfArchive({{"a/data.pkl", pickle}, {"b/data.pkl", pickle}}), HasSubstr("in two places"));
    EXPECT_THAT(refusalOfArchive({{"a/data.pkl", std::string(1000, 'N')}}, true), HasSubstr("holds data.pkl compressed"));
    std::ofstream(file()) << "PK";
    EXPECT_THAT(said(readFile(file())), HasSubstr("is not a readable PyTorch archive"));
}

TEST_F(TorchFiles, AreNeverReadOutsideWhereBytesWereChanged) {
    const std::string whole = contentOf(data("tensors.bin"));
    base::Random random(9);
    int read = 0;
    for (int i = 0; i < 1500; ++i) {
        std::string changed = whole;
        for (int k = 0; k < 2; ++k) changed[random.below(changed.size())] = static_cast<char>(random.below(256));
        if (i % 4 == 0) changed.resize(random.below(whole.size()));
        std::ofstream(file(), std::ios::binary).write(changed.data(), static_cast<std::streamsize>(changed.size()));
        const auto tensors = readFile(file());
        if (!tensors) continue;
        ++read;
        for (const auto& [name, tensor] : *tensors)
            for (const std::byte byte : tensor.bytes()) EXPECT_LE(std::to_integer<int>(byte), 255);
    }
    EXPECT_GT(read, 0) << "padding may change";
}

TEST_F(TorchFiles, OfAnyOtherNameAreRefusedWithTheWayOut) {
    for (const char* name : {"model.pt", "model.pth", "last.ckpt"}) {
        std::filesystem::copy_file(data("module.bin"), m_folder.path() / name);
        const auto model = formats::readModel(m_folder.path() / name);
        ASSERT_FALSE(model);
        EXPECT_EQ(model.error().code, ErrorCode::Refused);
        EXPECT_THAT(model.error().text(), AllOf(HasSubstr(name), HasSubstr("weights_only=True), 'model.safetensors')"),
                                                HasSubstr("torch.onnx.export(model, inputs, 'model.onnx')")));
    }
}

}  // namespace
}  // namespace trimtab::formats::torch
