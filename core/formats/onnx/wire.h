#pragma once
// A walk over the encoded model before protobuf sees it. It tells a truncated file from a damaged or too deeply nested one, and it cuts
// the large raw_data of the model's initializers out, so that weights are viewed in the mapped file instead of being copied by the parser,
// and are not even touched when they are not wanted. Field numbers are those of onnx.proto.
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace trimtab::formats::onnx {

struct Skeleton {
    std::string bytes;                                  // a ModelProto without the payloads below and without training information
    std::vector<std::span<const std::byte>>
        payloads;  // raw_data of the i-th initializer of the model's graph; data() is null where it stayed in `bytes`
    std::set<std::string> externalLocations;            // every file that some tensor names
};

/// Refused: truncated, malformed, or graphs nested deeper than kMaxGraphNesting.
Result<Skeleton> scanModel(std::span<const std::byte> file);

}  // namespace trimtab::formats::onnx
