#pragma once
// One call as a method sees it: how to tell progress, how to learn that nobody waits any more.
#include <functional>
#include <string>

#include "core/base/json.h"

namespace trimtab::worker {

struct Call {
    std::function<void(double share, const std::string& what)> progress;  // share in 0…1; negative: not known
    std::function<bool()> cancelled;
};

class Workbench;

/// Parameters → result. May throw std::bad_alloc; the server turns it into an answer.
using Method = std::function<Result<Json>(const Json& params, Workbench& bench, const Call& call)>;

}  // namespace trimtab::worker
