#pragma once
// How plans for a device name what the device does not execute.
#include <string_view>

namespace trimtab::trace {

/// The kernel of a node that runs on the host by its reference, its values travelling there and back.
inline constexpr std::string_view kHostKernel = "reference on the host";

}  // namespace trimtab::trace
