#include "core/ipc/client.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <unistd.h>

#include "core/ipc/child_process.h"
#include "core/ipc/rpc.h"
#include "core/ipc/transport.h"

namespace trimtab::ipc {
namespace {

constexpr auto kGrace = std::chrono::seconds(2);
constexpr const char* kWorkerName = "trimtab-worker";

/// trimtab-worker beside the running program, else the bare name, which is then looked up in PATH.
std::filesystem::path findWorker() {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (!error) {
        const auto beside = self.parent_path() / kWorkerName;
        if (::access(beside.c_str(), X_OK) == 0) return beside;
    }
    return kWorkerName;
}

class ProcessClient final : public WorkerClient {
public:
    explicit ProcessClient(std::unique_ptr<ChildProcess> child)
        : m_child(std::move(child)),
          m_transport(m_child->readDescriptor(), m_child->writeDescriptor()),
          m_reader([this] { readAnswers(); }) {}

    ~ProcessClient() override {
        m_child->closeInput();
        {
            std::unique_lock lock(m_mutex);
            if (!m_changed.wait_for(lock, kGrace, [this] { return m_ended; })) m_child->kill();
        }
        m_reader.join();
    }

    Result<Json> call(const std::string& method, Json params, const CallProgress& progress, std::stop_token stop) override {
        const std::lock_guard oneAtATime(m_calling);
        if (stop.stop_requested()) return fail(ErrorCode::Cancelled, method + " was cancelled before it began");
        const std::int64_t id = begin(progress);
        if (const Status sent = m_transport.send(makeRequest(id, method, std::move(params))); !sent && !ended()) {
            if (sent.error().code != ErrorCode::WorkerDied) return fail(sent.error());
        }
        const std::stop_callback cancel(stop, [this] {
            const std::lock_guard lock(m_mutex);
            m_cancelled = true;
            m_changed.notify_all();
        });
        return waitForAnswer(id, method);
    }

    int processId() const override { return m_child->id(); }

private:
    std::int64_t begin(const CallProgress& progress) {
        const std::lock_guard lock(m_mutex);
        m_answer.reset();
        m_cancelled = false;
        m_progress = progress;
        return m_pending = ++m_lastId;
    }

    bool ended() {
        const std::lock_guard lock(m_mutex);
        return m_ended;
    }

    Result<Json> waitForAnswer(std::int64_t id, const std::string& method) {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return m_answer || m_ended || m_cancelled; });
        if (m_cancelled && !m_answer && !m_ended) {
            lock.unlock();
            (void)m_transport.send(makeNotification("cancel", {{"id", id}}));
            lock.lock();
            if (!m_changed.wait_for(lock, kGrace, [this] { return m_answer || m_ended; })) {
                m_child->kill();
                m_changed.wait(lock, [this] { return m_ended; });
            }
        }
        m_pending = 0;
        m_progress = {};
        if (m_answer) return std::move(*m_answer);
        if (m_cancelled) return fail(ErrorCode::Cancelled, method + " was cancelled");
        return fail(ErrorCode::WorkerDied, "the worker process ended during \"" + method + "\": " + m_end);
    }

    void readAnswers() {
        for (;;) {
            auto message = m_transport.receive();
            if (!message) {
                finish(message.error());
                return;
            }
            if (auto envelope = openEnvelope(std::move(*message))) take(std::move(*envelope));
        }
    }

    void take(Envelope envelope) {
        std::unique_lock lock(m_mutex);
        if (envelope.kind == Envelope::Kind::Notification) {
            if (envelope.method != "progress" || !m_progress) return;
            const CallProgress progress = m_progress;
            lock.unlock();
            if (!envelope.content.is_object()) return;
            progress(base::numberAt(envelope.content, "share", 0).value_or(0), base::stringAt(envelope.content, "what", "").value_or(""));
            return;
        }
        if (envelope.id != m_pending || m_pending == 0) return;  // the answer to a call that was given up
        if (envelope.kind == Envelope::Kind::Answer) m_answer = std::move(envelope.content);
        if (envelope.kind == Envelope::Kind::Error) m_answer = fail(std::move(envelope.error));
        m_changed.notify_all();
    }

    /// The connection is over. Whatever ended it, the process must not go on unseen; one that is ending already keeps its own status.
    void finish(const Error& error) {
        const bool cleanEnd = error.code == ErrorCode::WorkerDied;
        m_child->kill();
        const int status = m_child->wait();
        const std::lock_guard lock(m_mutex);
        m_end = cleanEnd ? describeWaitStatus(status) : error.text();
        m_ended = true;
        m_changed.notify_all();
    }

    std::unique_ptr<ChildProcess> m_child;
    Transport m_transport;
    std::mutex m_calling;  // held for the whole of a call
    std::mutex m_mutex;    // guards everything below
    std::condition_variable m_changed;
    std::int64_t m_lastId = 0;
    std::int64_t m_pending = 0;
    std::optional<Result<Json>> m_answer;
    CallProgress m_progress;
    bool m_cancelled = false;
    bool m_ended = false;
    std::string m_end;
    std::thread m_reader;  // last: it uses all of the above
};

}  // namespace

Result<std::unique_ptr<WorkerClient>> WorkerClient::start(const WorkerOptions& options) {
    std::vector<std::string> arguments;
    if (options.memoryLimit > 0) {
        arguments.emplace_back("--memory-limit");
        arguments.push_back(std::to_string(options.memoryLimit));
    }
    arguments.emplace_back("--verbosity=" + std::to_string(options.verbosity));
    TRIMTAB_TRY(auto child, ChildProcess::start(options.program.empty() ? findWorker() : options.program, arguments));
    return std::make_unique<ProcessClient>(std::move(child));
}

}  // namespace trimtab::ipc
