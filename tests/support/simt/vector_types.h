#pragma once
// CUDA's vector types and launch extents for host C++: sizes and alignments of the CUDA C++ Programming Guide, "Built-in Vector Types".
// In the global namespace, where CUDA has them. UndefinedBehaviorSanitizer's alignment check tells when one is read from a misaligned
// address.

#define TRIMTAB_SIMT_VECTORS(name, element, align2, align4)                                                                     \
    struct alignas(align2) name##2 { element x, y; };                                                                           \
    struct name##3 { element x, y, z; };                                                                                        \
    struct alignas(align4) name##4 { element x, y, z, w; };                                                                     \
    inline name##2 make_##name##2(element x, element y) { return {x, y}; }                                                      \
    inline name##3 make_##name##3(element x, element y, element z) { return {x, y, z}; }                                        \
    inline name##4 make_##name##4(element x, element y, element z, element w) { return {x, y, z, w}; }

TRIMTAB_SIMT_VECTORS(char, signed char, 2, 4)
TRIMTAB_SIMT_VECTORS(uchar, unsigned char, 2, 4)
TRIMTAB_SIMT_VECTORS(short, short, 4, 8)
TRIMTAB_SIMT_VECTORS(ushort, unsigned short, 4, 8)
TRIMTAB_SIMT_VECTORS(int, int, 8, 16)
TRIMTAB_SIMT_VECTORS(uint, unsigned, 8, 16)
TRIMTAB_SIMT_VECTORS(float, float, 8, 16)
TRIMTAB_SIMT_VECTORS(longlong, long long, 16, 16)
TRIMTAB_SIMT_VECTORS(ulonglong, unsigned long long, 16, 16)
TRIMTAB_SIMT_VECTORS(double, double, 16, 16)
#undef TRIMTAB_SIMT_VECTORS

/// Extents of a grid or a block; those left out are 1.
struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned width = 1, unsigned height = 1, unsigned depth = 1) : x(width), y(height), z(depth) {}
};
