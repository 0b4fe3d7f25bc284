#pragma once
// How fast whole Llama shapes go on the device, inputs and caches staying there.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/cuda/tools.h"
#include "tests/support/llama_shape.h"

namespace trimtab::gpu {

/// Bytes a second of a large copy on the device, read and written bytes counted: the ceiling that shares are given of.
Result<double> copyBandwidth(cuda::Device& device);

/// Median microseconds of `pass`, which enqueues work: groups of passes between two marks of the device's clock, after some to warm up.
Result<double> medianMicroseconds(cuda::Device& device, const std::function<Status()>& pass, int groups, int passesInGroup);

/// A step at batch 1 after 512 tokens and a prompt of 512 tokens, in bf16, under these recipes (by name); one line of kind "decode" each,
/// and one of kind "prefill" for recipes without integer weights. False when one fails.
bool decodeSpeed(const std::shared_ptr<cuda::Tools>& tools, const support::LlamaShape& shape, const std::string& name,
                 const std::vector<std::string>& recipes);

}  // namespace trimtab::gpu
