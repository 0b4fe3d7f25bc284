#pragma once
// What bounds each layer of a profiled run, and the run as a whole, with the figures that say so.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/explain/roofline.h"
#include "core/trace/profile.h"

namespace trimtab::explain {

enum class Cause : std::uint8_t {
    Memory,         // its bytes take most of its time
    Arithmetic,     // its operations do
    Launch,         // it does little more than start
    SmallShapes,    // too little work to fill the device, and more than a start
    Reformat,       // it only moves or converts, or spends much of its time on that
    Threads,        // few of the run's threads have a part in it
    Communication,  // values travel between the device and the host
    Planning,       // of the run alone: inputs have shapes of no plan that is kept
    Capacity,       // of the run alone: it does not fit into memory
    Emulated,       // no kernel executes what the recipe asks for
    Unexplained,    // slower than bytes and operations allow, and none of the above
};
std::string_view name(Cause cause);   // "memory", "arithmetic", "launch", "small shapes", …
std::string_view words(Cause cause);  // "memory bandwidth", "arithmetic", "launch and scheduling", …

struct LayerDiagnosis {
    Cause cause = Cause::Unexplained;
    RooflinePoint roofline;
    /// Of what its bytes or its operations allow, whichever takes longer, 0…1; nothing where it was not timed.
    std::optional<double> reached;
    std::string evidence;  // one sentence with its figures; empty where it was not timed
};

struct Diagnosis {
    std::vector<LayerDiagnosis> layers;               // one for each of the profile's
    std::vector<std::pair<Cause, double>> causes;     // share of a run's time, 0…1, the largest first
    double transfers = 0;                             // share of a run's time that inputs and outputs were on their way
    double elsewhere = 0;                             // share of a run's time that no layer, no plan and no transfer took
    bool fromCache = false;
    bool ceilingsExceeded = false;  // a layer computed more a second than the ceilings say: they were measured on a busier machine

    /// The cause with the largest share; nothing where no layer was timed.
    std::optional<Cause> main() const;
};

/// `cacheBytes`: of the last-level cache, where it is known.
Diagnosis diagnose(const trace::Profile& profile, std::optional<std::int64_t> cacheBytes);

/// Of a model that does not fit: no layer ran.
Diagnosis diagnosisOfCapacity();

}  // namespace trimtab::explain
