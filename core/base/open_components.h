#pragma once
// Opening beneath a folder without openat2(2): one component after the other, each with O_NOFOLLOW. openBeneath() uses it on kernels
// (and in sandboxes) that lack the call; it is declared here so that a test can hold both ways to the same behaviour.
#include <string>
#include <vector>

namespace trimtab::base {

/// Opens folder/components[0]/…/components[n-1] for reading with `flags` on the last one. REQUIRES: n >= 1, no component empty, "." or
/// "..". Returns the descriptor, or -1 with errno as openat2 sets it (ELOOP for a symlink).
int openByComponents(int folder, const std::vector<std::string>& components, int flags);

}  // namespace trimtab::base
