#pragma once
// What nearly every source of a library includes, read once (cmake/precompiled.cmake). Sources include what they use all the same: a build
// with TRIMTAB_PRECOMPILED=OFF shows what one has forgotten.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include <tl/expected.hpp>
