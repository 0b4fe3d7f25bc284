#pragma once
// What a device counted while a layer ran, of one run.
#include <map>
#include <optional>
#include <string>

namespace trimtab::trace {

/// By name; what is not there was not counted:
///   device_ns                                 time that the device was at it
///   dram_read_bytes, dram_written_bytes       between memory and the last-level cache
///   l2_bytes                                  that the last-level cache was asked for
///   tensor_active, fma_active, alu_active     share of the time that these pipes of a multiprocessor were at work, mean over them, 0 … 1
///   occupancy                                 warps that were there over those that have room, while a multiprocessor worked
///   issue_active                              share of the cycles in which a scheduler issued an instruction
///   stalled_on_memory                         share of its warps' cycles that waited for a load from memory or the caches
struct LayerCounters {
    std::map<std::string, double> values;

    std::optional<double> at(const std::string& name) const {
        const auto found = values.find(name);
        return found == values.end() ? std::nullopt : std::optional(found->second);
    }
    /// Between memory and the device, both ways.
    std::optional<double> memoryBytes() const {
        const auto read = at("dram_read_bytes"), written = at("dram_written_bytes");
        return read && written ? std::optional(*read + *written) : std::nullopt;
    }
    bool operator==(const LayerCounters&) const = default;
};

}  // namespace trimtab::trace
