#pragma once
// Small models that together touch every part of the ONNX reader: the seeds of the mutation runner and of the fuzzer.
#include <string>
#include <vector>

namespace trimtab::fuzz {

std::vector<std::string> onnxCorpus();

/// Reads the bytes as a model with each kind of options and looks at everything in the result. Returns whether the strict reading
/// succeeded.
bool readEverything(const std::string& bytes, const std::string& folder);

}  // namespace trimtab::fuzz
