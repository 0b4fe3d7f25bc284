#pragma once
// Which sanitizers this is built with, and their interfaces.
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define TRIMTAB_SIMT_ASAN 1
#else
#define TRIMTAB_SIMT_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#define TRIMTAB_SIMT_TSAN 1
#else
#define TRIMTAB_SIMT_TSAN 0
#endif
