#include "kernels/onnxruntime/processor.h"

namespace trimtab::onnxruntime {

std::string processorOffers() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512vnni")) return "up to avx512_vnni";
    if (__builtin_cpu_supports("avx512f")) return "up to avx512f";
    if (__builtin_cpu_supports("avx2")) return "up to avx2";
#endif
    return "the processor's";
}

bool integerSumsSaturate() {
#if defined(__x86_64__)
    return !__builtin_cpu_supports("avx512vnni") && !__builtin_cpu_supports("avxvnni");
#else
    return false;
#endif
}

}  // namespace trimtab::onnxruntime
