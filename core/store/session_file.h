#pragma once
// Opening: creation, migration, journal mode, and the checks that a foreign file must pass.
#include <memory>

#include "core/store/database.h"
#include "core/store/session.h"

namespace trimtab::store {

/// An open, checked, migrated connection. Refused for files that are not sessions, are newer than this program, or hold triggers or views.
Result<std::unique_ptr<Database>> openSessionFile(const std::filesystem::path& path, Mode mode);

}  // namespace trimtab::store
