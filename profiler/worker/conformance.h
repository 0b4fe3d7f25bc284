#pragma once
// Runs ONNX backend-test folders: <name>/model.onnx with <name>/test_data_set_*/{input,output}_<i>.pb.
// A model passes when every data set's outputs agree: same type and shape; integers and booleans exactly; floats as ONNX's own runner
// compares them, |expected − got| <= 1e-7 + 1e-3·|expected|, NaN equal to NaN, infinities equal to themselves.
// Outputs that depend on random numbers can't equal recorded ones: random_outputs.h says what is checked of them instead.
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/runtime/engine.h"

namespace trimtab::worker {

struct ConformanceOutcome {
    std::string name;    // of the folder: "test_Conv2d"
    std::string reason;
};

struct ConformanceReport {
    std::vector<std::string> passed;
    std::vector<std::string> random;              // those of `passed` of which some output was checked for type, shape and range only
    std::vector<ConformanceOutcome> failed;       // ran and disagreed, or broke on the way
    std::vector<ConformanceOutcome> unsupported;  // refused by name before or while running
};

struct ConformanceHooks {
    std::function<void(double share, const std::string& name)> progress;
    std::function<bool()> cancelled;
};

/// Every folder beneath `folders` (at any depth) that holds a model.onnx, in the order of their paths. Models whose inputs or outputs are
/// sequences run node by node on reference kernels, all others on `engine`. NotFound when a folder is missing or holds no model;
/// Cancelled; otherwise a report, whatever the models are like.
Result<ConformanceReport> runConformance(std::span<const std::filesystem::path> folders, runtime::Engine& engine,
                                         const ConformanceHooks& hooks = {});

/// Whether floats agree.
bool agrees(double expected, double got);
/// Empty when they agree, else the first difference in words.
std::string difference(const Tensor& expected, const Tensor& got);

}  // namespace trimtab::worker
