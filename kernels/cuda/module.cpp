// What libtrimtab-cuda.so exports.
#include <charconv>
#include <map>
#include <string_view>

#include "core/runtime/module.h"
#include "kernels/cuda/cuda_engine.h"

namespace {

using trimtab::ErrorCode;
using trimtab::Result;

/// 0 of "", "cuda" and "cuda:0".
Result<int> ordinalOf(std::string_view device) {
    constexpr std::string_view kPrefix = "cuda:";
    if (device.empty() || device == "cuda" || device == "cpu") return 0;
    int ordinal = 0;
    if (device.starts_with(kPrefix)) {
        const std::string_view number = device.substr(kPrefix.size());
        const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), ordinal);
        if (error == std::errc{} && end == number.data() + number.size() && ordinal >= 0) return ordinal;
    }
    return trimtab::fail(ErrorCode::Usage, "'" + std::string(device) + "' names no GPU: the first is cuda:0");
}

Result<std::unique_ptr<trimtab::runtime::Engine>> makeEngine(int, const std::string& device) {
    TRIMTAB_TRY(const int ordinal, ordinalOf(device));
    // Engines of one device share its libraries and what was measured with them.
    static std::map<int, std::weak_ptr<trimtab::cuda::Tools>> opened;
    auto tools = opened[ordinal].lock();
    if (!tools) {
        TRIMTAB_TRY(tools, trimtab::cuda::openTools(ordinal));
        opened[ordinal] = tools;
    }
    return trimtab::cuda::makeCudaEngine(std::move(tools));
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const trimtab::runtime::Module* trimtab_module() {
    static const trimtab::runtime::Module module = trimtab::runtime::describeModule(makeEngine);
    return &module;
}
