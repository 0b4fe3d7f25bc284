#include "core/formats/huggingface/relative_positions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace trimtab::formats::huggingface {
namespace {

using graph::ValueId;

std::int64_t bucketsEachWay(const RelativePositions& positions) {
    return positions.bothWays ? positions.buckets / 2 : positions.buckets;
}
std::int64_t exactDistances(const RelativePositions& positions) { return bucketsEachWay(positions) / 2; }

}  // namespace

Status check(const RelativePositions& positions) {
    const std::int64_t exact = exactDistances(positions);
    if (exact < 1)
        return fail(ErrorCode::Refused,
                    fmt::format("relative_attention_num_buckets is {}, which leaves no distance a bucket of its own", positions.buckets));
    if (positions.farthest <= exact)
        return fail(ErrorCode::Refused, fmt::format("relative_attention_max_distance is {}; it must be above {}, a half of the buckets",
                                                    positions.farthest, exact));
    return {};
}

std::int64_t bucketOf(const RelativePositions& positions, std::int64_t offset) {
    const std::int64_t each = bucketsEachWay(positions), exact = exactDistances(positions);
    const std::int64_t first = positions.bothWays && offset > 0 ? each : 0;
    const std::int64_t distance = positions.bothWays ? std::abs(offset) : std::max<std::int64_t>(-offset, 0);
    if (distance < exact) return first + distance;
    // In float32, as checkpoints were trained: at a bound the rounding decides.
    const auto grown = std::log(static_cast<float>(distance) / static_cast<float>(exact));
    const auto whole = static_cast<float>(std::log(static_cast<double>(positions.farthest) / static_cast<double>(exact)));
    const auto further = static_cast<std::int64_t>(grown / whole * static_cast<float>(each - exact));
    return first + std::min(exact + further, each - 1);
}

Result<ValueId> positionBias(GraphBuilder& builder, const std::string& module, const RelativePositions& positions, ValueId places) {
    const std::string place = placeOf(module);
    const auto scalar = [&](const char* word, std::int64_t value) {
        return builder.graph().addConstant(module + word, Tensor::fromInt64s(Shape{}, {value}));
    };
    TRIMTAB_TRY(const ValueId table,
                builder.weight({.tensor = module + ".weight", .shape = Shape{positions.buckets, positions.heads}}));
    std::vector<std::int64_t> buckets;  // of all offsets that have one of their own; behind them nothing changes
    for (std::int64_t offset = -positions.farthest; offset <= positions.farthest; ++offset) buckets.push_back(bucketOf(positions, offset));
    const ValueId byOffset = builder.node(place + "/ByOffset", "Gather", {table, builder.integers(module + ".buckets", buckets)});
    const ValueId farthest = scalar(".farthest", positions.farthest), nearest = scalar(".nearest", -positions.farthest);
    const ValueId queries = builder.node(place + "/Unsqueeze", "Unsqueeze", {places, builder.integers(module + ".axis", {1})});
    const ValueId apart = builder.node(place + "/Sub", "Sub", {places, queries});
    const ValueId offsets = builder.node(place + "/Clip", "Clip", {apart, nearest, farthest});
    const ValueId rows = builder.node(place + "/Add", "Add", {offsets, farthest});
    return builder.node(place + "/Transpose", "Transpose", {builder.node(place + "/Gather", "Gather", {byOffset, rows})},
                        {{"perm", std::vector<std::int64_t>{2, 0, 1}}});
}

}  // namespace trimtab::formats::huggingface
