#pragma once
// Which run and which layer each activity belongs to.
#include <vector>

#include "profiler/cupti/activity.h"

namespace trimtab::cupti {

struct Settled {
    const Activity* activity = nullptr;
    std::size_t run = 0;      // index into Recording::runs
    std::int32_t layer = -1;  // −1: of none that is known; trace::kTransfers

    double durationNs() const { return static_cast<double>(activity->endNs - activity->beginNs); }
};

struct Settlement {
    std::vector<Settled> device, host;  // of kept runs, by run and begin
    std::int64_t untimed = 0;           // of the device, without a time
};

/// `layers`: of the plan. Points into `recording`.
Settlement settle(const Recording& recording, std::size_t layers);

}  // namespace trimtab::cupti
