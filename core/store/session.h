#pragma once
// The session file: one SQLite database (.trimtab) with studies, trials, measurements, per-layer tables and notes. The only room that
// includes sqlite3.h. WAL with synchronous=FULL (rollback journal on network filesystems); application_id and user_version are set; foreign
// files are opened with DEFENSIVE on and trusted_schema off. What a call acknowledged survives kill -9. One thread at a time for each
// Session object.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/store/kept_profile.h"
#include "core/trial/study.h"
#include "core/trial/trial.h"

namespace trimtab::store {

enum class Mode : std::uint8_t {
    ReadWrite,
    ReadOnly,
    Recording,  // read-only, of a file that nobody writes: it is read as it stands and nothing is made beside it, whatever its journal
};

class Session {
public:
    /// Creates the file when it is not there (ReadWrite only), migrates older versions (an older one is read as it is where it
    /// cannot be written), refuses newer ones and foreign databases by name.
    static Result<std::unique_ptr<Session>> open(const std::filesystem::path& path, Mode mode);
    virtual ~Session() = default;

    virtual bool readOnly() const = 0;
    virtual const std::filesystem::path& path() const = 0;

    /// Finds an equal study (same model hash, data hash, metric, baseline, setting, axes, budget, seed) and sets study.id; false where
    /// there is none.
    virtual Result<bool> findStudy(trial::Study& study) = 0;
    /// Finds an equal study or adds it. Sets study.id.
    virtual Status addStudy(trial::Study& study) = 0;
    virtual Result<std::vector<trial::Study>> studies() = 0;
    virtual Result<trial::Study> study(std::int64_t id) = 0;

    /// Adds beside what is there; sets result.id. Committed when it returns.
    virtual Status addResult(std::int64_t study, trial::TrialResult& result) = 0;
    /// In order of id; without sample scores, blocks and layers when `brief`.
    virtual Result<std::vector<trial::TrialResult>> results(std::int64_t study, bool brief = false) = 0;
    virtual Result<trial::TrialResult> result(std::int64_t trialId) = 0;

    /// Adds beside what is there; sets heading.id. Committed when it returns.
    virtual Status addProfile(KeptProfile& profile) = 0;
    /// In order of id; none in a session of a version that had none.
    virtual Result<std::vector<ProfileHeading>> profiles() = 0;
    virtual Result<KeptProfile> profile(std::int64_t id) = 0;

    virtual Status setNote(std::int64_t study, const std::string& text) = 0;
    virtual Result<std::string> note(std::int64_t study) = 0;
    /// View state and other small documents by key ("symbols:<model hash>").
    virtual Status setDocument(const std::string& key, const Json& value) = 0;
    virtual Result<Json> document(const std::string& key) = 0;  // null when absent

    /// A consistent copy through SQLite's backup interface, also while it is being written.
    virtual Status copyTo(const std::filesystem::path& target) = 0;
};

}  // namespace trimtab::store
