// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A profile with what is made of it. Immutable; pages and models share it.
#include <memory>

#include <QString>

#include "core/explain/advice.h"
#include "core/explain/diagnosis.h"
#include "core/ipc/profile_request.h"
#include "core/store/kept_profile.h"

namespace trimtab::gui {

struct ProfileSnapshot {
    QString subject;         // what ran: "As the model is stored", a trial's label
    std::int64_t trial = 0;  // of the session on show; 0: of none
    QString recordedAt;      // of a session's; empty: it was made just now
    ipc::ProfileRequest request;
    ipc::ProfileAnswer answer;
    explain::Diagnosis diagnosis;
    explain::AdviceList advice;

    const trace::Profile& profile() const { return answer.profile; }
};
using ProfilePtr = std::shared_ptr<const ProfileSnapshot>;

/// With no trial and no date.
ProfileSnapshot profileSnapshotOf(const ipc::ProfileRequest& request, ipc::ProfileAnswer answer, const QString& subject);
ProfilePtr profileSnapshotOf(store::KeptProfile kept);

QString causeTitle(explain::Cause cause);  // "Memory bandwidth", "Launch", …
/// What must be known beside the figures, one line each: lost records, emulated layers, what could not be measured. Empty: nothing.
QString marksText(const ProfileSnapshot& profile);
/// Why it does not fit, and what would: one line each.
QString capacityText(const trial::Capacity& capacity, const ipc::ModelRequest& model);
/// What a sample or a token draws, and the clocks beside it or why there is none.
struct EnergyFigure {
    QString value, detail;
};
EnergyFigure energyFigure(const ProfileSnapshot& profile);
/// "0.4 % (−0.2 … 1.1 %)".
QString overheadText(const base::Estimate& ratio);

}  // namespace trimtab::gui
