#include "core/store/session_file.h"

#include <fmt/format.h>

#include "core/store/schema.h"

namespace trimtab::store {
namespace {

constexpr auto kVersion = static_cast<std::int64_t>(kMigrations.size());

Status checkIdentity(Database& database, const std::string& name) {
    TRIMTAB_TRY(const std::int64_t application, database.number("PRAGMA application_id"));
    TRIMTAB_TRY(const std::int64_t tables, database.number("SELECT count(*) FROM sqlite_master"));
    if (application == 0 && tables == 0) return {};
    if (application != kApplicationId) return fail(ErrorCode::Refused, "is a database, but not a Trimtab session", name);
    TRIMTAB_TRY(const std::int64_t version, database.number("PRAGMA user_version"));
    if (version > kVersion)
        return fail(ErrorCode::Refused,
                    fmt::format("was written by a newer Trimtab (session version {}, this program knows {}): update Trimtab to open it",
                                version, kVersion),
                    name);
    TRIMTAB_TRY(const std::int64_t active, database.number("SELECT count(*) FROM sqlite_master WHERE type IN ('trigger', 'view')"));
    if (active > 0) return fail(ErrorCode::Refused, "holds triggers or views, which no Trimtab session has", name);
    return {};
}

Status migrate(Database& database) {
    TRIMTAB_TRY(const std::int64_t before, database.number("PRAGMA user_version"));
    if (before == kVersion) return {};
    return database.transaction([&]() -> Status {
        // Another process may have migrated while this one waited for the lock.
        TRIMTAB_TRY(const std::int64_t version, database.number("PRAGMA user_version"));
        for (std::int64_t next = version; next < kVersion; ++next)
            TRIMTAB_REQUIRE(database.execute(kMigrations[static_cast<std::size_t>(next)]));
        TRIMTAB_REQUIRE(database.execute(fmt::format("PRAGMA application_id={}", kApplicationId)));
        return database.execute(fmt::format("PRAGMA user_version={}", kVersion));
    });
}

Result<std::unique_ptr<Database>> openReadOnly(const std::filesystem::path& path, Mode mode) {
    if (mode == Mode::Recording) return Database::open(path, Database::Access::Immutable);
    TRIMTAB_TRY(auto database, Database::open(path, Database::Access::Read));
    if (database->number("SELECT count(*) FROM sqlite_master")) return database;
    // WAL needs a writable folder even for readers; without one the file is read as it stands.
    return Database::open(path, Database::Access::Immutable);
}

}  // namespace

Result<std::unique_ptr<Database>> openSessionFile(const std::filesystem::path& path, Mode mode) {
    std::error_code error;
    if (mode != Mode::ReadWrite) {
        if (!std::filesystem::exists(path, error)) return fail(ErrorCode::NotFound, "there is no such session", path.string());
        TRIMTAB_TRY(auto database, openReadOnly(path, mode));
        TRIMTAB_REQUIRE(checkIdentity(*database, path.string()));
        TRIMTAB_TRY(const std::int64_t version, database->number("PRAGMA user_version"));
        if (version < 1) return fail(ErrorCode::Refused, "is empty, and nothing can be made in it while it is read-only", path.string());
        return database;
    }
    if (std::filesystem::is_directory(path, error)) return fail(ErrorCode::Refused, "is a folder, not a session", path.string());
    TRIMTAB_TRY(auto database, Database::open(path, Database::Access::Create));
    TRIMTAB_REQUIRE(checkIdentity(*database, path.string()));
    if (onNetworkFilesystem(path)) {
        TRIMTAB_REQUIRE(database->execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE"));
    } else {
        TRIMTAB_REQUIRE(database->execute("PRAGMA journal_mode=WAL"));
    }
    TRIMTAB_REQUIRE(database->execute("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON"));
    TRIMTAB_REQUIRE(migrate(*database));
    return database;
}

}  // namespace trimtab::store
