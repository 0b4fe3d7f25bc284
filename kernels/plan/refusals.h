#pragma once
// What the implementations that stand before the one that takes a node have against it.
#include <string>
#include <string_view>

#include "core/runtime/engine.h"

namespace trimtab::plan {

class Refusals {
public:
    /// Without a reason (not meant for the node) nothing is noted.
    void note(std::string_view implementation, const std::string& reason);
    const std::string& text() const { return m_text; }  // all of them, in order of preference
    /// Why the node runs as it does. Natively: all that was refused before. Emulated: what the first, which came nearest to executing it,
    /// lacks; what imitates the treatment says only that it does.
    std::string why(const runtime::Support& taken) const;

private:
    std::string m_first, m_text;
};

}  // namespace trimtab::plan
