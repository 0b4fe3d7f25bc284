// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One thread that does one piece of work after the other, away from the GUI thread. A piece of work returns what is to be done with its
// result, and that is done on the thread that owns the lane. Work bears a tag: a newer request with the same tag replaces a queued one and
// stops a running one; the result of an older one is dropped, even if it is ready and on its way. So the window never drowns the worker in
// requests that nobody waits for any more.
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include <QObject>
#include <QString>

namespace trimtab::gui {

class Lane : public QObject {
    Q_OBJECT
public:
    using Continuation = std::function<void()>;
    using Work = std::function<Continuation(std::stop_token)>;

    explicit Lane(QObject* parent = nullptr);
    /// Stops what runs, drops what is queued and waits for the thread.
    ~Lane() override;

    void post(const QString& tag, Work work);
    /// Stops the work of this tag, running or queued; its continuation is still called, with whatever the work makes of being stopped.
    void cancel(const QString& tag);
    /// Work that was posted and whose continuation has not been called yet.
    bool busy() const { return m_pending > 0; }

    /// From the lane's thread, inside a piece of work: has `what` done on the owner's thread.
    void report(Continuation what);

signals:
    void busyChanged(bool busy);

private:
    struct Job;
    void loop(std::stop_token stop);
    /// From the lane's thread to the owner's, in order. What goes over lies in a queue under the lane's own lock, and Qt only wakes the
    /// owner: the handing over is a fact of this file, for whoever reads it and for ThreadSanitizer, which sees none of Qt's locks.
    void handOver(Continuation what);
    Q_INVOKABLE void takeHanded();
    void finish(const std::shared_ptr<Job>& job, const Continuation& continuation);
    void setPending(int pending);

    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<std::shared_ptr<Job>> m_queue;
    std::shared_ptr<Job> m_running;
    std::deque<Continuation> m_handed;
    std::map<QString, std::weak_ptr<Job>> m_latest;  // by tag
    int m_pending = 0;
    std::jthread m_thread;  // last: the thread ends before what it uses
};

}  // namespace trimtab::gui
