#pragma once
#include <string>

namespace trimtab::simt {

/// The demangled name of a function of this process, file-local ones included; its address when the module's symbols are gone.
std::string symbolName(const void* function);

}  // namespace trimtab::simt
