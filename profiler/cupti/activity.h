#pragma once
// What CUPTI's records say, as values without its headers. Times are nanoseconds of CUPTI's clock, which host and device share.
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace trimtab::cupti {

enum class ActivityKind : std::uint8_t {
    Kernel,
    Copy,
    Memset,
    Graph,     // a whole graph, told without its nodes
    Call,      // of the driver or the runtime, on the host
    Wait,      // of the host for the device
    Overhead,  // of the recording, on the host
};
inline constexpr auto kLastKind = ActivityKind::Overhead;

/// True of what the device's time is made of.
constexpr bool isOfDevice(ActivityKind kind) { return kind <= ActivityKind::Graph; }

struct Activity {
    std::uint64_t beginNs = 0, endNs = 0;  // both 0: the time could not be had
    std::uint64_t graphNode = 0;           // the graph's node that it is; 0: it was launched by itself
    std::uint64_t bytes = 0;               // Copy, Memset
    std::uint32_t correlation = 0;         // of the call that caused it, or that it is
    std::uint32_t runtimeCorrelation = 0;  // Copy: of the runtime's call, where `correlation` is the driver's; else 0
    std::uint32_t device = 0, context = 0, stream = 0;
    std::uint32_t graph = 0;
    std::uint32_t thread = 0;  // Call: the host's
    std::int32_t name = 0;     // index into Activities::names
    ActivityKind kind = ActivityKind::Kernel;

    bool operator==(const Activity&) const = default;
};

/// A call that was made inside a scope, and the scope's id (scope_id.h).
struct Correlation {
    std::uint32_t call = 0;
    std::uint64_t scope = 0;
    bool operator==(const Correlation&) const = default;
};

struct Activities {
    std::vector<Activity> list;  // as they came: in no order
    std::vector<Correlation> correlations;
    std::vector<std::string> names;
    std::int64_t dropped = 0;  // records that CUPTI had no room for
    std::int64_t broken = 0;   // buffers that could not be read to their end
    std::int64_t unknown = 0;  // records of kinds that are not asked for
};

/// Begin and end of a run on the same clock.
struct RunMark {
    std::uint64_t beginNs = 0, endNs = 0;
};

/// All that attribution needs.
struct Recording {
    Activities activities;
    std::unordered_map<std::uint64_t, std::int32_t> graphNodes;  // a graph's node → layer
    std::vector<RunMark> runs;                                   // those that were kept, by time
};

}  // namespace trimtab::cupti
