#include "core/formats/onnx/reader.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <climits>
#include <exception>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/formats/onnx/graph_import.h"
#include "core/formats/onnx/wire.h"

namespace trimtab::formats::onnx {
namespace {

// A level of nesting is three messages (graph, node, attribute); the rest leaves room for the types at the leaves.
constexpr int kProtobufRecursion = 3 * kMaxGraphNesting + 16;

Status parse(const std::string& bytes, google::protobuf::MessageLite& message) {
    if (bytes.size() > static_cast<std::size_t>(INT_MAX)) return fail(ErrorCode::Refused, "is larger than 2 GiB without its weights");
    google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
    google::protobuf::io::CodedInputStream coded(&stream);
    coded.SetTotalBytesLimit(static_cast<int>(bytes.size()));
    coded.SetRecursionLimit(kProtobufRecursion);
    if (!message.ParseFromCodedStream(&coded) || !coded.ConsumedEntireMessage())
        return fail(ErrorCode::Refused, "is damaged: a part of it cannot be decoded, or nests types too deeply");
    return {};
}

Result<std::map<std::string, int>> readOpsets(ImportContext& context, const ::onnx::ModelProto& model) {
    std::map<std::string, int> opsets;
    for (const auto& import : model.opset_import()) {
        if (import.version() < 1 || import.version() > 1'000'000)
            TRIMTAB_REQUIRE(context.problem({ErrorCode::Refused, fmt::format("imports the impossible version {} of the operator set {}",
                                                                             import.version(), cited(import.domain()))}));
        else opsets[normalDomain(import.domain())] = static_cast<int>(import.version());
    }
    if (model.opset_import_size() == 0 && model.ir_version() < 3) opsets[""] = 1;  // the field came with IR version 3
    if (opsets.empty())
        TRIMTAB_REQUIRE(
            context.problem({ErrorCode::Refused, "imports no operator set (opset_import is missing), so its nodes have no meaning"}));
    return opsets;
}

Status registerFunctions(ImportContext& context, const ::onnx::ModelProto& model) {
    for (const auto& function : model.functions()) {
        const auto key = std::pair(normalDomain(function.domain()), function.name());
        if (!context.functions.emplace(key, &function).second)
            TRIMTAB_REQUIRE(context.problem(
                {ErrorCode::Refused, fmt::format("defines the function {} twice", cited(function.domain() + "." + function.name()))}));
    }
    return {};
}

Result<ReadResult> importModel(const ::onnx::ModelProto& model, const Skeleton& skeleton, TensorLoader& tensors,
                               const ReadOptions& options) {
    if (!model.has_graph()) return fail(ErrorCode::Refused, "holds no graph; this is not an ONNX model");
    ImportContext context{options, tensors};
    if (model.ir_version() <= 0) TRIMTAB_REQUIRE(context.problem({ErrorCode::Refused, "states no IR version; this is not an ONNX model"}));
    TRIMTAB_TRY(const auto opsets, readOpsets(context, model));
    TRIMTAB_REQUIRE(registerFunctions(context, model));
    TRIMTAB_REQUIRE(checkExpansion(context, model.graph()));
    ReadResult result;
    TRIMTAB_TRY(result.graph, importGraph(context, model.graph(), nullptr, opsets, skeleton.payloads));
    if (result.graph.outputs.empty()) TRIMTAB_REQUIRE(context.problem({ErrorCode::Refused, "has no outputs"}));
    result.graph.producer = model.producer_name();
    result.problems = std::move(context.problems);
    return result;
}

Result<ReadResult> readUnguarded(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const std::filesystem::path& folder,
                                 const ReadOptions& options) {
    if (bytes.empty()) return fail(ErrorCode::Refused, "is empty");
    TRIMTAB_TRY(const Skeleton skeleton, scanModel(bytes));
    google::protobuf::Arena arena;
    auto* model = google::protobuf::Arena::CreateMessage<::onnx::ModelProto>(&arena);
    TRIMTAB_REQUIRE(parse(skeleton.bytes, *model));
    TensorLoader tensors(folder, options.trustLinks, std::move(owner));
    TRIMTAB_TRY(ReadResult result, importModel(*model, skeleton, tensors, options));
    result.fileBytes = static_cast<std::int64_t>(bytes.size()) + tensors.externalBytes();
    return result;
}

template <class T>
Result<T> withContext(Result<T> result, const std::string& context) {
    if (!result && result.error().context.empty()) result.error().context = context;
    return result;
}

}  // namespace

Result<ReadResult> readBytes(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const std::filesystem::path& folder,
                             const ReadOptions& options) {
    try {
        return readUnguarded(bytes, std::move(owner), folder, options);
    } catch (const std::exception& error) {  // protobuf's checks and the standard library's allocations
        return fail(ErrorCode::Refused, fmt::format("cannot be read: {}", error.what()));
    }
}

Result<ReadResult> read(const std::filesystem::path& path, const ReadOptions& options) {
    TRIMTAB_TRY(const auto file, base::MappedFile::open(path));
    return withContext(readBytes(file->bytes(), file, path.parent_path(), options), path.string());
}

Result<ReadResult> readBeneath(const std::filesystem::path& folder, const std::string& name, const ReadOptions& options) {
    const std::filesystem::path path = folder / name;
    TRIMTAB_TRY(const int descriptor, base::openBeneath(folder, name, options.trustLinks));
    TRIMTAB_TRY(const auto file, base::MappedFile::adopt(descriptor, path.string()));
    return withContext(readBytes(file->bytes(), file, path.parent_path(), options), path.string());
}

std::vector<std::filesystem::path> filesOf(const std::filesystem::path& path) {
    std::vector<std::filesystem::path> files{path};
    const auto file = base::MappedFile::open(path);
    if (!file) return files;
    const auto skeleton = scanModel((*file)->bytes());
    std::error_code ignored;
    if (skeleton)
        for (const std::string& location : skeleton->externalLocations)
            if (const auto data = path.parent_path() / location; std::filesystem::exists(data, ignored)) files.push_back(data);
    return files;
}

Result<std::string> modelHash(const std::filesystem::path& path) {
    TRIMTAB_TRY(const auto file, base::MappedFile::open(path));
    auto skeleton = withContext(scanModel(file->bytes()), path.string());
    if (!skeleton) return fail(skeleton.error());
    base::Sha256 hash;
    hash.update(file->bytes());
    for (const std::string& location : skeleton->externalLocations) {
        TRIMTAB_TRY(const int descriptor, base::openBeneath(path.parent_path(), location, true));
        TRIMTAB_TRY(const auto data, base::MappedFile::adopt(descriptor, location));
        hash.update(fmt::format("\n{} {}\n", location, data->bytes().size()));
        hash.update(data->bytes());
    }
    return hash.finish();
}

}  // namespace trimtab::formats::onnx
