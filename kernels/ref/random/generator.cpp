#include "kernels/ref/random/generator.h"

#include <bit>

#include "kernels/ref/type_numbers.h"

namespace trimtab::ref {
namespace {

/// FNV-1a.
std::uint64_t hashOf(const std::string& text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3ULL;
    return hash;
}

}  // namespace

base::Random generatorOf(const Call& call) {
    if (call.node.has("seed")) {
        const auto whole = call.node.integer("seed", 0);
        return base::Random(std::bit_cast<std::uint32_t>(call.node.number("seed", static_cast<float>(whole))));
    }
    return base::Random(hashOf(call.node.name));
}

DataType drawnType(const Call& call, DataType fallback) {
    return call.node.has("dtype") ? typeOfNumber(call.node.integer("dtype", 0)) : fallback;
}

}  // namespace trimtab::ref
