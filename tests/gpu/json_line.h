#pragma once
// One JSON object a line on standard output: what verify.sh reads of its programs.
#include <cstdio>

#include "core/base/json.h"

namespace trimtab::gpu {

inline void print(const Json& line) {
    std::printf("%s\n", line.dump().c_str());
    std::fflush(stdout);
}

}  // namespace trimtab::gpu
