#pragma once
// Models that are each made to be slow for one reason, in seeded variants.
#include <filesystem>
#include <string>
#include <vector>

#include "core/explain/diagnosis.h"

namespace trimtab::bench {

struct Case {
    std::string name;
    std::vector<explain::Cause> causes;  // one of these must bind it
    std::int64_t batch = 1;  // 0: the file fixes it
};

/// The cases, without their models.
std::vector<Case> adviceCases();
/// Writes the model of a case's variant; `variant` counts from 0.
void writeVariant(const std::string& name, std::uint64_t variant, const std::filesystem::path& path);

}  // namespace trimtab::bench
