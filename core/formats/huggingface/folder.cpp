#include "core/formats/huggingface/folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/formats/huggingface/architecture.h"
#include "core/formats/huggingface/random_weights.h"
#include "core/formats/safetensors/checkpoint.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr const char* kConfig = "config.json";
constexpr const char* kQuantization = "quantization_config";
constexpr std::int64_t kLongestConfig = 4 << 20;

/// Of a folder's config.json, or of the file itself.
Result<std::string> configText(const std::filesystem::path& path, bool trustLinks) {
    std::error_code ignored;
    const bool isFolder = std::filesystem::is_directory(path, ignored);
    const std::filesystem::path folder = isFolder ? path : path.has_parent_path() ? path.parent_path() : ".";
    const std::string name = isFolder ? kConfig : path.filename().string();
    TRIMTAB_TRY(const int descriptor, base::openBeneath(folder, name, trustLinks));
    TRIMTAB_TRY(const auto file, base::MappedFile::adopt(descriptor, (folder / name).string()));
    const auto bytes = file->bytes();
    if (bytes.size() > static_cast<std::size_t>(kLongestConfig))
        return fail(ErrorCode::Refused, fmt::format("is larger than {} bytes", kLongestConfig), kConfig);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

template <class T>
Result<T> ofConfig(Result<T> made) {
    if (!made && made.error().context.empty()) made.error().context = kConfig;
    return made;
}

std::vector<std::string> problemsOf(const Architecture& architecture, const Graph& graph, const safetensors::Checkpoint& checkpoint,
                                    const std::set<std::string>& taken) {
    std::vector<std::string> problems = architecture.limits;
    for (const auto& [name, tensor] : checkpoint.tensors)
        if (!taken.contains(name) && !architecture.isSpare(name))
            problems.push_back(fmt::format("{} has no place in a {}", name, graph.name));
    return problems;
}

}  // namespace

bool isModelFolder(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::is_directory(path, ignored) && std::filesystem::exists(path / kConfig, ignored);
}

Result<Folder> read(const std::filesystem::path& path, bool readWeights, bool trustLinks) {
    TRIMTAB_TRY(const std::string text, configText(path, trustLinks));
    TRIMTAB_TRY(const Json json, base::parseJson(text, kConfig));
    TRIMTAB_TRY(const Architecture architecture, ofConfig(architectureOf(json)));
    TRIMTAB_TRY(const std::unique_ptr<Packing> packing, ofConfig(packingIn(json)));
    TRIMTAB_TRY(const safetensors::Checkpoint checkpoint, safetensors::readCheckpoint(path, trustLinks));
    CheckpointWeights weights(checkpoint, readWeights, packing.get());
    Folder folder;
    TRIMTAB_TRY(folder.graph, architecture.graph(weights));
    folder.fileBytes = static_cast<std::int64_t>(text.size());
    for (const auto& [name, tensor] : checkpoint.tensors) folder.fileBytes += static_cast<std::int64_t>(tensor.bytes().size());
    folder.problems = problemsOf(architecture, folder.graph, checkpoint, weights.taken());
    if (packing) std::ranges::copy(packing->limits(), std::back_inserter(folder.problems));
    return folder;
}

Result<Folder> readRandom(const std::filesystem::path& path, std::uint64_t seed, bool readWeights, bool trustLinks) {
    TRIMTAB_TRY(const std::string text, configText(path, trustLinks));
    TRIMTAB_TRY(const Json json, base::parseJson(text, kConfig));
    TRIMTAB_TRY(const Architecture architecture, ofConfig(architectureOf(json)));
    if (base::memberAt(json, kQuantization) != nullptr)
        return fail(ErrorCode::Unsupported, fmt::format("{}: weights are drawn as plain numbers, not as codes", kQuantization), kConfig);
    TRIMTAB_TRY(const DataType type, weightTypeOf(json));
    RandomWeights weights(type, seed, readWeights);
    Folder folder;
    TRIMTAB_TRY(folder.graph, architecture.graph(weights));
    folder.problems = architecture.limits;
    folder.fileBytes = static_cast<std::int64_t>(text.size());
    return folder;
}

Result<std::string> randomHash(const std::filesystem::path& path, std::uint64_t seed) {
    TRIMTAB_TRY(const std::string text, configText(path, true));
    return base::sha256(fmt::format("{}\nrandom weights {}", text, seed));
}

Result<std::string> folderHash(const std::filesystem::path& path) {
    TRIMTAB_TRY(const std::string text, configText(path, true));
    TRIMTAB_TRY(const safetensors::Checkpoint checkpoint, safetensors::readCheckpoint(path, true));
    base::Sha256 hash;
    hash.update(text);
    for (const auto& [name, tensor] : checkpoint.tensors) {
        hash.update(fmt::format("\n{} {} {}\n", name, tensor::name(tensor.type()), tensor.shape().text()));
        hash.update(tensor.bytes());
    }
    return hash.finish();
}

}  // namespace trimtab::formats::huggingface
