#include "core/ipc/rpc.h"

namespace trimtab::ipc {
namespace {

constexpr int kApplicationError = -32000;

base::Error errorFrom(const Json& json) {
    base::Error error{ErrorCode::Failed, "the worker answered with an error that says nothing", {}};
    if (!json.is_object()) return error;
    error.message = base::stringAt(json, "message", error.message).value_or(error.message);
    if (const Json* data = base::memberAt(json, "data"); data && data->is_object()) {
        error.code = base::errorCodeFromName(base::stringAt(*data, "code", "failed").value_or("failed"));
        error.context = base::stringAt(*data, "context", "").value_or("");
    }
    return error;
}

}  // namespace

Json makeRequest(std::int64_t id, const std::string& method, Json params) {
    return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
}

Json makeNotification(const std::string& method, Json params) {
    return {{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}

Json makeAnswer(std::int64_t id, Json result) { return {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}}; }

Json makeError(std::int64_t id, const Error& error) {
    return {{"jsonrpc", "2.0"},
            {"id", id},
            {"error",
             {{"code", kApplicationError},
              {"message", error.message},
              {"data", {{"code", std::string(base::name(error.code))}, {"context", error.context}}}}}};
}

Result<Envelope> openEnvelope(Json message) {
    if (!message.is_object()) return fail(ErrorCode::Refused, "a protocol message must be a JSON object");
    Envelope envelope;
    const bool hasId = base::memberAt(message, "id") != nullptr;
    if (hasId) {
        TRIMTAB_TRY(envelope.id, base::integerAt(message, "id"));
    }
    if (base::memberAt(message, "method")) {
        TRIMTAB_TRY(envelope.method, base::stringAt(message, "method"));
        envelope.kind = hasId ? Envelope::Kind::Request : Envelope::Kind::Notification;
        if (const auto params = message.find("params"); params != message.end()) envelope.content = std::move(*params);
        return envelope;
    }
    if (!hasId) return fail(ErrorCode::Refused, "a protocol message has neither a method nor an id");
    if (const Json* error = base::memberAt(message, "error")) {
        envelope.kind = Envelope::Kind::Error;
        envelope.error = errorFrom(*error);
        return envelope;
    }
    const auto result = message.find("result");
    if (result == message.end()) return fail(ErrorCode::Refused, "a protocol answer has neither a result nor an error");
    envelope.kind = Envelope::Kind::Answer;
    envelope.content = std::move(*result);
    return envelope;
}

}  // namespace trimtab::ipc
