// libFuzzer's entry points for the ONNX importer; tests/fuzz/fuzz.sh starts it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/memory_budget.h"
#include "tests/fuzz/onnx_corpus.h"
#include "tests/fuzz/onnx_mutator.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t maxSize);

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    // A file of some kilobytes has no business with more.
    trimtab::base::MemoryBudget::process().setLimit(64 << 20);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    trimtab::fuzz::readEverything(std::string(reinterpret_cast<const char*>(data), size), ".");
    return 0;
}

/// Bytes are mutated by libFuzzer, fields and whole messages of the model by onnx_mutator.h.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t maxSize, unsigned int seed) {
    if (seed % 4 != 0) {
        const auto changed = trimtab::fuzz::mutatedModel(std::string(reinterpret_cast<const char*>(data), size), seed);
        if (changed && changed->size() <= maxSize) {
            std::copy(changed->begin(), changed->end(), data);
            return changed->size();
        }
    }
    return LLVMFuzzerMutate(data, size, maxSize);
}
