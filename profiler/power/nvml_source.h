#pragma once
// Power, clocks, temperature and throttle reasons of one NVIDIA GPU, from NVML. Its figures are those of the whole board, whichever process
// or MIG instance uses it.
#include <memory>
#include <string>

#include "profiler/power/nvml_library.h"
#include "profiler/power/power_source.h"

namespace trimtab::profiler {

/// `pciBusId`: "0000:65:00.0"; NVML numbers devices otherwise than CUDA does. NVML is initialised while the source lives. Unsupported, in
/// one line, where it does not start or knows no such device. What it answers other than a value when first asked is missing from then on.
Result<std::unique_ptr<PowerSource>> nvmlSource(const nvml::Library& library, const std::string& pciBusId);

/// What NVML's bits say.
std::uint32_t reasonsOfNvml(unsigned long long bits);

}  // namespace trimtab::profiler
