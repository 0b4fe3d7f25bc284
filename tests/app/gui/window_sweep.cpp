// SPDX-License-Identifier: GPL-3.0-or-later
// window_sweep MODEL DATA SESSION SETTINGS: the real window, driven without hands so that a test can kill it. Opens the session when it
// holds a study, else the model with its data; presses Run as soon as the window lets it; ends with the sweep. Tells on standard output
// what the window shows: "running", "shown LABEL" for each finished trial, "ended FINISHED REUSED".
#include <cstdio>
#include <set>

#include <QAbstractButton>
#include <QApplication>

#include "app/gui/settings/settings.h"
#include "app/gui/shell/file_prompt.h"
#include "app/gui/shell/main_window.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/theme.h"
#include "core/store/session.h"

namespace {

using namespace trimtab;

void tell(const std::string& words) {
    std::printf("%s\n", words.c_str());
    std::fflush(stdout);
}

bool holdsStudy(const QString& path) {
    const auto session = store::Session::open(path.toStdString(), store::Mode::ReadOnly);
    if (!session) return false;
    const auto studies = (*session)->studies();
    return studies && !studies->empty();
}

class Driver : public QObject {
public:
    Driver(gui::MainWindow& window, gui::Workspace& workspace) : m_window(window), m_workspace(workspace) {
        // Queued, so that the window's own widgets have followed each change first.
        connect(&workspace, &gui::Workspace::idleChanged, this, &Driver::press, Qt::QueuedConnection);
        connect(&workspace, &gui::Workspace::draftChanged, this, &Driver::press, Qt::QueuedConnection);
        connect(&workspace, &gui::Workspace::problem, this, [this](const QString& problem) { end("problem " + problem.toStdString(), 1); });
        connect(&workspace.results(), &gui::ResultsTask::snapshotChanged, this, &Driver::tellShown, Qt::QueuedConnection);
        connect(&workspace.sweep(), &gui::SweepTask::failed, this, [this](const Error& error) { end("failed " + error.text(), 1); });
        connect(&workspace.sweep(), &gui::SweepTask::ended, this, [this](const tune::StudyOutcome& outcome) {
            end("ended " + std::to_string(outcome.finished) + ' ' + std::to_string(outcome.reused), 0);
        });
    }

    void open(const QString& model, const QString& data, const QString& session) {
        if (holdsStudy(session)) {
            m_workspace.open(session);
            return;
        }
        m_workspace.openSample(model, data);
        m_workspace.setSessionPath(session);
        m_workspace.setAxes({trial::parseAxis("weights.bits=32,8,6,4,3").value()});
        trial::Budget budget;
        budget.speedSeconds = 0.02;
        budget.processes = 2;
        m_workspace.setBudget(budget);
    }

private:
    void end(const std::string& words, int status) {
        m_pressed = true;
        tell(words);
        QApplication::exit(status);
    }

    void press() {
        if (m_pressed) return;
        if (m_workspace.model().state() == gui::ModelTask::State::Failed) return end("failed " + m_workspace.model().error().text(), 1);
        if (m_workspace.data().state() == gui::DataTask::State::Failed) return end("failed " + m_workspace.data().error().text(), 1);
        if (!m_workspace.idle() || !m_workspace.sweep().grid() || m_workspace.data().state() != gui::DataTask::State::Ready) return;
        m_window.showPage(QStringLiteral("sweep"));
        auto* run = m_window.findChild<QAbstractButton*>(QStringLiteral("sweep.run"));
        if (!run || !run->isEnabled()) return;
        m_pressed = true;
        tell("running");
        run->click();
    }

    void tellShown() {
        const auto snapshot = m_workspace.results().snapshot();
        if (!snapshot) return;
        for (const auto& result : snapshot->results) {
            if (result.state == trial::State::Finished && m_told.insert(result.id).second) tell("shown " + result.trial.label);
        }
    }

    gui::MainWindow& m_window;
    gui::Workspace& m_workspace;
    std::set<std::int64_t> m_told;
    bool m_pressed = false;
};

}  // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    const QStringList words = QApplication::arguments();
    if (words.size() != 5) return 2;
    gui::Theme theme(application);
    gui::Settings settings(words[4]);
    ipc::WorkerOptions worker;
    worker.program = TRIMTAB_BIN_DIR "/trimtab-worker";
    gui::Workspace workspace(worker, settings);
    gui::FileDialogPrompt files;
    gui::MainWindow window({workspace, theme, settings, files});
    window.show();
    Driver driver(window, workspace);
    driver.open(words[1], words[2], words[3]);
    return QApplication::exec();
}
