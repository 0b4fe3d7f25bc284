#pragma once
// ONNX file → Graph, through the official protobuf messages. Every file is hostile: sizes are checked against the bytes that are there
// before anything is allocated; external data stays beneath the model's folder; recursion in functions is refused; nesting of subgraphs is
// limited.
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::formats::onnx {

struct ReadOptions {
    bool readWeights = true;   // false: initializers get their type only (Value::weightsUnread), small integer ones (shapes) are still read
    bool trustLinks = false;   // accept hard-linked external data
    std::optional<std::uint64_t> randomWeights = {};  // of formats::readModel: the seed from which a config.json's weights are drawn
    bool tolerant = false;     // for `info`: problems are listed instead of refusing, where something can still be shown
};

struct ReadResult {
    Graph graph;               // functions inlined, nodes sorted, shapes as declared (not yet inferred)
    std::vector<std::string> problems;
    std::int64_t fileBytes = 0;      // model file and external data
};

/// Refused (with the reason) for anything that is not a sound ONNX model: truncated, cyclic, undefined names, wrong sizes, `..`, absolute,
/// symlinked or hard-linked external data, self-calling functions, nesting above 32.
Result<ReadResult> read(const std::filesystem::path& path, const ReadOptions& options = {});

/// The same for a file that a folder names, which nobody chose by hand: opened beneath it (base::openBeneath).
Result<ReadResult> readBeneath(const std::filesystem::path& folder, const std::string& name, const ReadOptions& options = {});

/// The same for a model in memory; external data lies beneath `folder`. Tensors view `bytes` while `owner` lives, and are copied when it is
/// null.
Result<ReadResult> readBytes(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const std::filesystem::path& folder,
                             const ReadOptions& options = {});

/// SHA-256 over the model file and, by name and content, its external data.
Result<std::string> modelHash(const std::filesystem::path& path);
/// The model file and those of its external data that are there.
std::vector<std::filesystem::path> filesOf(const std::filesystem::path& path);

/// A value of a backend test (input_0.pb): one tensor, a sequence of them, or an optional that holds either or nothing.
struct StoredValue {
    bool isEmpty = false;
    bool isSequence = false;
    std::vector<Tensor> tensors;
};
/// `type`: as the model declares it. bfloat16 recorded as the uint16 of its bits, as early test data have it, is read as bfloat16.
Result<StoredValue> readValueFile(const std::filesystem::path& path, const graph::ValueType& type);
/// A TensorProto file.
Result<Tensor> readTensorFile(const std::filesystem::path& path);

}  // namespace trimtab::formats::onnx
