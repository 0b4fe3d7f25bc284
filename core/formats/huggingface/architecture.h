#pragma once
// The architectures whose folders are read, each by the name that transformers gives it in config.json.
#include <functional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/formats/huggingface/weights.h"

namespace trimtab::formats::huggingface {

/// What one config describes.
struct Architecture {
    /// Refused, naming the tensor, where the weights are not those that the config asks for.
    std::function<Result<Graph>(Weights&)> graph;
    /// Tensors that a checkpoint may hold beside those of the graph: what the config lets compute, the tied head once more.
    std::function<bool(const std::string& tensor)> isSpare;
    /// Of the config: what is read in part alone.
    std::vector<std::string> limits = {};
};

/// Unsupported, naming the architecture or the field, for what no graph is built of; Refused for values that make no model.
Result<Architecture> architectureOf(const Json& config);

}  // namespace trimtab::formats::huggingface
