#include "kernels/plan/refusals.h"

namespace trimtab::plan {

void Refusals::note(std::string_view implementation, const std::string& reason) {
    if (reason.empty()) return;
    const std::string named = std::string(implementation) + ": " + reason;
    if (m_first.empty()) m_first = named;
    m_text += (m_text.empty() ? "" : "; ") + named;
}

std::string Refusals::why(const runtime::Support& taken) const {
    if (taken.level == runtime::Support::Level::Emulated) return m_first.empty() ? taken.reason : m_first;
    return taken.reason.empty() ? m_text : taken.reason;
}

}  // namespace trimtab::plan
