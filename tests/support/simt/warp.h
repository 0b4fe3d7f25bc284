#pragma once
// Shuffles, votes and reductions of a warp (CUDA C++ Programming Guide, "Warp Shuffle Functions", "Warp Vote Functions"). A value asked of
// a lane that takes no part is undefined there and poison (0xFF bytes) here.
#include <cstring>

#include "tests/support/simt/runtime.h"

namespace trimtab::simt {

template <class T>
struct Shuffle {
    T value;
    T result;
    int source;
};

template <class T>
void exchange(const Lanes& lanes) {
    for (unsigned rest = lanes.participants; rest != 0; rest &= rest - 1) {
        auto& mine = *static_cast<Shuffle<T>*>(lanes.values[std::countr_zero(rest)]);
        if ((lanes.participants >> mine.source & 1U) != 0) {
            mine.result = static_cast<Shuffle<T>*>(lanes.values[mine.source])->value;
        } else {
            std::memset(static_cast<void*>(&mine.result), 0xFF, sizeof(T));
        }
    }
}

template <class T>
T shuffle(const char* name, unsigned mask, T value, int source, const Place& place) {
    static_assert(std::is_arithmetic_v<T> || sizeof(T) == 2 || sizeof(T) == 4, "CUDA shuffles numbers only");
    Shuffle<T> mine{value, value, source};
    collective(name, mask, &mine, exchange<T>, place);
    return mine.result;
}

inline int segment(int width) {
    if (width < 1 || width > 32 || (width & (width - 1)) != 0) fault("a shuffle whose width is no power of two up to 32");
    return static_cast<int>(lane()) & ~(width - 1);
}

struct Vote {
    bool holds;
    unsigned result;
};
inline void ballot(const Lanes& lanes) {
    unsigned votes = 0;
    for (unsigned rest = lanes.participants; rest != 0; rest &= rest - 1) {
        const int i = std::countr_zero(rest);
        if (static_cast<Vote*>(lanes.values[i])->holds) votes |= 1U << i;
    }
    for (unsigned rest = lanes.participants; rest != 0; rest &= rest - 1) {
        static_cast<Vote*>(lanes.values[std::countr_zero(rest)])->result = votes;
    }
}
/// Participants whose predicate holds, and all participants.
inline unsigned vote(const char* name, unsigned mask, bool holds, const Place& place) {
    Vote mine{holds, 0};
    collective(name, mask, &mine, ballot, place);
    return mine.result;
}

enum class Reduce { Add, Min, Max, And, Or, Xor };
template <Reduce how, class T>
void reduce(const Lanes& lanes) {
    T total = *static_cast<T*>(lanes.values[std::countr_zero(lanes.participants)]);
    for (unsigned rest = lanes.participants & (lanes.participants - 1); rest != 0; rest &= rest - 1) {
        const T value = *static_cast<T*>(lanes.values[std::countr_zero(rest)]);
        if constexpr (how == Reduce::Add) total = static_cast<T>(static_cast<unsigned>(total) + static_cast<unsigned>(value));
        if constexpr (how == Reduce::Min) total = value < total ? value : total;
        if constexpr (how == Reduce::Max) total = value > total ? value : total;
        if constexpr (how == Reduce::And) total &= value;
        if constexpr (how == Reduce::Or) total |= value;
        if constexpr (how == Reduce::Xor) total ^= value;
    }
    for (unsigned rest = lanes.participants; rest != 0; rest &= rest - 1) *static_cast<T*>(lanes.values[std::countr_zero(rest)]) = total;
}
inline void together(const Lanes&) {}

}  // namespace trimtab::simt

#define TRIMTAB_SIMT_PLACE const trimtab::simt::Place& place = trimtab::simt::Place::current()

inline void __syncthreads(TRIMTAB_SIMT_PLACE) { trimtab::simt::barrier(place); }
inline void __syncwarp(unsigned mask = 0xFFFFFFFFU, TRIMTAB_SIMT_PLACE) {
    trimtab::simt::collective("__syncwarp", mask, nullptr, trimtab::simt::together, place);
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, TRIMTAB_SIMT_PLACE) {
    return trimtab::simt::shuffle("__shfl_sync", mask, value, trimtab::simt::segment(width) + (source & (width - 1)), place);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, TRIMTAB_SIMT_PLACE) {
    const int own = static_cast<int>(trimtab::simt::lane());
    const int source = own - static_cast<int>(delta & 31U);
    return trimtab::simt::shuffle("__shfl_up_sync", mask, value, source < trimtab::simt::segment(width) ? own : source, place);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, TRIMTAB_SIMT_PLACE) {
    const int own = static_cast<int>(trimtab::simt::lane());
    const int source = own + static_cast<int>(delta & 31U);
    return trimtab::simt::shuffle("__shfl_down_sync", mask, value, source >= trimtab::simt::segment(width) + width ? own : source, place);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, TRIMTAB_SIMT_PLACE) {
    const int own = static_cast<int>(trimtab::simt::lane());
    const int source = own ^ (bits & 31);
    return trimtab::simt::shuffle("__shfl_xor_sync", mask, value, source >= trimtab::simt::segment(width) + width ? own : source, place);
}

inline unsigned __ballot_sync(unsigned mask, int holds, TRIMTAB_SIMT_PLACE) {
    return trimtab::simt::vote("__ballot_sync", mask, holds != 0, place);
}
inline int __any_sync(unsigned mask, int holds, TRIMTAB_SIMT_PLACE) {
    return trimtab::simt::vote("__any_sync", mask, holds != 0, place) != 0;
}
inline int __all_sync(unsigned mask, int holds, TRIMTAB_SIMT_PLACE) {
    return trimtab::simt::vote("__all_sync", mask, holds == 0, place) == 0;  // nobody for whom it fails
}

#define TRIMTAB_SIMT_REDUCE(name, how, T)                                                                           \
    inline T name(unsigned mask, T value, TRIMTAB_SIMT_PLACE) {                                                      \
        trimtab::simt::collective(#name, mask, &value, trimtab::simt::reduce<trimtab::simt::Reduce::how, T>, place); \
        return value;                                                                                                \
    }
TRIMTAB_SIMT_REDUCE(__reduce_add_sync, Add, int)
TRIMTAB_SIMT_REDUCE(__reduce_add_sync, Add, unsigned)
TRIMTAB_SIMT_REDUCE(__reduce_min_sync, Min, int)
TRIMTAB_SIMT_REDUCE(__reduce_min_sync, Min, unsigned)
TRIMTAB_SIMT_REDUCE(__reduce_max_sync, Max, int)
TRIMTAB_SIMT_REDUCE(__reduce_max_sync, Max, unsigned)
TRIMTAB_SIMT_REDUCE(__reduce_and_sync, And, unsigned)
TRIMTAB_SIMT_REDUCE(__reduce_or_sync, Or, unsigned)
TRIMTAB_SIMT_REDUCE(__reduce_xor_sync, Xor, unsigned)
#undef TRIMTAB_SIMT_REDUCE
