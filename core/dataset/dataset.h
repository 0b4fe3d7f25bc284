#pragma once
// Dataset: which field goes to which model input, preprocessing, target and metric. Forms accepted by open():
//   a folder with dataset.json · a .json manifest · an .npz (arrays named like the inputs, and "target") · a .npy of token ids ·
//   a folder class/*.png|jpg · a .csv (header row; columns named like the inputs, "target")
// Every file is untrusted: sizes are checked before anything is allocated; files named in a manifest stay beneath its folder.
//
// Manifest: {"format": "trimtab-dataset", "version": 1, "name", "task": "classification" | "language-model" | "regression",
//   "inputs": {"image": {"file": "images.npy", "preprocess": {"scale", "mean": [per channel], "std": [per channel], "resize": [h, w],
//              "crop": [h, w], "layout": "NCHW" | "NHWC"}}},
//   "target": {"file": "labels.npy"} | {"shift_of": "input_ids"},
//   "metric": "top1" | "top5" | "perplexity" | "next_token_accuracy" | "rmse" | "relative_error"}
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/tensor/tensor.h"

namespace trimtab::dataset {

struct Batch {
    std::vector<NamedTensor> inputs;  // named like model inputs; first dim is the number of samples
    Tensor target;  // int64 labels [n], int64 tokens [n, length] (already shifted by one: target[i] follows input[i]), or floats like the
                    // output
};

class Dataset {
public:
    virtual ~Dataset() = default;
    virtual const std::string& name() const = 0;
    virtual const std::string& task() const = 0;
    virtual const std::string& metric() const = 0;  // the default one
    virtual std::int64_t size() const = 0;          // samples
    /// SHA-256 over manifest and content: the dataset's identity.
    virtual const std::string& hash() const = 0;
    virtual std::vector<std::string> inputNames() const = 0;
    /// Samples [first, first + count), preprocessed. REQUIRES: inside [0, size()).
    virtual Result<Batch> batch(std::int64_t first, std::int64_t count) const = 0;
};

/// Refused or NotFound with the file and the reason. Bindings to `graph`'s inputs (names, types, ranks) are checked where a graph is given;
/// a dataset with one input binds to a graph with one input whatever their names.
Result<std::shared_ptr<const Dataset>> open(const std::string& path, const Graph* graph = nullptr);

}  // namespace trimtab::dataset
