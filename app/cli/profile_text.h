#pragma once
// A profile in words, and as the document of --json.
#include "core/base/json.h"
#include "core/explain/advice.h"
#include "core/explain/diagnosis.h"
#include "core/ipc/profile_request.h"

namespace trimtab::cli {

/// A profile with what is made of it.
struct ReadProfile {
    ipc::ProfileRequest request;
    ipc::ProfileAnswer answer;
    explain::Diagnosis diagnosis;
    explain::AdviceList advice;
};
ReadProfile readProfile(ipc::ProfileRequest request, ipc::ProfileAnswer answer);

Json documentOf(const ReadProfile& read);
void print(const ReadProfile& read);  // on standard output

}  // namespace trimtab::cli
