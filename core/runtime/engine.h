#pragma once
// What can run a compressed graph. Engines live in kernels/; the worker picks one by name.
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/compress/tensor_math.h"
#include "core/graph/graph.h"
#include "core/recipe/run_setting.h"
#include "core/runtime/library_recording.h"
#include "core/trace/layer_record.h"
#include "core/trace/node_scope.h"

namespace trimtab::runtime {

struct Support {
    enum class Level : std::uint8_t { Native, Emulated, Refused };
    Level level = Level::Native;
    std::string reason;  // for Emulated and Refused
};

struct EngineInfo {
    std::string name;            // "cpu", "cuda", "onnxruntime", "reference"
    std::string version;         // of the engine and the libraries under it: "0.1.0, oneDNN 2.6.3"
    std::string instructionSet;  // what was chosen at run time: "avx512_core_bf16"
    int threads = 1;
    std::string device;          // "NVIDIA H100 80GB HBM3, driver 13.0"; empty: this machine's processor
};

/// A graph bound to kernels. Not thread-safe: one run at a time.
/// The first run with a shape signature plans everything; later runs with the same signature replay a flat list of bound calls.
class CompiledModel {
public:
    virtual ~CompiledModel() = default;

    /// One inference. Inputs in any order, each graph input exactly once; shapes and types are checked (Refused, naming the input).
    /// Outputs in graph order. They view the model's memory: valid until the next run; clone() to keep.
    virtual Result<std::vector<NamedTensor>> run(std::span<const NamedTensor> inputs, trace::NodeListener* listener = nullptr) = 0;

    /// A recording of runs by the library below, for engines whose nodes call no listener; null where there is no such library. Runs that
    /// take it as their listener are recorded, and slower; all others are not.
    virtual Result<std::unique_ptr<LibraryRecording>> recordItself() { return nullptr; }

    /// Plans for the shapes of these inputs without running. run() does it by itself.
    virtual Status prepare(std::span<const NamedTensor> inputs) = 0;

    /// The rows of the current plan (the last prepared or run signature), without times. Listener indices refer to them.
    virtual const std::vector<trace::LayerRecord>& layers() const = 0;

    /// Bytes of packed weights and of the activation arena of the current plan.
    virtual std::int64_t weightBytes() const = 0;
    virtual std::int64_t arenaBytes() const = 0;
    /// Bytes of all packed weights that are in memory, those of other plans that are kept included.
    virtual std::int64_t heldWeightBytes() const { return weightBytes(); }
};

class Engine {
public:
    virtual ~Engine() = default;
    virtual EngineInfo info() const = 0;
    /// For a node with its treatment, as compressed; refusals name operator and reason.
    virtual Support supports(const Graph& graph, const graph::Node& node) const = 0;
    /// Whether attention writes new keys and values into the caches it is given (core/graph/attention/attention_nodes.h, kCachesInPlace).
    virtual bool writesCachesInPlace() const { return false; }
    /// Of such caches the compiled model keeps memory of its own from run to run, zeros at first; of the tensors given it sees the shape.
    virtual bool keepsCaches() const { return false; }
    /// Whether a run with shapes that were not seen lately plans for them first, which takes longer than many a run.
    virtual bool plansForShapes() const { return true; }
    /// Unsupported, naming every operator that nothing executes (each once), before any weight is packed.
    virtual Result<std::unique_ptr<CompiledModel>> compile(const Graph& graph, const recipe::RunSetting& setting) = 0;
    /// The matrix products of compression, where the engine forms them itself; null: the host's do.
    virtual std::unique_ptr<compress::TensorMath> tensorMath() { return nullptr; }
};

}  // namespace trimtab::runtime
