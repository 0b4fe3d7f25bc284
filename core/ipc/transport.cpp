#include "core/ipc/transport.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <mutex>
#include <string>
#include <unistd.h>

namespace trimtab::ipc {
namespace {

constexpr std::size_t kMaxHeaderBytes = 8192;
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

/// A peer that went away must show as EPIPE, not end this process.
void ignoreBrokenPipes() {
    static std::once_flag once;
    std::call_once(once, [] { ::signal(SIGPIPE, SIG_IGN); });
}

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
               return std::tolower(x) == std::tolower(y);
           });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// The declared length. Exactly one Content-Length is wanted; other headers are let pass.
Result<std::size_t> contentLength(std::string_view header) {
    std::int64_t length = -1;
    while (!header.empty()) {
        const std::size_t end = header.find("\r\n");
        const std::string_view line = header.substr(0, end);
        header.remove_prefix(end == std::string_view::npos ? header.size() : end + 2);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return fail(ErrorCode::Io, "a protocol header line has no colon");
        if (!equalsIgnoringCase(trimmed(line.substr(0, colon)), "content-length")) continue;
        if (length >= 0) return fail(ErrorCode::Io, "a protocol frame states its length twice");
        const std::string_view digits = trimmed(line.substr(colon + 1));
        const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
        if (error != std::errc{} || stop != digits.data() + digits.size() || length < 0)
            return fail(ErrorCode::Io, "a protocol frame has a bad Content-Length");
    }
    if (length < 0) return fail(ErrorCode::Io, "a protocol frame has no Content-Length");
    if (length > kMaxFrameBytes)
        return fail(ErrorCode::Io,
                    "a protocol frame of " + std::to_string(length) + " bytes is larger than " + std::to_string(kMaxFrameBytes));
    return static_cast<std::size_t>(length);
}

}  // namespace

struct Transport::State {
    int input = -1;
    int output = -1;
    std::mutex writing;
    std::string pending;  // received and not yet consumed

    /// Appends what one read gives; false at the end of input.
    Result<bool> more() {
        std::array<char, 65536> chunk;
        for (;;) {
            const ssize_t n = ::read(input, chunk.data(), chunk.size());
            if (n > 0) {
                pending.append(chunk.data(), static_cast<std::size_t>(n));
                return true;
            }
            if (n == 0) return false;
            if (errno != EINTR) return fail(ErrorCode::Io, std::string("reading from the other process failed: ") + std::strerror(errno));
        }
    }

    Status writeAll(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::write(output, bytes.data(), bytes.size());
            if (n >= 0) {
                bytes.remove_prefix(static_cast<std::size_t>(n));
            } else if (errno == EPIPE) {
                return fail(ErrorCode::WorkerDied, "the other process has gone");
            } else if (errno != EINTR) {
                return fail(ErrorCode::Io, std::string("writing to the other process failed: ") + std::strerror(errno));
            }
        }
        return {};
    }

    Result<std::size_t> readHeader() {
        std::size_t end = 0;
        while ((end = pending.find(kHeaderEnd)) == std::string::npos) {
            if (pending.size() > kMaxHeaderBytes) return fail(ErrorCode::Io, "a protocol header never ends");
            TRIMTAB_TRY(const bool got, more());
            if (got) continue;
            if (pending.empty()) return fail(ErrorCode::WorkerDied, "the other process closed the connection");
            return fail(ErrorCode::Io, "the connection ended inside a protocol header");
        }
        if (end > kMaxHeaderBytes) return fail(ErrorCode::Io, "a protocol header is too long");
        TRIMTAB_TRY(const std::size_t length, contentLength(std::string_view(pending).substr(0, end)));
        pending.erase(0, end + kHeaderEnd.size());
        return length;
    }
};

Transport::Transport(int readDescriptor, int writeDescriptor) : m_state(new State) {
    ignoreBrokenPipes();
    m_state->input = readDescriptor;
    m_state->output = writeDescriptor;
}

Transport::~Transport() { delete m_state; }

Status Transport::send(const Json& message) {
    const std::string body = base::dumpJson(message);
    if (static_cast<std::int64_t>(body.size()) > kMaxFrameBytes)
        return fail(ErrorCode::Io, "a message of " + std::to_string(body.size()) + " bytes is too large for the protocol");
    const std::string header = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    const std::lock_guard lock(m_state->writing);
    TRIMTAB_REQUIRE(m_state->writeAll(header + body));
    return {};
}

Result<Json> Transport::receive() {
    TRIMTAB_TRY(const std::size_t length, m_state->readHeader());
    while (m_state->pending.size() < length) {
        TRIMTAB_TRY(const bool got, m_state->more());
        if (!got) return fail(ErrorCode::Io, "the connection ended inside a protocol message");
    }
    const std::string body = m_state->pending.substr(0, length);
    m_state->pending.erase(0, length);
    auto json = base::parseJson(body, "protocol message");
    if (!json) return fail(ErrorCode::Io, json.error().text());
    return std::move(*json);
}

}  // namespace trimtab::ipc
