#pragma once
// A profile as a session keeps it: of the model as it is stored, or of one of its trials.
#include <cstdint>
#include <string>
#include <vector>

#include "core/ipc/profile_request.h"

namespace trimtab::store {

class Database;

/// What a list of profiles shows of each.
struct ProfileHeading {
    std::int64_t id = 0;
    std::int64_t trial = 0;  // of this session; 0: of none
    std::string subject;     // what ran, for people
    std::string recordedAt;  // ISO 8601, UTC
    double runNs = 0;
};

struct KeptProfile {
    ProfileHeading heading;  // id is set when it is kept, runNs told by the answer
    ipc::ProfileRequest request;
    ipc::ProfileAnswer answer;  // its trace is stored packed
};

/// Sets heading.id and heading.runNs. REQUIRES: a database of the current version.
Status addProfile(Database& database, KeptProfile& profile);
/// In order of id; none where the session is older than profiles are.
Result<std::vector<ProfileHeading>> profileHeadings(Database& database);
/// NotFound; Refused where what is stored is broken.
Result<KeptProfile> profileOf(Database& database, std::int64_t id);

}  // namespace trimtab::store
