#pragma once
// Expected failures are values. A function that can fail for reasons outside the program returns Result<T>;
// programmer mistakes are assertions. Third-party exceptions are caught where the third party is called.
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace trimtab::base {

enum class ErrorCode {
    Usage,        // the caller's own words are off (exit 2)
    Refused,      // the input is broken, hostile, too large or of a kind we do not take (exit 3)
    Unsupported,  // well-formed, but nothing here executes it (exit 3)
    NotFound,
    Io,
    OutOfMemory,  // the memory budget would be exceeded; nothing was allocated
    Cancelled,
    WorkerDied,
    Failed,       // everything else that only running shows (exit 1)
};

struct Error {
    ErrorCode code = ErrorCode::Failed;
    std::string message;  // what is wrong, where, and what to do; one or two sentences, no trailing newline
    std::string context;  // file, node or key it happened at; empty when the message says it

    /// "context: message", or the message alone.
    std::string text() const;
};

/// Stable name used in protocols and session files: "usage", "refused", …
std::string_view name(ErrorCode code);
/// Inverse of name(); ErrorCode::Failed for an unknown word.
ErrorCode errorCodeFromName(std::string_view word);
/// Exit status of the command line: 2 usage, 3 refused or unsupported, 1 everything else.
int exitStatus(ErrorCode code);

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string context = {}) {
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(context)});
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace trimtab::base

namespace trimtab {
using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
using base::Status;
}  // namespace trimtab

#define TRIMTAB_CONCAT_(a, b) a##b
#define TRIMTAB_CONCAT(a, b) TRIMTAB_CONCAT_(a, b)
#define TRIMTAB_TRY_(tmp, declaration, expression)                               \
    auto tmp = (expression);                                                     \
    if (!tmp) return ::tl::unexpected<::trimtab::base::Error>(std::move(tmp).error()); \
    declaration = std::move(*tmp)

/// TRIMTAB_TRY(auto x, f()): x is f's value, or this function returns f's error.
#define TRIMTAB_TRY(declaration, expression) \
    TRIMTAB_TRY_(TRIMTAB_CONCAT(result_, __COUNTER__), declaration, expression)

/// TRIMTAB_REQUIRE(f()): goes on if f succeeded, else returns its error. For Status.
#define TRIMTAB_REQUIRE(expression)                                                           \
    do {                                                                                      \
        if (auto status_ = (expression); !status_)                                            \
            return ::tl::unexpected<::trimtab::base::Error>(std::move(status_).error()); \
    } while (false)
