#pragma once
// Checkpoints that arrive quantised: how the codes of a module stand in its tensors, as quantization_config in config.json says it. Each
// method has a file of its own; codes stay codes, and what they stand for is stated there.
#include <memory>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/formats/huggingface/quantized/module_tensors.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::formats::huggingface {

class Packing {
public:
    virtual ~Packing() = default;
    /// Whether the module stands as codes; which ones do, the tensors say, and not the config's lists of modules.
    virtual bool holds(const ModuleTensors& module) const = 0;
    /// The weight of a product x · weightᵀ, `shape` [outputs, inputs], in the order of inputOrder(). `read` false: without codes and
    /// scales. Refused or Unsupported, naming the tensor, where one is missing, of another type or shape, or not to be held exactly.
    virtual Result<tensor::QuantizedWeight> codes(const ModuleTensors& module, const Shape& shape, bool read) const = 0;
    /// Column c of the codes reads input order[c], so that those of a group stand together; empty: as they stand.
    virtual Result<std::vector<std::int64_t>> inputOrder(const ModuleTensors&, const Shape&) const { return std::vector<std::int64_t>(); }
    /// The tensors that stand for a module's weight, by the ends of their names.
    virtual std::vector<std::string> parts() const = 0;
    /// What of the config is read in part alone.
    virtual std::vector<std::string> limits() const { return {}; }
};

/// nullptr where the config says nothing of codes. Unsupported for methods that are not read, Refused for values that make no packing.
Result<std::unique_ptr<Packing>> packingIn(const Json& config);

Result<std::unique_ptr<Packing>> awqPacking(const Json& quantization);
Result<std::unique_ptr<Packing>> gptqPacking(const Json& quantization);
Result<std::unique_ptr<Packing>> compressedTensorsPacking(const Json& quantization);
Result<std::unique_ptr<Packing>> blockFloat8Packing(const Json& quantization);

/// "group_size" of AWQ and GPTQ: inputs that share a scale; 0 where −1 says that all do.
Result<std::int64_t> groupSizeAt(const Json& quantization, std::string_view key, std::int64_t fallback);

}  // namespace trimtab::formats::huggingface
