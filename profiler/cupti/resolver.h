#pragma once
// Functions of a library that was opened at run time.
#include <string>

#include <dlfcn.h>

namespace trimtab::cupti {

class Resolver {
public:
    explicit Resolver(void* library) : m_library(library) {}

    template <class F>
    Resolver& find(const char* name, F& function) {
        function = reinterpret_cast<F>(::dlsym(m_library, name));
        if (!function && m_missing.empty()) m_missing = name;
        return *this;
    }
    /// The first that is not there; empty where all are.
    const std::string& missing() const { return m_missing; }

private:
    void* m_library;
    std::string m_missing;
};

}  // namespace trimtab::cupti
