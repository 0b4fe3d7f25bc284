// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shell/grab.h"

#include <QPixmap>

#include "app/gui/shell/main_window.h"
#include "app/gui/shell/workspace.h"

namespace trimtab::gui {

namespace {

constexpr int kSettleMilliseconds = 150;

/// The baseline says little about a study: the fastest trial on the front is shown.
std::int64_t tellingTrial(const StudySnapshot& snapshot) {
    std::int64_t best = 0;
    double bestSpeedup = 0;
    for (const auto& result : snapshot.results) {
        const auto* row = snapshot.row(result.id);
        if (row && row->onFront && result.speed && result.speed->speedup.value > bestSpeedup) {
            best = result.id;
            bestSpeedup = result.speed->speedup.value;
        }
    }
    return best != 0 || snapshot.results.empty() ? best : snapshot.results.front().id;
}

}  // namespace

Grab::Grab(MainWindow& window, Workspace& workspace, const QString& page, const QString& output, QObject* parent)
    : QObject(parent), m_window(window), m_workspace(workspace), m_page(page), m_output(output) {
    m_settle.setSingleShot(true);
    m_settle.setInterval(kSettleMilliseconds);
    connect(&m_settle, &QTimer::timeout, this, &Grab::take);
    connect(&workspace, &Workspace::idleChanged, this, &Grab::look);
    connect(&workspace, &Workspace::problem, this, [this](const QString& problem) { m_problem = problem; });
}

void Grab::start() { look(); }

void Grab::look() {
    if (m_workspace.idle()) {
        m_settle.start();
    } else {
        m_settle.stop();
    }
}

void Grab::take() {
    if (!m_workspace.idle()) return;
    m_window.showPage(m_page);
    ProfileTask& profiling = m_workspace.profiling();
    if (m_page == QLatin1String("profile") && m_workspace.model().loaded() && !profiling.snapshot() && profiling.problem().isEmpty())
        return m_workspace.profile(nullptr);  // comes here again when it is idle
    if (const auto snapshot = m_workspace.results().snapshot(); snapshot && m_workspace.results().selected() == 0) {
        m_workspace.results().select(tellingTrial(*snapshot));
    }
    // The page was laid out while hidden; let it settle in its real size before it is drawn.
    QTimer::singleShot(kSettleMilliseconds, this, [this] {
        const bool written = m_window.grab().save(m_output);
        emit done(written && m_problem.isEmpty(), written ? m_problem : tr("%1 could not be written").arg(m_output));
    });
}

}  // namespace trimtab::gui
