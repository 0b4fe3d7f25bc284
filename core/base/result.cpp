#include "core/base/result.h"

#include <array>

namespace trimtab::base {
namespace {
constexpr std::array<std::pair<ErrorCode, std::string_view>, 9> kNames{{
    {ErrorCode::Usage, "usage"},
    {ErrorCode::Refused, "refused"},
    {ErrorCode::Unsupported, "unsupported"},
    {ErrorCode::NotFound, "not_found"},
    {ErrorCode::Io, "io"},
    {ErrorCode::OutOfMemory, "out_of_memory"},
    {ErrorCode::Cancelled, "cancelled"},
    {ErrorCode::WorkerDied, "worker_died"},
    {ErrorCode::Failed, "failed"},
}};
}  // namespace

std::string Error::text() const { return context.empty() ? message : context + ": " + message; }

std::string_view name(ErrorCode code) {
    for (const auto& [value, word] : kNames)
        if (value == code) return word;
    return "failed";
}

ErrorCode errorCodeFromName(std::string_view word) {
    for (const auto& [value, known] : kNames)
        if (known == word) return value;
    return ErrorCode::Failed;
}

int exitStatus(ErrorCode code) {
    switch (code) {
        case ErrorCode::Usage: return 2;
        case ErrorCode::Refused:
        case ErrorCode::Unsupported: return 3;
        default: return 1;
    }
}

}  // namespace trimtab::base
