// A stand-in for the worker that does what the client's tests need: answer, tell progress, hang, die.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <unistd.h>

#include "core/ipc/rpc.h"
#include "core/ipc/transport.h"

namespace {

using trimtab::Json;
namespace ipc = trimtab::ipc;

void hang() {
    for (;;) ::pause();
}

Json openDescriptors() {
    Json list = Json::array();
    for (int descriptor = 3; descriptor < 64; ++descriptor)
        if (::lseek(descriptor, 0, SEEK_CUR) != -1 || errno != EBADF) list.push_back(descriptor);
    return list;
}

/// False when the worker shall end.
bool answer(ipc::Transport& transport, const ipc::Envelope& request, bool& ignoresCancel) {
    if (request.method == "die") ::raise(SIGKILL);
    if (request.method == "leave") std::exit(7);
    if (request.method == "garbage") return ::write(STDOUT_FILENO, "garbage\r\n\r\n", 11) == 11;
    if (request.method == "wait") return true;  // answered when it is cancelled
    if (request.method == "hang") {
        ignoresCancel = true;
        hang();
    }
    if (request.method == "descriptors") return transport.send(ipc::makeAnswer(request.id, openDescriptors())).has_value();
    if (request.method == "fail") {
        const trimtab::Error error{trimtab::ErrorCode::Refused, "no", "here"};
        return transport.send(ipc::makeError(request.id, error)).has_value();
    }
    (void)transport.send(ipc::makeNotification("progress", {{"share", 0.5}, {"what", "half"}}));
    return transport.send(ipc::makeAnswer(request.id, request.content)).has_value();
}

}  // namespace

int main() {
    ipc::Transport transport(STDIN_FILENO, STDOUT_FILENO);
    bool ignoresCancel = false;
    while (auto message = transport.receive()) {
        const auto envelope = ipc::openEnvelope(std::move(*message));
        if (!envelope) continue;
        if (envelope->kind == ipc::Envelope::Kind::Request && !answer(transport, *envelope, ignoresCancel)) return 1;
        if (envelope->kind == ipc::Envelope::Kind::Notification && envelope->method == "cancel") {
            const trimtab::Error error{trimtab::ErrorCode::Cancelled, "stopped as asked", {}};
            (void)transport.send(ipc::makeError(envelope->content["id"].get<std::int64_t>(), error));
        }
    }
    return 0;
}
