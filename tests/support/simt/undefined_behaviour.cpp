// What the compiler's checks of undefined behaviour call (-fsanitize=alignment,bounds,shift,integer-divide-by-zero): a report like the
// emulator's own inside a kernel, the end of the process outside. These take the place of libubsan's functions of the same names, with
// their interface (compiler-rt, lib/ubsan/ubsan_handlers.h: every record begins with the place in the source).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/support/simt/block.h"

namespace {

struct SourceLocation {
    const char* file;
    std::uint32_t line;
    std::uint32_t column;
};
struct TypeMismatch {
    SourceLocation place;
    const void* type;
    unsigned char alignmentLog;
    unsigned char kind;
};

std::string text(const SourceLocation& place) {
    const char* slash = std::strrchr(place.file, '/');
    return std::string(" at ") + (slash != nullptr ? slash + 1 : place.file) + ":" + std::to_string(place.line);
}

/// `compose` puts the words together.
template <class Compose>
void report(const SourceLocation& place, const Compose& compose) {
    const auto whole = [&] { return compose() + text(place); };
    if (auto* block = trimtab::simt::Block::running()) block->giveUp(whole);
    std::fprintf(stderr, "undefined behaviour: %s\n", whole().c_str());
    std::abort();
}

}  // namespace

#define TRIMTAB_HANDLER extern "C" __attribute__((visibility("default"))) void

TRIMTAB_HANDLER __ubsan_handle_type_mismatch_v1(TypeMismatch* data, std::uintptr_t address) {
    report(data->place, [&]() -> std::string {
        if (address == 0) return "an access through a null pointer";
        const auto alignment = std::uintptr_t{1} << data->alignmentLog;
        return "a misaligned access (" + std::to_string(address % alignment) + " beyond a multiple of " + std::to_string(alignment) + ")";
    });
}
TRIMTAB_HANDLER __ubsan_handle_out_of_bounds(SourceLocation* place, std::uintptr_t index) {
    report(*place, [&] { return "index " + std::to_string(static_cast<std::intptr_t>(index)) + " is outside of the array"; });
}
TRIMTAB_HANDLER __ubsan_handle_shift_out_of_bounds(SourceLocation* place, std::uintptr_t, std::uintptr_t distance) {
    report(*place, [&] { return "a shift by " + std::to_string(static_cast<std::intptr_t>(distance)) + " bits, or of a negative number"; });
}
TRIMTAB_HANDLER __ubsan_handle_divrem_overflow(SourceLocation* place, std::uintptr_t, std::uintptr_t) {
    report(*place, [] { return std::string("a division of integers by zero, or one that overflows"); });
}
