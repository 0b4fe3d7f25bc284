#include "tests/integration/kill_fixture.h"

#include "core/store/session.h"

namespace trimtab::testing_cli {

std::map<std::string, int> KillFixture::stored(const std::string& session) const {
    std::map<std::string, int> counts;
    auto opened = store::Session::open(m_tiny.at(session), store::Mode::ReadOnly);
    if (!opened) return counts;  // killed before the file was made
    const auto studies = (*opened)->studies().value();
    if (studies.empty()) return counts;
    EXPECT_EQ(studies.size(), 1u) << "another study was begun";
    const auto results = (*opened)->results(studies.front().id, true).value();
    for (const auto& result : results)
        if (result.state == trial::State::Finished) ++counts[result.trial.label];
    return counts;
}

void KillFixture::expectNothingLost(const std::string& session, const std::vector<std::string>& labels) const {
    const auto counts = stored(session);
    for (const std::string& label : labels) EXPECT_TRUE(counts.contains(label)) << label << " was told as finished and is not there";
}

void KillFixture::expectWhole(const std::string& session) const {
    const auto counts = stored(session);
    EXPECT_EQ(counts.size(), static_cast<std::size_t>(kTrials));
    for (const auto& [label, count] : counts) EXPECT_EQ(count, 1) << label << " was done " << count << " times";
}

}  // namespace trimtab::testing_cli
