#pragma once
// Profiles that a session keeps: `trimtab profile S.trimtab`, and `--session S.trimtab` beside a model.
#include <string>

#include "app/cli/profile_text.h"
#include "app/cli/program.h"
#include "core/store/session.h"

namespace trimtab::cli {

bool isSession(const std::string& path);  // by its name, S.trimtab

/// The profiles that the session holds.
Status listProfiles(Program& program, const std::string& path);
/// NotFound, where the session has no profile of that number.
Result<store::KeptProfile> keptProfile(const std::string& path, std::int64_t id);
/// What a profile of that trial asks for, and its label.
struct TrialToProfile {
    ipc::ModelRequest model;
    std::string label;
};
Result<TrialToProfile> trialToProfile(Program& program, const std::string& path, std::int64_t trial);
/// Into the session, which is made where there is none; gives the profile's number. 0, and nothing is kept, where nothing ran.
Result<std::int64_t> keepProfile(const ReadProfile& read, const std::string& subject, std::int64_t trial, const std::string& path);

}  // namespace trimtab::cli
