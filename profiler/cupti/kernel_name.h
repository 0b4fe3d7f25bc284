#pragma once
// Names of kernels as people read them.
#include <string>

namespace trimtab::cupti {

/// Demangled, without return type, namespaces and parameters: "streamed<int, 4>". Template arguments that would make it long are "…". What
/// is no mangled C++ name stays as it is, but for its length.
std::string kernelName(const char* symbol);

}  // namespace trimtab::cupti
