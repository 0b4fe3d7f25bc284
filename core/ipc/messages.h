#pragma once
// The worker's methods and the values they carry. Every request and answer is a struct with toJson/fromJson; the method's name stands
// beside it. Paths are absolute. Answers to long calls are preceded by notifications {"method": "progress", "params": {"share", "what"}}.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ipc/activation_report.h"
#include "core/recipe/recipe.h"
#include "core/recipe/run_setting.h"
#include "core/trace/layer_record.h"
#include "core/trial/study.h"
#include "core/trial/trial.h"

namespace trimtab::ipc {

/// What every request about a model names.
struct ModelRequest {
    std::string model;  // path
    bool trustLinks = false;
    std::optional<std::uint64_t> randomWeights;  // the model is a config.json, and its weights are drawn from this seed: for speed alone
    recipe::Recipe recipe;
    recipe::RunSetting setting;
    trial::Calibration calibration;  // looked at only for recipes that need it
};
Json toJson(const ModelRequest& request);
Result<ModelRequest> modelRequestFromJson(const Json& json);
/// The model that another request names under `key`.
Result<ModelRequest> modelRequestAt(const Json& request, std::string_view key);

/// "info": ModelRequest → ModelInfo. Works without reading the weights (recipe ignored); what cannot be read is said in `problems`.
struct ModelInfo {
    struct Port {
        std::string name;
        std::string dtype;
        std::vector<std::string> shape;  // "batch", "3", "?"
    };
    std::string path, name, producer, format, hash;
    std::map<std::string, int> opsets;
    std::vector<Port> inputs, outputs;
    std::vector<std::string> openSymbols;
    std::map<std::string, int> operators;  // type → count ("com.microsoft.MatMulNBits" with its domain)
    std::vector<trace::LayerRecord> layers;  // one for each node as imported; kernel empty
    std::vector<std::string> unsupported;  // operators that no engine here executes
    std::vector<std::string> problems;
    bool chat = false;  // comes with a chat template that can be run
    std::map<std::string, std::int64_t> assumed;  // extents taken for open dims (1 each) so that operations and activations can be told
    double operations = 0;                 // −1 when shapes stay open all the same
    std::int64_t parameters = 0, weightBytes = 0, fileBytes = 0;
};
Json toJson(const ModelInfo& info);
Result<ModelInfo> modelInfoFromJson(const Json& json);

/// "dataset": DatasetRequest → DatasetInfo. With a model, the bindings to its inputs are checked.
struct DatasetRequest {
    std::string data;   // path
    std::string model;  // path, or empty
    bool trustLinks = false;
};
Json toJson(const DatasetRequest& request);
Result<DatasetRequest> datasetRequestFromJson(const Json& json);
struct DatasetInfo {
    std::string name, task, metric, hash;
    std::int64_t samples = 0;
    std::vector<std::string> inputs;
    std::vector<std::string> preview;  // a few lines for people: "image: float32[16, 1, 32, 32], 0.02 … 0.98"
};
Json toJson(const DatasetInfo& info);
Result<DatasetInfo> datasetInfoFromJson(const Json& json);

/// "run": RunRequest → {"outputs": [{"name", "dtype", "shape", "file"}]}.
struct RunRequest {
    ModelRequest model;
    std::map<std::string, std::string> inputFiles;  // input → .npy
    std::string saveOutputs;                        // folder, or empty
};
Json toJson(const RunRequest& request);
Result<RunRequest> runRequestFromJson(const Json& json);

/// "bench": BenchRequest → BenchAnswer. Baseline is optional: with one, under its own recipe and setting, the two alternate.
struct BenchRequest {
    ModelRequest model;
    std::map<std::string, std::string> inputFiles;
    std::optional<trial::Trial> baseline;
    double seconds = 2.0;      // of timing
    bool traceLayers = true;   // a separate, traced run fills LayerRecord.medianNs
    std::string baselineModel = {};  // path of the baseline's file; empty: the same
    bool power = false;  // read clocks beside the turns, and measure energy behind them where the device tells any
};
struct BenchAnswer {
    base::PairedBlock timings;  // ms; baseline empty without one
    std::vector<trace::LayerRecord> layers;
    std::int64_t batch = 1, baselineBatch = 1;  // samples a run
    bool throttled = false;
    trial::Environment environment;
    std::int64_t weightBytes = 0, arenaBytes = 0;
    trace::PowerOfTurns power = {};  // empty where it was not asked for
};
Json toJson(const BenchRequest& request);
Result<BenchRequest> benchRequestFromJson(const Json& json);
Json toJson(const BenchAnswer& answer);
Result<BenchAnswer> benchAnswerFromJson(const Json& json);

/// "plan": ModelRequest → PlanAnswer: kernels and labels, nothing timed.
struct PlanAnswer {
    std::vector<trace::LayerRecord> layers;
    std::string planKey, numericsKey;
    std::int64_t sizeBytes = 0;
    trial::Environment environment;
    bool scalesPerBatch = false;  // what else is in a batch changes a sample's result
};
Json toJson(const PlanAnswer& answer);
Result<PlanAnswer> planAnswerFromJson(const Json& json);

/// "eval": EvalRequest → trial::Accuracy.
struct EvalRequest {
    ModelRequest model;
    std::string data;           // empty: fidelity on seeded inputs
    std::string metric;         // empty: default; "exec:PROGRAM" only from the command line
    std::int64_t batch = 16;
    std::int64_t samples = 0;   // 0: all; for fidelity the number of seeded inputs
    std::uint64_t seed = 1;     // draws the samples where they are fewer than the data; a program is given the first
    std::string reference = {};  // path of the model that fidelity is told beside; empty: the same model, untreated
};
Json toJson(const EvalRequest& request);
Result<EvalRequest> evalRequestFromJson(const Json& json);
Json toJson(const trial::Accuracy& accuracy);
Result<trial::Accuracy> accuracyFromJson(const Json& json);

/// "compress" / "export": writes an ONNX file with the recipe applied, reads it back and compares.
struct CompressRequest {
    ModelRequest model;
    std::string output;  // .onnx path
    bool reportChannels = false;  // run the calibration set through the compressed model and tell how its channels are filled
};
struct CompressAnswer {
    struct Layer {
        std::string node, op;
        std::int64_t parameters = 0, group = 0, originalBytes = 0, storedBytes = 0;
        int bits = 32;
        double density = 1;
        std::optional<double> sqnrDb;  // nothing: no value changed
        std::string format;  // "int", "fixed Q1.6", "nf4", "fp32", …
        bool skipsZeros = false;  // of a pruned weight: the cpu engine has kernels that read the sparse ones of its forms
        /// Of a pruned weight: bytes by storage form ("dense", which the file holds, "csr", "bsr 4x4", …).
        std::map<std::string, std::int64_t> forms;
        /// Of a second-order method: the columns that it read, and over how many rows of calibration; 0: none.
        std::int64_t inputColumns = 0, calibrationRows = 0;
    };
    struct LeftAlone {
        std::string layer, reason;  // the first layer that makes the units, and why they stay
    };
    std::vector<Layer> layers;
    std::vector<LeftAlone> leftAlone;  // units that the recipe means and that cannot leave
    std::int64_t originalBytes = 0, storedBytes = 0, fileBytes = 0;
    double readBackMaxError = -1;  // largest |difference| of outputs on seeded inputs, relative to the largest |output|
    std::string form;              // "QDQ int8", "MatMulNBits int4", "masked fp32", …
    std::string calibration;       // what methods were calibrated on, in words; empty where none was, "calibrated on inputs drawn from the
                                   // seed"
    std::vector<ChannelRow> channels;  // one for each layer, when they were asked for
    std::optional<CacheRow> cache;     // when the recipe says how keys and values are kept
};
Json toJson(const CompressRequest& request);
Result<CompressRequest> compressRequestFromJson(const Json& json);
Json toJson(const CompressAnswer& answer);
Result<CompressAnswer> compressAnswerFromJson(const Json& json);

/// "conformance": {"folders": [path…], "engine"} → {"passed": [name…], "random": [name…], "failed": [{name, reason}],
/// "unsupported": [{name, reason}]}; "random" lists those of "passed" with outputs that depend on random numbers and were checked for
/// type, shape and range only.
/// "devices": {} → {"engines": [{"name", "available", "version", "instruction_set", "threads", "reason"}], "device", "memory_bytes"}.
/// "selftest": {"engine"} → {"engine", "passed": n, "failed": [{name, reason}]}.
/// "cancel": notification; the running call answers Cancelled.

}  // namespace trimtab::ipc
