#include "profiler/cupti/kernel_name.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <string_view>

namespace trimtab::cupti {
namespace {

constexpr std::size_t kLongest = 96;  // characters

std::string demangled(const char* symbol) {
    if (!std::string_view(symbol).starts_with("_Z")) return symbol;  // "f" alone would be the type float
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(symbol, nullptr, nullptr, &status), &std::free);
    return status == 0 && text ? text.get() : symbol;
}

bool isOfName(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

/// Where the name at the end of the text begins, with its template arguments.
std::size_t lastNameOf(const std::string& text) {
    std::size_t begin = text.size();
    int depth = 0;
    for (; begin > 0; --begin) {
        const char c = text[begin - 1];
        if (c == '>') ++depth;
        else if (c == '<' && depth > 0) --depth;
        else if (depth == 0 && !isOfName(c)) break;
    }
    return begin;
}

/// "a::b<c::D>" → "b<D>": every qualified name loses what stands before its last "::".
std::string unqualified(const std::string& text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.compare(i, 2, "::") == 0) {
            result.resize(lastNameOf(result));
            ++i;
        } else {
            result.push_back(text[i]);
        }
    }
    return result;
}

void removeAll(std::string& text, std::string_view what) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what)) text.erase(at, what.size());
}

/// The function's own part of "void f<int>(float*)": from behind the return type up to the parameters.
std::string withoutTypes(const std::string& text) {
    int depth = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '<') ++depth;
        if (c == '>') depth = std::max(0, depth - 1);
        if (depth > 0) continue;
        if (c == '(') return text.substr(begin, i - begin);
        if (c == ' ') begin = i + 1;
    }
    return text.substr(begin);
}

std::string shortened(const std::string& name) {
    if (name.size() <= kLongest) return name;
    const std::size_t arguments = name.find('<');
    if (arguments != std::string::npos && arguments > 0 && arguments + 5 <= kLongest) return name.substr(0, arguments) + "<…>";
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
    return name.substr(0, end) + "…";
}

}  // namespace

std::string kernelName(const char* symbol) {
    std::string text = demangled(symbol);
    if (text == symbol) return shortened(text);
    removeAll(text, "(anonymous namespace)::");
    removeAll(text, "[abi:cxx11]");
    return shortened(unqualified(withoutTypes(text)));
}

}  // namespace trimtab::cupti
