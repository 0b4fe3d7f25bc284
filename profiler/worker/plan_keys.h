#pragma once
// When two trials are one: keys over plans. Equal plan keys mean equal speed, equal numerics keys (with equal recipe and data) mean
// equal accuracy, so that a sweep measures each distinct half once.
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/recipe/run_setting.h"
#include "core/tensor/tensor.h"
#include "core/trace/layer_record.h"
#include "core/trial/trial.h"

namespace trimtab::worker {

/// Over environment, input shapes, and each layer's operator, kernel, types, group and number of non-zeros; not over how weights were
/// rounded.
std::string planKey(const std::vector<trace::LayerRecord>& layers, const trial::Environment& environment,
                    const std::vector<NamedTensor>& inputs);

/// Over engine, version, instruction set, the types in which each layer computes, and what methods calibrated on (calibrationIdentity();
/// empty where none did); not over threads or the batch that is timed.
std::string numericsKey(const std::vector<trace::LayerRecord>& layers, const trial::Environment& environment,
                        const std::string& calibration);

/// Whether some scale is taken over a whole tensor while it runs, so that what else is in a batch changes each sample's result: activations
/// of 8 bits without a static step or one for each token, products in fp8, a file's own dynamic quantisation.
bool scalesPerBatch(const Graph& graph);

}  // namespace trimtab::worker
