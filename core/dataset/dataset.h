#pragma once
// Dataset: which field goes to which model input, preprocessing, target and metric. Forms accepted by open():
//   a folder with dataset.json · a .json manifest · an .npz (arrays named like the inputs, and "target") · a .npy of token ids ·
//   a folder class/*.png|jpg or class/*.wav · a folder of .wav files (no labels) · a folder of .npy or .npz
//   files (array_folder.cpp) · a .csv (header row; columns named like the inputs,
//   "target") · for language models a .txt, or a .jsonl of prompts, tokenised by the model's own tokenizer
// Every file is untrusted: sizes are checked before anything is allocated; files named in a manifest stay beneath its folder.
//
// Manifest (resources/schema/dataset.schema.json): {"format": "trimtab-dataset", "version": 1, "name",
//   "task": "classification" | "language-model" | "regression" | "frame-classification" | "recommendation" | "segmentation" |
//           "transcription" | "multi-label" | "multiple-choice" | "text-generation",
//   "inputs": {"image": {"file": "images.npy", "preprocess": {"scale", "mean": [per channel], "std": [per channel], "resize": [h, w],
//              "crop": [h, w], "layout": "NCHW" | "NHWC"}},
//              "audio": {"file": "clips", "preprocess": {"scale", "mean", "std", "length": samples}}},
//   "target": {"file": "labels.npy"} | {"shift_of": "input_ids"},
//   "group": {"file": "users.npy"},      which user, query or session a sample belongs to: whole numbers [n]; ndcg ranks within them
//   "blank": 0, "separator": 4,          transcription: the CTC blank, the id between words (wer wants it)
//   "text": {"file": "valid.txt", "window": 256, "stride": 128},   language-model, in place of inputs and target: windows of so many
//                                        tokens, each so many behind the one before; the last "stride" of each are scored
//   "prompts": {"file": "qa.jsonl", "delimiter": " ", "max_tokens": 64, "until_newline": false},   multiple-choice and text-generation, in
//                                        place of inputs and target: prompts.h
//   "metric": one of core/base/metric.h; each task has its own without it}
// A "file" that is a folder holds class/*.png|jpg (their classes are the labels where there is no target), or .wav files in the order of
// their names.
//
// Targets by task: classification labels [n] · language-model tokens [n, length] (negative: not counted) · regression like the output ·
// frame-classification labels [n, frames] (negative: not counted) · recommendation 0/1 [n] · segmentation labels [n, d…] (negative: not
// counted) · transcription ids [n, length], padded with −1 · multi-label 0/1 [n, classes].
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/metric.h"
#include "core/dataset/prompts.h"
#include "core/graph/graph.h"
#include "core/tensor/tensor.h"

namespace trimtab::dataset {

struct Batch {
    std::vector<NamedTensor> inputs;  // named like model inputs; first dim is the number of samples
    Tensor target;  // int64 as the task has them (tokens already shifted by one: target[i] follows input[i]), or floats like the output
    Tensor group;   // int64 [n]; undefined without groups
};

/// What ids of a transcription mean.
struct TokenRules {
    std::int64_t blank = 0;                  // of CTC
    std::optional<std::int64_t> separator;   // between words
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
    virtual TokenRules tokenRules() const { return {}; }
    /// Of multiple choice: what each sample is. Samples of one question stand together; empty elsewhere.
    virtual std::span<const Choice> choices() const { return {}; }
    /// Of text generation: what each sample asks for, and how; empty elsewhere.
    virtual std::span<const Prompt> prompts() const { return {}; }
    virtual GenerationRules generationRules() const { return {}; }
    /// Nothing where the samples are no windows of tokens.
    virtual std::optional<base::TextWindows> textWindows() const { return std::nullopt; }
    /// Samples [first, first + count), preprocessed. REQUIRES: inside [0, size()).
    virtual Result<Batch> batch(std::int64_t first, std::int64_t count) const = 0;
};

/// Refused or NotFound with the file and the reason. Bindings to `graph`'s inputs (names, types, ranks) are checked where a graph is given;
/// a dataset with one input binds to a graph with one input whatever their names. `tokenizer`: for text, a tokenizer's file or its folder.
Result<std::shared_ptr<const Dataset>> open(const std::string& path, const Graph* graph = nullptr, const std::string& tokenizer = {});

}  // namespace trimtab::dataset
