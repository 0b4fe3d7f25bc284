#include "profiler/worker/input_files.h"

#include "core/formats/numpy/npy.h"
#include "core/runtime/inputs.h"

namespace trimtab::worker {

Result<std::vector<NamedTensor>> inputsFor(const Graph& graph, const recipe::RunSetting& setting,
                                           const std::map<std::string, std::string>& files) {
    std::map<std::string, Tensor> given;
    for (const auto& [name, file] : files) {
        TRIMTAB_TRY(given[name], formats::numpy::readNpy(file));
    }
    return runtime::makeInputs(graph, setting, given);
}

std::int64_t batchOf(const std::vector<NamedTensor>& inputs) {
    for (const NamedTensor& input : inputs)
        if (input.tensor.shape().rank() > 0) return input.tensor.shape()[0];
    return 1;
}

std::int64_t fixedBatch(const Graph& graph) {
    for (const graph::ValueId id : graph.inputs) {
        const auto& dims = graph.value(id).type.dims;
        if (dims && !dims->empty() && dims->front().isKnown()) return dims->front().extent;
    }
    return 0;
}

}  // namespace trimtab::worker
