#pragma once
// A thin, safe skin over one SQLite connection: errors are values, statements finish themselves.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace trimtab::store {

class Statement {
public:
    ~Statement();
    Statement(Statement&& other) noexcept;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    /// Parameters count from 1. Text and blobs are copied.
    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, double value);
    Statement& bind(int index, std::string_view text);
    Statement& bindBytes(int index, std::string_view bytes);
    Statement& bindNumbers(int index, std::span<const double> values);  // a blob of little-endian doubles

    /// True while there is a row.
    Result<bool> step();
    /// Runs to the end, for statements without rows.
    Status run();

    std::int64_t integer(int column) const;  // columns count from 0
    double real(int column) const;
    std::string text(int column) const;  // or the bytes of a blob
    std::vector<double> numbers(int column) const;

private:
    friend class Database;
    Statement(sqlite3* connection, sqlite3_stmt* statement) : m_connection(connection), m_statement(statement) {}
    sqlite3* m_connection;
    sqlite3_stmt* m_statement;
};

class Database {
public:
    enum class Access : std::uint8_t { Create, Write, Read, Immutable };
    static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path, Access access);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    Result<Statement> prepare(std::string_view sql);
    Status execute(std::string_view sql);  // one or more statements, rows ignored
    Result<std::int64_t> number(std::string_view sql);
    /// All or nothing: rolls back when `work` fails.
    Status transaction(const std::function<Status()>& work);
    std::int64_t lastId() const;
    /// Through SQLite's backup interface; the copy is consistent also while others write.
    Status backupTo(const std::filesystem::path& target);

private:
    explicit Database(sqlite3* connection, std::string name) : m_connection(connection), m_name(std::move(name)) {}
    Error problem(const std::string& what) const;
    sqlite3* m_connection;
    std::string m_name;
};

/// True for NFS, SMB, 9p, FUSE and cluster filesystems, whose locks and shared memory WAL cannot rely on.
bool onNetworkFilesystem(const std::filesystem::path& path);

}  // namespace trimtab::store
