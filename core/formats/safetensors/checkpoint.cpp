#include "core/formats/safetensors/checkpoint.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <utility>

#include "core/base/file.h"
#include "core/base/json.h"
#include "core/formats/safetensors/safetensors.h"
#include "core/formats/torch/torch_file.h"

namespace trimtab::formats::safetensors {
namespace {

constexpr std::size_t kMostShards = 10'000, kLongestIndex = 64 << 20;

/// `descriptor` is taken; `name` stands in messages.
Result<std::vector<NamedTensor>> readMapped(int descriptor, const std::string& name) {
    TRIMTAB_TRY(auto file, base::MappedFile::adopt(descriptor, name));
    TRIMTAB_TRY(Content content, read(std::move(file)));
    return std::move(content.tensors);
}

/// How a folder's tensors may lie, in the order in which they are looked for.
struct Kind {
    const char* whole;
    const char* index;
    std::string_view ending;  // of shards
    Result<std::vector<NamedTensor>> (*read)(int descriptor, const std::string& name);
};
constexpr std::array kKinds{Kind{"model.safetensors", "model.safetensors.index.json", ".safetensors", readMapped},
                            Kind{"pytorch_model.bin", "pytorch_model.bin.index.json", ".bin", torch::readTensors}};

/// Tensor → shard, as the index says it.
Result<std::map<std::string, std::string>> readIndex(const Kind& kind, const std::filesystem::path& folder, bool trustLinks) {
    TRIMTAB_TRY(const int descriptor, base::openBeneath(folder, kind.index, trustLinks));
    TRIMTAB_TRY(const auto file, base::MappedFile::adopt(descriptor, (folder / kind.index).string()));
    const auto bytes = file->bytes();
    if (bytes.size() > kLongestIndex) return fail(ErrorCode::Refused, fmt::format("is larger than {} bytes", kLongestIndex), kind.index);
    TRIMTAB_TRY(const Json json, base::parseJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, kind.index));
    const Json* const listed = base::memberAt(json, "weight_map");
    if (listed == nullptr || !listed->is_object()) return fail(ErrorCode::Refused, "has no weight_map", kind.index);
    std::map<std::string, std::string> shards;
    for (const auto& [name, shard] : listed->items()) {
        if (!shard.is_string()) return fail(ErrorCode::Refused, fmt::format("the weight_map names no file for {}", name), kind.index);
        auto place = shard.get<std::string>();
        if (!place.ends_with(kind.ending) || place.find('/') != std::string::npos)
            return fail(ErrorCode::Refused,
                        fmt::format("the weight_map looks for {} in {}, which is no {} of the folder", name, place, kind.ending),
                        kind.index);
        shards[name] = std::move(place);
    }
    return shards;
}

using Places = std::map<std::string, std::string>;  // tensor → file

Status addShard(const Kind& kind, Checkpoint& checkpoint, Places& places, const std::filesystem::path& folder, const std::string& name,
                bool trustLinks) {
    TRIMTAB_TRY(const int descriptor, base::openBeneath(folder, name, trustLinks));
    auto tensors = kind.read(descriptor, name);
    if (!tensors) {
        tensors.error().context = name;
        return tl::unexpected(tensors.error());
    }
    for (NamedTensor& tensor : *tensors) {
        places[tensor.name] = name;
        if (!checkpoint.tensors.emplace(tensor.name, std::move(tensor.tensor)).second)
            return fail(ErrorCode::Refused, fmt::format("{} stands in another file already", tensor.name), name);
    }
    checkpoint.files.push_back(name);
    return {};
}

Result<Checkpoint> readShards(const Kind& kind, const std::filesystem::path& folder, bool trustLinks) {
    Checkpoint checkpoint;
    Places places;
    TRIMTAB_TRY(const auto shards, readIndex(kind, folder, trustLinks));
    std::set<std::string> names;
    for (const auto& [tensor, shard] : shards) names.insert(shard);
    if (names.size() > kMostShards) return fail(ErrorCode::Refused, fmt::format("lists more than {} files", kMostShards), kind.index);
    for (const std::string& name : names) TRIMTAB_REQUIRE(addShard(kind, checkpoint, places, folder, name, trustLinks));
    for (const auto& [tensor, shard] : shards)
        if (const auto found = places.find(tensor); found == places.end() || found->second != shard)
            return fail(ErrorCode::Refused, fmt::format("{} is not in {}", tensor, shard), kind.index);
    return checkpoint;
}

}  // namespace

bool hasCheckpoint(const std::filesystem::path& folder) {
    std::error_code ignored;
    return std::ranges::any_of(kKinds, [&](const Kind& kind) {
        return std::filesystem::exists(folder / kind.whole, ignored) || std::filesystem::exists(folder / kind.index, ignored);
    });
}

Result<Checkpoint> readCheckpoint(const std::filesystem::path& folder, bool trustLinks) {
    std::error_code ignored;
    std::string names;
    for (const Kind& kind : kKinds) {
        if (std::filesystem::exists(folder / kind.whole, ignored)) {  // before the index, which may be left over from an earlier save
            Checkpoint checkpoint;
            Places places;
            TRIMTAB_REQUIRE(addShard(kind, checkpoint, places, folder, kind.whole, trustLinks));
            return checkpoint;
        }
        if (std::filesystem::exists(folder / kind.index, ignored)) return readShards(kind, folder, trustLinks);
        names += fmt::format("{}{} and no {}", names.empty() ? "" : ", no ", kind.whole, kind.index);
    }
    return fail(ErrorCode::NotFound, "there is no " + names, folder.string());
}

}  // namespace trimtab::formats::safetensors
