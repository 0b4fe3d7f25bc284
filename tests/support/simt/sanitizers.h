#pragma once
// AddressSanitizer's interface, where this is built with it.
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define TRIMTAB_SIMT_ASAN 1
#else
#define TRIMTAB_SIMT_ASAN 0
#endif
