// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A profile with what is made of it. Immutable; pages and models share it.
#include <memory>

#include <QString>

#include "core/explain/advice.h"
#include "core/explain/diagnosis.h"
#include "core/ipc/profile_request.h"

namespace trimtab::gui {

struct ProfileSnapshot {
    QString subject;  // what ran: "As the model is stored", a trial's label
    ipc::ProfileRequest request;
    ipc::ProfileAnswer answer;
    explain::Diagnosis diagnosis;
    explain::AdviceList advice;

    const trace::Profile& profile() const { return answer.profile; }
};
using ProfilePtr = std::shared_ptr<const ProfileSnapshot>;

ProfilePtr profileSnapshotOf(const ipc::ProfileRequest& request, ipc::ProfileAnswer answer, const QString& subject);

QString causeTitle(explain::Cause cause);  // "Memory bandwidth", "Launch", …
/// "0.4 % (−0.2 … 1.1 %)".
QString overheadText(const base::Estimate& ratio);

}  // namespace trimtab::gui
