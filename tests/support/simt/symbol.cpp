#include "tests/support/simt/symbol.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

namespace trimtab::simt {
namespace {

std::string demangle(const char* name) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> readable(abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
    return status == 0 ? readable.get() : name;
}

/// The name in an ELF file's symbol table of the function at `offset` from the load address. dladdr() knows exported functions only.
std::string nameInFile(const char* path, std::uintptr_t offset) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    std::vector<char> bytes(file ? static_cast<std::size_t>(file.tellg()) : 0);
    file.seekg(0);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    const auto at = [&bytes]<class T>(std::size_t position, T& value) {
        if (position > bytes.size() || sizeof(T) > bytes.size() - position) return false;
        std::memcpy(&value, bytes.data() + position, sizeof(T));
        return true;
    };
    ElfW(Ehdr) header;
    if (!at(0, header)) return {};
    for (std::size_t i = 0; i < header.e_shnum; ++i) {
        ElfW(Shdr) section;
        ElfW(Shdr) strings;
        if (!at(header.e_shoff + i * sizeof section, section) || section.sh_type != SHT_SYMTAB) continue;
        if (!at(header.e_shoff + section.sh_link * sizeof strings, strings)) continue;
        for (std::size_t position = 0; position < section.sh_size; position += sizeof(ElfW(Sym))) {
            ElfW(Sym) symbol;
            if (!at(section.sh_offset + position, symbol)) break;
            const std::size_t name = strings.sh_offset + symbol.st_name;
            if ((symbol.st_info & 15) == STT_FUNC && symbol.st_value == offset && name < bytes.size()) return bytes.data() + name;
        }
    }
    return {};
}

}  // namespace

std::string symbolName(const void* function) {
    Dl_info module{};
    if (dladdr(function, &module) != 0) {
        if (module.dli_sname != nullptr && module.dli_saddr == function) return demangle(module.dli_sname);
        const auto address = reinterpret_cast<std::uintptr_t>(function);
        const auto base = reinterpret_cast<std::uintptr_t>(module.dli_fbase);
        const std::string path = std::strchr(module.dli_fname, '/') != nullptr ? module.dli_fname : "/proc/self/exe";
        std::string name = nameInFile(path.c_str(), address - base);
        if (name.empty()) name = nameInFile(path.c_str(), address);  // an executable of fixed addresses
        if (!name.empty()) return demangle(name.c_str());
    }
    std::ostringstream text;
    text << "the kernel at " << function;
    return text.str();
}

}  // namespace trimtab::simt
