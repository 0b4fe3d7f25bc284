#pragma once
// Keeps the results of a running study in a session file. Each is committed before trialFinished() returns.
#include "core/store/session.h"
#include "core/tune/run_study.h"

namespace trimtab::tasks {

/// REQUIRES: the session outlives the sink and holds a study of that id.
class SessionSink final : public tune::TrialSink {
public:
    SessionSink(store::Session& session, std::int64_t study) : m_session(session), m_study(study) {}

    Result<std::vector<trial::TrialResult>> existing() override { return m_session.results(m_study); }
    Status trialFinished(trial::TrialResult& result) override { return m_session.addResult(m_study, result); }
    /// Nothing is written: what was only begun is done again after an interruption.
    Status trialStarted(const trial::Trial&) override { return {}; }

private:
    store::Session& m_session;
    std::int64_t m_study;
};

}  // namespace trimtab::tasks
