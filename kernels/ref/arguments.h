#pragma once
// What kernels need to read their node: refusals that name it, checked attributes, small integer inputs, types.
#include <optional>
#include <string>
#include <vector>

#include "kernels/ref/reference.h"

namespace trimtab::ref {

using Values = std::vector<RunValue>;
using Ints = std::vector<std::int64_t>;

/// "Conv node 'stem': <why>", as Refused.
tl::unexpected<Error> refuse(const Call& call, const std::string& why);
tl::unexpected<Error> refuse(const graph::Node& node, const std::string& why);
/// The same as Unsupported: well-formed, but no kernel here computes it.
tl::unexpected<Error> unsupported(const Call& call, const std::string& why);

/// The opset version; 17 for nodes that were made without one.
int opset(const Call& call);

/// The attribute brought into 0…rank−1; refused outside.
Result<int> axisAttribute(const Call& call, const std::string& key, std::int64_t fallback, int rank);
Result<int> axis(const Call& call, std::int64_t value, int rank);
/// Each brought into 0…rank−1; refused outside and for duplicates.
Result<std::vector<int>> axes(const Call& call, const Ints& values, int rank);

/// Input i as int64 values; refused unless it is an integer tensor of rank <= 1 with at most 2^20 elements.
Result<Ints> integers(const Call& call, std::size_t i);
/// Input i as one integer (scalar or one element).
Result<std::int64_t> integer(const Call& call, std::size_t i);
/// Input i as one number (scalar or one element).
Result<double> number(const Call& call, std::size_t i);

/// The integers of input i when it is there, else of the attribute (older opsets), else nullopt.
Result<std::optional<Ints>> integersOrAttribute(const Call& call, std::size_t i, const std::string& key);

/// `count` attribute values, each in low…2^31; absent: `fallback` repeated. Refused otherwise, naming the key.
Result<Ints> window(const Call& call, const std::string& key, std::size_t count, std::int64_t low, std::int64_t fallback);

/// Refused unless the tensors have the same element type.
Status sameType(const Call& call, const Tensor& a, const Tensor& b);

/// Product of dims [from, to). REQUIRES: the dims of a tensor that exists.
std::int64_t extent(const Shape& shape, int from, int to);
/// `shape` with dims [from, to) replaced.
Shape spliced(const Shape& shape, int from, int to, const Ints& replacement);

/// One tensor as the kernel's only result.
inline Values one(Tensor tensor) { return Values{RunValue(std::move(tensor))}; }

/// Runs a kernel on aligned copies of unaligned inputs, with the number of outputs that the node asks for; refuses outputs that it does not
/// make and, unless `sequences`, inputs that are no tensors.
Result<Values> evaluateWith(const Kernel& kernel, const graph::Node& node, std::span<const RunValue> inputs, bool sequences = false,
                            BodyRunner& bodies = bodyInterpreter());

/// Float16 and BFloat16 inputs are widened to Float32, the kernel runs, and its Float32 results are rounded back to the type of the
/// first such input (others stay).
Kernel viaFloat32(Kernel inner);

}  // namespace trimtab::ref
