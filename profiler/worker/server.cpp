#include "profiler/worker/server.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <thread>
#include <unistd.h>

#include "core/base/log.h"
#include "core/ipc/rpc.h"
#include "core/ipc/transport.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {
namespace {

constexpr auto kProgressInterval = std::chrono::milliseconds(50);
constexpr auto kGraceAfterEnd = std::chrono::seconds(1);

/// Requests that were read and not yet answered; filled by the reading thread.
class Inbox {
public:
    void push(ipc::Envelope request) {
        const std::lock_guard lock(m_mutex);
        m_requests.push_back(std::move(request));
        m_changed.notify_all();
    }

    void close() {
        const std::lock_guard lock(m_mutex);
        m_closed = true;
        m_cancelled = true;
        m_changed.notify_all();
    }

    /// Cancels the call of that id: the running one, or one that still waits.
    void cancel(std::int64_t id) {
        const std::lock_guard lock(m_mutex);
        m_lastCancelled = id;
        if (m_running == id) m_cancelled = true;
    }

    /// The next request, or nothing when the input has closed.
    std::optional<ipc::Envelope> next() {
        std::unique_lock lock(m_mutex);
        m_running.reset();
        m_changed.notify_all();
        m_changed.wait(lock, [this] { return m_closed || !m_requests.empty(); });
        if (m_closed) return std::nullopt;
        ipc::Envelope request = std::move(m_requests.front());
        m_requests.pop_front();
        m_running = request.id;
        m_cancelled = m_lastCancelled == m_running;
        return request;
    }

    bool cancelled() const { return m_cancelled; }

    /// True when no call runs any more at the end of that time.
    bool waitIdle(std::chrono::milliseconds time) {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, time, [this] { return !m_running.has_value(); });
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<ipc::Envelope> m_requests;
    std::optional<std::int64_t> m_running;
    std::optional<std::int64_t> m_lastCancelled;
    std::atomic<bool> m_cancelled = false;  // polled by loops without the lock
    bool m_closed = false;
};

void readRequests(ipc::Transport& transport, Inbox& inbox) {
    for (;;) {
        auto message = transport.receive();
        if (!message) {
            if (message.error().code != ErrorCode::WorkerDied) spdlog::error("the protocol broke: {}", message.error().text());
            break;
        }
        auto envelope = ipc::openEnvelope(std::move(*message));
        if (!envelope) {
            spdlog::warn("{}", envelope.error().text());
        } else if (envelope->kind == ipc::Envelope::Kind::Request) {
            inbox.push(std::move(*envelope));
        } else if (envelope->kind == ipc::Envelope::Kind::Notification && envelope->method == "cancel" && envelope->content.is_object()) {
            if (const auto id = base::integerAt(envelope->content, "id")) inbox.cancel(*id);
        }
    }
    inbox.close();
    if (!inbox.waitIdle(kGraceAfterEnd)) ::_exit(1);
}

/// Progress at most every kProgressInterval, and always the last step.
class ProgressGate {
public:
    bool passes(double share) {
        const auto now = std::chrono::steady_clock::now();
        if (share < 1 && now - m_last < kProgressInterval) return false;
        m_last = now;
        return true;
    }

private:
    std::chrono::steady_clock::time_point m_last{};
};

Result<Json> outOfMemory() {
    return fail(ErrorCode::OutOfMemory, "the worker's memory limit was reached; nothing more could be allocated");
}

/// Whatever is thrown below ends here: a worker answers, it does not fall.
Result<Json> answerSafely(const Method& method, const Json& params, Workbench& bench, const Call& call) {
    try {
        return method(params, bench, call);
    } catch (const std::bad_alloc&) {
        bench.clear();
        return outOfMemory();
    } catch (const std::length_error&) {
        bench.clear();
        return outOfMemory();
    } catch (const std::exception& error) {
        return fail(ErrorCode::Failed, std::string("unexpected: ") + error.what());
    } catch (...) {
        return fail(ErrorCode::Failed, "unexpected: something unknown was thrown");
    }
}

}  // namespace

int Server::serve(int readDescriptor, int writeDescriptor) {
    ipc::Transport transport(readDescriptor, writeDescriptor);
    Inbox inbox;
    std::thread reader([&] { readRequests(transport, inbox); });
    while (auto request = inbox.next()) {
        ProgressGate gate;
        const Call call{[&](double share, const std::string& what) {
                            if (gate.passes(share))
                                (void)transport.send(ipc::makeNotification("progress", {{"share", share}, {"what", what}}));
                        },
                        [&] { return inbox.cancelled(); }};
        const auto method = m_methods.find(request->method);
        auto result = method == m_methods.end() ? fail(ErrorCode::Usage, "this worker has no method \"" + request->method + "\"")
                                                : answerSafely(method->second, request->content, m_bench, call);
        if (!result && result.error().code == ErrorCode::OutOfMemory) m_bench.clear();
        const Status sent =
            transport.send(result ? ipc::makeAnswer(request->id, std::move(*result)) : ipc::makeError(request->id, result.error()));
        if (!sent && sent.error().code != ErrorCode::WorkerDied)
            (void)transport.send(ipc::makeError(request->id, sent.error()));
    }
    reader.join();
    return EXIT_SUCCESS;
}

}  // namespace trimtab::worker
