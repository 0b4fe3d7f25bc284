#pragma once
// ldmatrix and mma.sync over the lanes of a warp, with the fragments of the PTX ISA ("ldmatrix", "Matrix Fragments for mma.m16n8k16", "…
// .m16n8k32").
#include "tests/support/simt/half_types.h"
#include "tests/support/simt/runtime.h"

namespace trimtab::simt {

/// What a lane brings to ldmatrix: the row it names, and its registers.
struct MatrixLoad {
    const void* row;
    unsigned* registers;
};
void loadMatrices(const Lanes& lanes, int count, bool transposed);
template <int count, bool transposed>
void loadMatrices(const Lanes& lanes) {
    loadMatrices(lanes, count, transposed);
}

/// What a lane brings to mma.
struct Operands {
    const unsigned* a;
    const unsigned* b;
};
template <class D>
struct Fragments {
    Operands operands;  // first, so that it is reached without knowing D
    D* d;
};
void multiplyHalves(const Lanes& lanes);    // m16n8k16, float16, float32 sums
void multiplyBfloats(const Lanes& lanes);   // m16n8k16, bfloat16, float32 sums
void multiplyBytes(const Lanes& lanes);     // m16n8k32, int8, int32 sums

template <int count, bool transposed>
void loadMatrix(const char* name, unsigned* registers, const void* row, const Place& place) {
    if (lane() < count * 8) requireShared(name, row, 16);
    MatrixLoad mine{row, registers};
    warpCollective(name, &mine, loadMatrices<count, transposed>, place);
}

}  // namespace trimtab::simt

namespace trimtab::cuda {

inline void loadMatrix4(unsigned (&r)[4], const void* row, const simt::Place& place = simt::Place::current()) {
    simt::loadMatrix<4, false>("loadMatrix4", r, row, place);
}
inline void loadMatrix4Transposed(unsigned (&r)[4], const void* row, const simt::Place& place = simt::Place::current()) {
    simt::loadMatrix<4, true>("loadMatrix4Transposed", r, row, place);
}
inline void loadMatrix2(unsigned (&r)[2], const void* row, const simt::Place& place = simt::Place::current()) {
    simt::loadMatrix<2, false>("loadMatrix2", r, row, place);
}
inline void multiplyAdd16816(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], __half,
                             const simt::Place& place = simt::Place::current()) {
    simt::Fragments<float> mine{{a, b}, d};
    simt::warpCollective("multiplyAdd16816", &mine, simt::multiplyHalves, place);
}
inline void multiplyAdd16816(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], __nv_bfloat16,
                             const simt::Place& place = simt::Place::current()) {
    simt::Fragments<float> mine{{a, b}, d};
    simt::warpCollective("multiplyAdd16816", &mine, simt::multiplyBfloats, place);
}
inline void multiplyAdd16832(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2],
                             const simt::Place& place = simt::Place::current()) {
    simt::Fragments<int> mine{{a, b}, d};
    simt::warpCollective("multiplyAdd16832", &mine, simt::multiplyBytes, place);
}

}  // namespace trimtab::cuda
