#include "core/formats/safetensors/checkpoint.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/formats/safetensors/safetensors.h"

namespace trimtab::formats::safetensors {
namespace {

constexpr const char* kWhole = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
constexpr std::size_t kMostShards = 10'000, kLongestIndex = 64 << 20;

Result<std::shared_ptr<const base::MappedFile>> openFile(const std::filesystem::path& folder, const std::string& name, bool trustLinks) {
    TRIMTAB_TRY(const int descriptor, base::openBeneath(folder, name, trustLinks));
    return base::MappedFile::adopt(descriptor, (folder / name).string());
}

/// Tensor → shard, as the index says it.
Result<std::map<std::string, std::string>> readIndex(const std::filesystem::path& folder, bool trustLinks) {
    TRIMTAB_TRY(const auto file, openFile(folder, kIndex, trustLinks));
    const auto bytes = file->bytes();
    if (bytes.size() > kLongestIndex) return fail(ErrorCode::Refused, fmt::format("is larger than {} bytes", kLongestIndex), kIndex);
    TRIMTAB_TRY(const Json json, base::parseJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, kIndex));
    const Json* const listed = base::memberAt(json, "weight_map");
    if (listed == nullptr || !listed->is_object()) return fail(ErrorCode::Refused, "has no weight_map", kIndex);
    std::map<std::string, std::string> shards;
    for (const auto& [name, shard] : listed->items()) {
        if (!shard.is_string()) return fail(ErrorCode::Refused, fmt::format("the weight_map names no file for {}", name), kIndex);
        auto place = shard.get<std::string>();
        if (!place.ends_with(".safetensors") || place.find('/') != std::string::npos)
            return fail(ErrorCode::Refused,
                        fmt::format("the weight_map looks for {} in {}, which is no .safetensors of the folder", name, place), kIndex);
        shards[name] = std::move(place);
    }
    return shards;
}

using Places = std::map<std::string, std::string>;  // tensor → file

Status addShard(Checkpoint& checkpoint, Places& places, const std::filesystem::path& folder, const std::string& name, bool trustLinks) {
    TRIMTAB_TRY(auto file, openFile(folder, name, trustLinks));
    auto content = read(std::move(file));
    if (!content) {
        content.error().context = name;
        return tl::unexpected(content.error());
    }
    for (NamedTensor& tensor : content->tensors) {
        places[tensor.name] = name;
        if (!checkpoint.tensors.emplace(tensor.name, std::move(tensor.tensor)).second)
            return fail(ErrorCode::Refused, fmt::format("{} stands in another file already", tensor.name), name);
    }
    checkpoint.files.push_back(name);
    return {};
}

}  // namespace

Result<Checkpoint> readCheckpoint(const std::filesystem::path& folder, bool trustLinks) {
    Checkpoint checkpoint;
    Places places;
    std::error_code ignored;
    if (std::filesystem::exists(folder / kWhole, ignored)) {  // before the index, which may be left over from an earlier save
        TRIMTAB_REQUIRE(addShard(checkpoint, places, folder, kWhole, trustLinks));
        return checkpoint;
    }
    if (!std::filesystem::exists(folder / kIndex, ignored))
        return fail(ErrorCode::NotFound, fmt::format("there is no {} and no {}", kWhole, kIndex), folder.string());
    TRIMTAB_TRY(const auto shards, readIndex(folder, trustLinks));
    std::set<std::string> names;
    for (const auto& [tensor, shard] : shards) names.insert(shard);
    if (names.size() > kMostShards) return fail(ErrorCode::Refused, fmt::format("lists more than {} files", kMostShards), kIndex);
    for (const std::string& name : names) TRIMTAB_REQUIRE(addShard(checkpoint, places, folder, name, trustLinks));
    for (const auto& [tensor, shard] : shards)
        if (const auto found = places.find(tensor); found == places.end() || found->second != shard)
            return fail(ErrorCode::Refused, fmt::format("{} is not in {}", tensor, shard), kIndex);
    return checkpoint;
}

}  // namespace trimtab::formats::safetensors
