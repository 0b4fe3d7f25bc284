#pragma once
// Models that are each made to be slow for one reason, in seeded variants.
#include <filesystem>
#include <string>
#include <vector>

#include "core/explain/diagnosis.h"

namespace trimtab::bench {

enum class Question {
    Profile,   // where the time of a run goes
    Capacity,  // the same, under a memory limit that the model does not meet
    Scale,     // how it grows with the length; the part that grows with the square must be the largest
};

struct Case {
    std::string name;
    std::vector<explain::Cause> causes;  // one of these must bind it
    std::int64_t batch = 1;  // 0: the file fixes it
    Question question = Question::Profile;
};

/// The cases, without their models.
std::vector<Case> adviceCases();
/// The lengths of the dimension "sequence" at which a Scale case is timed.
std::vector<std::int64_t> lengths();
/// Writes the model of a case's variant; `variant` counts from 0.
void writeVariant(const std::string& name, std::uint64_t variant, const std::filesystem::path& path);

}  // namespace trimtab::bench
