// libFuzzer entry point of the ONNX reader; built with clang only:
//   onnx_fuzzer CORPUS_FOLDER -max_total_time=600
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/fuzz/onnx_corpus.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    trimtab::fuzz::readEverything(std::string(reinterpret_cast<const char*>(data), size), ".");
    return 0;
}
