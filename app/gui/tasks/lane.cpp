// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/lane.h"

#include <algorithm>
#include <atomic>

namespace trimtab::gui {

struct Lane::Job {
    QString tag;
    Work work;
    std::stop_source stop;
    std::atomic<bool> replaced = false;
};

Lane::Lane(QObject* parent) : QObject(parent), m_thread([this](std::stop_token stop) { loop(stop); }) {}

Lane::~Lane() {
    m_thread.request_stop();
    {
        const std::lock_guard lock(m_mutex);
        m_queue.clear();
        if (m_running) m_running->stop.request_stop();
    }
    m_wake.notify_all();
    m_thread.join();
}

void Lane::post(const QString& tag, Work work) {
    auto job = std::make_shared<Job>();
    job->tag = tag;
    job->work = std::move(work);
    int replaced = 0;
    {
        const std::lock_guard lock(m_mutex);
        replaced = static_cast<int>(std::erase_if(m_queue, [&tag](const auto& queued) { return queued->tag == tag; }));
        // Also where the older work is done and only its continuation is still on its way.
        if (const auto older = m_latest[tag].lock()) {
            older->replaced = true;
            older->stop.request_stop();
        }
        m_latest[tag] = job;
        m_queue.push_back(std::move(job));
    }
    m_wake.notify_all();
    setPending(m_pending + 1 - replaced);
}

void Lane::cancel(const QString& tag) {
    const std::lock_guard lock(m_mutex);
    if (m_running && m_running->tag == tag) m_running->stop.request_stop();
    for (const auto& queued : m_queue) {
        if (queued->tag == tag) queued->stop.request_stop();
    }
}

void Lane::report(Continuation what) {
    std::shared_ptr<Job> job;
    {
        const std::lock_guard lock(m_mutex);
        job = m_running;
    }
    handOver([job, what = std::move(what)] {
        if (!job || !job->replaced) what();
    });
}

void Lane::handOver(Continuation what) {
    {
        const std::lock_guard lock(m_mutex);
        m_handed.push_back(std::move(what));
    }
    QMetaObject::invokeMethod(this, "takeHanded", Qt::QueuedConnection);
}

void Lane::takeHanded() {
    Continuation what;
    {
        const std::lock_guard lock(m_mutex);
        what = std::move(m_handed.front());
        m_handed.pop_front();
    }
    what();
}

void Lane::loop(std::stop_token stop) {
    while (!stop.stop_requested()) {
        std::shared_ptr<Job> job;
        {
            std::unique_lock lock(m_mutex);
            if (!m_wake.wait(lock, stop, [this] { return !m_queue.empty(); })) return;
            job = m_queue.front();
            m_queue.pop_front();
            m_running = job;
        }
        Continuation continuation = job->work(job->stop.get_token());
        {
            const std::lock_guard lock(m_mutex);
            m_running.reset();
        }
        handOver([this, job, continuation = std::move(continuation)] { finish(job, continuation); });
    }
}

void Lane::finish(const std::shared_ptr<Job>& job, const Continuation& continuation) {
    if (!job->replaced && continuation) continuation();
    setPending(m_pending - 1);
}

void Lane::setPending(int pending) {
    const bool was = busy();
    m_pending = pending;
    if (was != busy()) emit busyChanged(busy());
}

}  // namespace trimtab::gui
