#pragma once
// The envelopes of JSON-RPC 2.0 as the worker protocol uses them. Application errors carry -32000, the name of their ErrorCode and
// their context in `data`, so that they arrive as they were.
#include <cstdint>
#include <string>

#include "core/base/json.h"

namespace trimtab::ipc {

Json makeRequest(std::int64_t id, const std::string& method, Json params);
Json makeNotification(const std::string& method, Json params);
Json makeAnswer(std::int64_t id, Json result);
Json makeError(std::int64_t id, const Error& error);

/// One received message, sorted by kind. Refused when it is none of these.
struct Envelope {
    enum class Kind : std::uint8_t { Request, Notification, Answer, Error };
    Kind kind = Kind::Notification;
    std::int64_t id = 0;   // Request, Answer, Error
    std::string method;    // Request, Notification
    Json content;          // params or result
    base::Error error;     // Error
};
Result<Envelope> openEnvelope(Json message);

}  // namespace trimtab::ipc
