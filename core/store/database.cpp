#include "core/store/database.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include <sqlite3.h>
#include <sys/vfs.h>

namespace trimtab::store {
namespace {

constexpr int kBusyMilliseconds = 10000;

Error connectionError(sqlite3* connection, const std::string& what, const std::string& name) {
    const int code = connection ? sqlite3_errcode(connection) & 0xff : SQLITE_NOMEM;
    const std::string reason = connection ? sqlite3_errmsg(connection) : "out of memory";
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
        return {ErrorCode::Refused, what + ": the file is damaged or is not a database (" + reason + ")", name};
    return {ErrorCode::Io, what + ": " + reason, name};
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(m_statement); }
Statement::Statement(Statement&& other) noexcept
    : m_connection(other.m_connection), m_statement(std::exchange(other.m_statement, nullptr)) {}

Statement& Statement::bind(int index, std::int64_t value) {
    sqlite3_bind_int64(m_statement, index, value);
    return *this;
}
Statement& Statement::bind(int index, double value) {
    sqlite3_bind_double(m_statement, index, value);
    return *this;
}
Statement& Statement::bind(int index, std::string_view text) {
    sqlite3_bind_text64(m_statement, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
}
Statement& Statement::bindBytes(int index, std::string_view bytes) {
    if (bytes.empty()) sqlite3_bind_zeroblob(m_statement, index, 0);
    else sqlite3_bind_blob64(m_statement, index, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
    return *this;
}
Statement& Statement::bindNumbers(int index, std::span<const double> values) {
    static_assert(std::endian::native == std::endian::little);
    return bindBytes(index, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(m_statement);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return fail(connectionError(m_connection, "the session could not be read or written", {}));
}

Status Statement::run() {
    for (;;) {
        TRIMTAB_TRY(const bool more, step());
        if (!more) return {};
    }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(m_statement, column); }

double Statement::real(int column) const { return sqlite3_column_double(m_statement, column); }

std::string Statement::text(int column) const {
    const auto* text = static_cast<const char*>(sqlite3_column_blob(m_statement, column));
    return text ? std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column))) : std::string();
}

std::vector<double> Statement::numbers(int column) const {
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column));
    std::vector<double> values(size / sizeof(double));
    if (!values.empty()) std::memcpy(values.data(), sqlite3_column_blob(m_statement, column), values.size() * sizeof(double));
    return values;
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path, Access access) {
    const int flags = access == Access::Create  ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                      : access == Access::Write ? SQLITE_OPEN_READWRITE
                                                : SQLITE_OPEN_READONLY;
    std::string address = path.string();
    if (access == Access::Immutable) {
        std::string escaped;
        for (const char c : address) escaped += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
        address = "file:" + escaped + "?immutable=1";
    }
    sqlite3* connection = nullptr;
    const int code = sqlite3_open_v2(address.c_str(), &connection,
                                     flags | SQLITE_OPEN_EXRESCODE | (access == Access::Immutable ? SQLITE_OPEN_URI : 0), nullptr);
    if (code != SQLITE_OK) {
        Error error = connectionError(connection, "cannot open the session", path.string());
        sqlite3_close(connection);
        return fail(std::move(error));
    }
    // Sessions travel between people: nothing in their schema is trusted.
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    sqlite3_busy_timeout(connection, kBusyMilliseconds);
    return std::unique_ptr<Database>(new Database(connection, path.string()));
}

Database::~Database() { sqlite3_close(m_connection); }

Error Database::problem(const std::string& what) const { return connectionError(m_connection, what, m_name); }

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(m_connection, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) != SQLITE_OK)
        return fail(problem("the session could not be read or written"));
    return Statement(m_connection, statement);
}

Status Database::execute(std::string_view sql) {
    if (sqlite3_exec(m_connection, std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        return fail(problem("the session could not be read or written"));
    return {};
}

Result<std::int64_t> Database::number(std::string_view sql) {
    TRIMTAB_TRY(Statement statement, prepare(sql));
    TRIMTAB_TRY(const bool row, statement.step());
    return row ? statement.integer(0) : 0;
}

Status Database::transaction(const std::function<Status()>& work) {
    TRIMTAB_REQUIRE(execute("BEGIN IMMEDIATE"));
    Status done = work();
    if (done) done = execute("COMMIT");
    if (!done) (void)execute("ROLLBACK");
    return done;
}

std::int64_t Database::lastId() const { return sqlite3_last_insert_rowid(m_connection); }

Status Database::backupTo(const std::filesystem::path& target) {
    TRIMTAB_TRY(auto copy, open(target, Access::Create));
    sqlite3_backup* backup = sqlite3_backup_init(copy->m_connection, "main", m_connection, "main");
    if (!backup) return fail(copy->problem("cannot copy the session"));
    constexpr int kPages = 1024;
    int code = SQLITE_OK;
    while (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        code = sqlite3_backup_step(backup, kPages);
        if (code == SQLITE_BUSY || code == SQLITE_LOCKED) sqlite3_sleep(50);
    }
    if (sqlite3_backup_finish(backup) != SQLITE_OK) return fail(copy->problem("cannot copy the session"));
    // A copy is one file: no journal beside it.
    return copy->execute("PRAGMA journal_mode=DELETE");
}

bool onNetworkFilesystem(const std::filesystem::path& path) {
    struct statfs information {};
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    if (::statfs(folder.c_str(), &information) != 0) return false;
    // Numbers from statfs(2): NFS, SMB, SMB2, CIFS, 9p, FUSE, Ceph, Lustre, GPFS, AFS, Coda.
    static constexpr std::array<unsigned long, 11> kKinds{0x6969,     0x517B,     0xFE534D42, 0xFF534D42, 0x01021997, 0x65735546,
                                                         0x00C36400, 0x0BD00BD0, 0x47504653, 0x5346414F, 0x73757245};
    const auto kind = static_cast<unsigned long>(information.f_type) & 0xffffffffUL;
    return std::ranges::find(kKinds, kind) != kKinds.end();
}

}  // namespace trimtab::store
