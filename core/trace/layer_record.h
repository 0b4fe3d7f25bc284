#pragma once
// One row of a plan or of a profile: what became of one (fused) node, which kernel runs it, what it costs and how long it took.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace trimtab::trace {

enum class Execution : std::uint8_t {
    Native,    // a kernel executes this width, type and sparsity
    Emulated,  // the arithmetic is imitated in a wider type: accuracy is real, speed is not
};
std::string_view name(Execution execution);  // "native", "emulated"

struct LayerRecord {
    std::string node;                  // name of the (fused) node
    std::string op;                    // operator type, "FusedConv"
    std::vector<std::string> origins;  // names of file nodes
    std::string kernel;                // "onednn conv jit:avx512_core_vnni", "weight-only int4 avx512", "reference"
    std::string compute = "fp32";      // type in which products are formed
    int weightBits = 32;
    std::string weightFormat = "int";  // of 2…8 bits: "int", "nf4", "mxfp4", … as recipes name it
    int activationBits = 32;
    std::int64_t group = 0;            // columns that share a scale; 0: a whole row or more
    double density = 1.0;
    Execution execution = Execution::Native;
    std::string reason;                // why emulated, why the preferred kernel was refused or this one picked, or that zeros are
                                       // multiplied; else empty
    double operations = 0;             // dense multiply-adds count 2
    std::int64_t parameters = 0;
    std::int64_t weightBytes = 0;      // as the kernel holds them
    std::int64_t activationBytes = 0;
    std::int64_t reformatBytes = 0;    // read and written to bring inputs into the form that the kernel takes
    double medianNs = -1;              // −1: not timed
    double share = -1;                 // of the sum of all layers, 0…1; −1: not timed
    std::optional<double> sqnrDb;      // of the weights against the original; nothing: no value changed
};

Json toJson(const LayerRecord& record);
Result<LayerRecord> layerRecordFromJson(const Json& json);
Json toJson(const std::vector<LayerRecord>& records);
Result<std::vector<LayerRecord>> layerRecordsFromJson(const Json& json);

/// Emulated when any layer is.
Execution overall(const std::vector<LayerRecord>& records);

}  // namespace trimtab::trace
