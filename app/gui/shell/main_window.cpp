// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shell/main_window.h"

#include <QActionGroup>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QMimeData>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "app/gui/models/text.h"
#include "app/gui/settings/settings.h"
#include "app/gui/shell/file_prompt.h"
#include "app/gui/shell/mark_bar.h"
#include "app/gui/shell/message_bar.h"
#include "app/gui/shell/navigation_rail.h"
#include "app/gui/shell/run_strip.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/data/data_page.h"
#include "app/gui/views/generate/generate_page.h"
#include "app/gui/views/help/help_page.h"
#include "app/gui/views/model/model_page.h"
#include "app/gui/views/profile/profile_page.h"
#include "app/gui/views/results/results_page.h"
#include "app/gui/views/sensitivity/sensitivity_page.h"
#include "app/gui/views/sweep/sweep_page.h"
#include "app/gui/views/welcome/drop_zone.h"
#include "app/gui/views/welcome/welcome_page.h"

namespace trimtab::gui {

namespace {

QString droppedFile(const QMimeData* data) {
    if (!data->hasUrls() || data->urls().size() != 1) return {};
    const QString path = data->urls().front().toLocalFile();
    const auto holds = [&](const char* name) { return QFileInfo::exists(path + '/' + QLatin1String(name)); };
    if (QFileInfo(path).isDir()) return holds("config.json") || holds("genai_config.json") ? path : QString();
    const QString suffix = QFileInfo(path).suffix().toLower();
    return QStringList{"onnx", "gguf", "trimtab"}.contains(suffix) ? path : QString();
}

}  // namespace

MainWindow::MainWindow(const PageContext& context, QWidget* parent) : QMainWindow(parent), m_context(context) {
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(QStringLiteral("Trimtab"));
    setAcceptDrops(true);
    setMinimumSize(960, 640);
    resize(1280, 800);
    auto* central = new QWidget;
    central->setObjectName(QStringLiteral("page"));
    auto* row = new QHBoxLayout(central);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    m_rail = new NavigationRail(context.theme);
    auto* column = new QVBoxLayout;
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_message = new MessageBar;
    auto* messageBox = new QVBoxLayout;
    messageBox->setContentsMargins(kPageMargin, kGap, kPageMargin, 0);
    messageBox->setSpacing(kGap);
    messageBox->addWidget(m_message);
    m_mark = new MarkBar;
    messageBox->addWidget(m_mark);
    m_stack = new QStackedWidget;
    auto* strip = new RunStrip(context.workspace.sweep());
    connect(strip, &RunStrip::cancelRequested, &context.workspace.sweep(), &SweepTask::cancel);
    column->addLayout(messageBox);
    column->addWidget(m_stack, 1);
    column->addWidget(strip);
    row->addWidget(m_rail);
    row->addLayout(column, 1);
    setCentralWidget(central);
    makePages();
    makeActions();
    makeMenus();
    connectWorkspace();
    restoreGeometry(context.settings.value(Setting::WindowGeometry).toByteArray());
    showPage(QStringLiteral("welcome"));
}

void MainWindow::makePages() {
    m_welcome = new WelcomePage(m_context);
    m_model = new ModelPage(m_context);
    m_results = new ResultsPage(m_context);
    auto* sweep = new SweepPage(m_context);
    addPage(m_welcome, QStringLiteral("welcome"), tr("Welcome"), QStringLiteral("welcome"), QStringLiteral("Ctrl+1"));
    addPage(m_model, QStringLiteral("model"), tr("Model"), QStringLiteral("model"), QStringLiteral("Ctrl+2"));
    addPage(new DataPage(m_context), QStringLiteral("data"), tr("Data"), QStringLiteral("data"), QStringLiteral("Ctrl+3"));
    addPage(sweep, QStringLiteral("sweep"), tr("Sweep"), QStringLiteral("sweep"), QStringLiteral("Ctrl+4"));
    addPage(m_results, QStringLiteral("results"), tr("Results"), QStringLiteral("results"), QStringLiteral("Ctrl+5"));
    auto* sensitivity = new SensitivityPage(m_context);
    addPage(sensitivity, QStringLiteral("sensitivity"), tr("Sensitivity"), QStringLiteral("heat"), QStringLiteral("Ctrl+6"));
    addPage(new GeneratePage(m_context), QStringLiteral("generate"), tr("Text"), QStringLiteral("text"), QStringLiteral("Ctrl+7"));
    auto* profile = new ProfilePage(m_context);
    addPage(profile, QStringLiteral("profile"), tr("Profile"), QStringLiteral("profile"), QStringLiteral("Ctrl+8"));
    addPage(new HelpPage, QStringLiteral("help"), tr("Guide"), QStringLiteral("help"), QStringLiteral("F1"), true);
    connect(m_rail, &NavigationRail::chosen, this, &MainWindow::showPage);
    connect(m_welcome, &WelcomePage::openRequested, this, &MainWindow::openFile);
    connect(m_model, &ModelPage::openRequested, this, &MainWindow::openFile);
    connect(m_results, &ResultsPage::openRequested, this, &MainWindow::openFile);
    connect(sweep, &SweepPage::openRequested, this, &MainWindow::openFile);
    connect(sensitivity, &SensitivityPage::openRequested, this, &MainWindow::openFile);
    connect(profile, &ProfilePage::openRequested, this, &MainWindow::openFile);
}

void MainWindow::addPage(Page* page, const QString& name, const QString& title, const QString& icon, const QString& shortcut, bool bottom) {
    m_pages.emplace(name, page);
    m_stack->addWidget(page);
    m_rail->addPage(name, title, icon, shortcut, bottom);
    QAction* action = m_actions.add(QStringLiteral("go.") + name, title, QKeySequence(shortcut));
    connect(action, &QAction::triggered, this, [this, name] { showPage(name); });
    connect(page, &Page::goTo, this, &MainWindow::showPage);
}

bool MainWindow::showPage(const QString& name) {
    const auto found = m_pages.find(name);
    if (found == m_pages.end()) return false;
    m_stack->setCurrentWidget(found->second);
    m_rail->setCurrent(name);
    found->second->setFocus();
    return true;
}

QString MainWindow::currentPage() const {
    for (const auto& [name, page] : m_pages) {
        if (page == m_stack->currentWidget()) return name;
    }
    return {};
}

void MainWindow::makeActions() {
    const auto add = [this](const char* name, const QString& text, const QKeySequence& shortcut, auto&& run) {
        QAction* action = m_actions.add(QLatin1String(name), text, shortcut);
        connect(action, &QAction::triggered, this, run);
    };
    Workspace& work = m_context.workspace;
    add("file.open", tr("Open…"), QKeySequence(QStringLiteral("Ctrl+O")), [this] { openFile(); });
    add("file.quit", tr("Quit"), QKeySequence(QStringLiteral("Ctrl+Q")), [this] { close(); });
    add("sweep.run", tr("Run sweep"), QKeySequence(QStringLiteral("Ctrl+R")), [&work] { work.runSweep(); });
    add("sweep.cancel", tr("Cancel sweep"), QKeySequence(QStringLiteral("Esc")), [&work] { work.sweep().cancel(); });
    add("results.export", tr("Export model…"), QKeySequence(QStringLiteral("Ctrl+E")), [this] { m_results->exportModel(); });
    add("results.report", tr("Write report…"), QKeySequence(QStringLiteral("Ctrl+P")), [this] { m_results->writeReport(); });
    add("view.filter", tr("Filter the table"), QKeySequence(QStringLiteral("Ctrl+F")), [this] { focusFilter(); });
}

void MainWindow::makeMenus() {
    const auto fill = [this](const QString& title, std::initializer_list<const char*> names) {
        QMenu* menu = menuBar()->addMenu(title);
        menu->setToolTipsVisible(true);
        for (const char* name : names) {
            if (*name == '\0') {
                menu->addSeparator();
            } else {
                menu->addAction(m_actions.action(QLatin1String(name)));
            }
        }
        return menu;
    };
    fill(tr("&File"), {"file.open", "", "results.export", "results.report", "", "file.quit"});
    fill(tr("&Sweep"), {"sweep.run", "sweep.cancel"});
    QMenu* view = fill(tr("&View"), {"go.welcome", "go.model", "go.data", "go.sweep", "go.results", "go.sensitivity", "go.generate",
                                     "go.profile", "", "view.filter", ""});
    auto* themes = new QActionGroup(this);
    const std::pair<const char*, QString> choices[] = {{"system", tr("Follow the system")}, {"light", tr("Light")}, {"dark", tr("Dark")}};
    for (const auto& [name, text] : choices) {
        QAction* action = m_actions.add(QStringLiteral("theme.") + QLatin1String(name), text);
        action->setCheckable(true);
        action->setChecked(m_context.settings.value(Setting::Theme).toString() == QLatin1String(name));
        themes->addAction(action);
        view->addAction(action);
        connect(action, &QAction::triggered, this, [this, name = QString::fromLatin1(name)] { chooseTheme(name); });
    }
    fill(tr("&Help"), {"go.help"});
}

void MainWindow::connectWorkspace() {
    Workspace& work = m_context.workspace;
    connect(&work, &Workspace::problem, this, [this](const QString& text) { m_message->showMessage(MessageBar::Tone::Bad, text); });
    connect(&work, &Workspace::opened, this, [this](const QString& path) {
        m_message->hide();
        const QString recording = m_context.workspace.recording();
        const QString name = QFileInfo(path).fileName();
        setWindowTitle(recording.isEmpty() ? tr("%1 — Trimtab").arg(name)
                                           : tr("%1 — recorded on %2, read-only — Trimtab").arg(name, recording));
        const bool isSession = path.endsWith(QLatin1String(".trimtab"), Qt::CaseInsensitive);
        const bool holdsStudy = !m_context.workspace.results().studies().empty();
        showPage(!isSession ? QStringLiteral("model") : holdsStudy ? QStringLiteral("results") : QStringLiteral("profile"));
    });
    connect(&work.model(), &ModelTask::stateChanged, this, [this, &work] {
        if (work.model().state() != ModelTask::State::Failed || work.model().canDraw()) return;  // its page offers the way on
        m_message->showMessage(MessageBar::Tone::Bad, QString::fromStdString(work.model().error().text()));
    });
    const auto showBad = [this](const QString& text) { m_message->showMessage(MessageBar::Tone::Bad, text); };
    connect(&work.model(), &ModelTask::measuringFailed, this, showBad);
    connect(&work.sweep(), &SweepTask::runningChanged, this, [this, &work] {
        m_actions.action(QStringLiteral("sweep.cancel"))->setEnabled(work.sweep().running());
        refreshMark();
    });
    connect(&work, &Workspace::draftChanged, this, &MainWindow::refreshMark);
    connect(&work.results(), &ResultsTask::snapshotChanged, this, &MainWindow::refreshMark);
    m_actions.action(QStringLiteral("sweep.cancel"))->setEnabled(false);
    connect(&work.sweep(), &SweepTask::studyStarted, this, [this, &work] {
        m_message->hide();
        if (!work.sweep().isMix()) showPage(QStringLiteral("results"));
    });
    connectRuns();
    connect(&work.results(), &ResultsTask::reportWritten, this, [this](const QString& path) {
        m_message->showMessage(MessageBar::Tone::Good, tr("The report is in %1").arg(path));
    });
    connect(&work.results(), &ResultsTask::reportFailed, this, showBad);
    connect(&work.exports(), &ExportTask::failed, this, showBad);
    connect(&work.exports(), &ExportTask::exported, this, &MainWindow::tellExported);
}

void MainWindow::connectRuns() {
    Workspace& work = m_context.workspace;
    connect(&work.sweep(), &SweepTask::ended, this, [this](const tune::StudyOutcome& outcome) {
        QString text = tr("The sweep is done: %1 configurations measured.").arg(outcome.finished);
        if (outcome.reused > 0) text += tr(" %1 were there already.").arg(outcome.reused);
        if (outcome.failed > 0) text += tr(" %1 failed; the table tells why.").arg(outcome.failed);
        m_message->showMessage(outcome.failed > 0 ? MessageBar::Tone::Warning : MessageBar::Tone::Good, text);
    });
    connect(&work.sweep(), &SweepTask::mixEnded, this, [this] {
        if (currentPage() == QLatin1String("sensitivity")) return;
        m_message->showMessage(MessageBar::Tone::Good, tr("The search is done; the Sensitivity page says which mix is the best."));
    });
    connect(&work.sweep(), &SweepTask::failed, this, [this, &work](const Error& error) {
        const bool isMix = work.sweep().isMix();
        if (error.code == ErrorCode::Cancelled) {
            const QString again = isMix ? tr("Find the best mix") : tr("Run");
            m_message->showMessage(MessageBar::Tone::Warning,
                                   tr("Cancelled. What had finished is kept; “%1” goes on from there.").arg(again));
        } else {
            const QString what = isMix ? tr("The search for the best mix has stopped.") : tr("The sweep has stopped.");
            m_message->showMessage(MessageBar::Tone::Bad, what + ' ' + QString::fromStdString(error.text()));
        }
    });
}

void MainWindow::tellExported(const QString& path, const ipc::CompressAnswer& answer) {
    const QString size = bytesText(static_cast<double>(answer.fileBytes));
    QString text = tr("The model is in %1 (%2, %3).").arg(path, QString::fromStdString(answer.form), size);
    if (answer.readBackMaxError >= 0)
        text += tr(" Read back and run, its outputs differ by at most %1 of the largest output.").arg(answer.readBackMaxError, 0, 'g', 2);
    m_message->showMessage(MessageBar::Tone::Good, text);
}

void MainWindow::refreshMark() {
    Workspace& work = m_context.workspace;
    const bool recorded = !work.recording().isEmpty();
    m_mark->setText(work.mark());
    QAction* run = m_actions.action(QStringLiteral("sweep.run"));
    run->setEnabled(!work.sweep().running() && !recorded);
    run->setToolTip(recorded ? work.runProblem() : run->text());
    QAction* write = m_actions.action(QStringLiteral("results.export"));
    write->setEnabled(!recorded);
    write->setToolTip(recorded ? tr("The model of a recording is not here, so there is nothing to write from.") : write->text());
}

void MainWindow::openFile() {
    FileQuestion question;
    question.title = tr("Open");
    question.filter = tr("Models and sessions (*.onnx *.gguf config.json genai_config.json *.trimtab);;All files (*)");
    question.suggestion = m_context.settings.value(Setting::LastFolder).toString();
    m_context.files.ask(this, question, [this](const QString& path) { m_context.workspace.open(path); });
}

void MainWindow::focusFilter() {
    if (currentPage() == QLatin1String("model")) m_model->focusFilter();
    if (currentPage() == QLatin1String("results")) m_results->focusFilter();
}

void MainWindow::chooseTheme(const QString& name) {
    m_context.settings.set(Setting::Theme, name);
    m_context.theme.choose(name == QLatin1String("dark")    ? ThemeChoice::Dark
                           : name == QLatin1String("light") ? ThemeChoice::Light
                                                            : ThemeChoice::System);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (droppedFile(event->mimeData()).isEmpty()) return;
    event->acceptProposedAction();
    m_welcome->dropZone().setOver(true);
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) { m_welcome->dropZone().setOver(false); }

void MainWindow::dropEvent(QDropEvent* event) {
    m_welcome->dropZone().setOver(false);
    const QString path = droppedFile(event->mimeData());
    if (path.isEmpty()) return;
    event->acceptProposedAction();
    m_context.workspace.open(path);
}

void MainWindow::closeEvent(QCloseEvent* event) {
    m_context.settings.set(Setting::WindowGeometry, saveGeometry());
    m_context.workspace.sweep().cancel();
    QMainWindow::closeEvent(event);
}

}  // namespace trimtab::gui
