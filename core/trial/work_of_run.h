#pragma once
// What a run is worth: that of which energy and time are told.
#include <cstdint>
#include <string>

#include "core/recipe/run_setting.h"

namespace trimtab::trial {

/// Its samples; where a prompt is read its tokens, and of a step behind it one token a sequence.
struct WorkOfRun {
    std::int64_t count = 1;
    std::string unit = "sample";  // "token", "token of the prompt"
    bool isTokens() const { return unit != "sample"; }
};
WorkOfRun workOfRun(std::int64_t batch, const recipe::RunSetting& setting);

}  // namespace trimtab::trial
