// Built with -mavx512f -mavx512bw -mavx512dq -mavx512vl; called only where the processor has them.
#include "kernels/cpu/simd/all_bodies.h"
#include "kernels/cpu/simd/avx512_lanes.h"

namespace trimtab::cpu::simd {

const KernelTable kAvx512Kernels = tableOf<Lanes>();

}  // namespace trimtab::cpu::simd
