// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/profile/profile_page.h"

#include <ranges>

#include <QComboBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLocale>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStackedLayout>
#include <QTabWidget>
#include <QVBoxLayout>

#include "app/gui/charts/roofline_chart.h"
#include "app/gui/charts/timeline_view.h"
#include "app/gui/models/diagnosis_table_model.h"
#include "app/gui/models/roles.h"
#include "app/gui/models/text.h"
#include "app/gui/shell/file_prompt.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/data_table.h"
#include "app/gui/views/common/empty_state.h"
#include "app/gui/views/common/labels.h"
#include "app/gui/views/common/stat_tile.h"
#include "app/gui/views/profile/advice_card.h"
#include "core/base/file.h"
#include "core/report/perfetto.h"

namespace trimtab::gui {

namespace {

enum Card { kEmptyCard, kProgressCard, kResultCard };
constexpr int kChosen = 1;  // of the subjects; the first is the model as it is stored

}  // namespace

ProfilePage::ProfilePage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("profile"), tr("Profile"), parent), m_context(context), m_task(context.workspace.profiling()) {
    m_subject = new QComboBox;
    m_subject->setObjectName(QStringLiteral("profile.subject"));
    m_subject->setToolTip(tr("What is run"));
    m_subject->setMaximumWidth(320);
    m_save = makeButton(QStringLiteral("profile.save"), tr("Save trace…"));
    m_save->setToolTip(tr("For Perfetto: ui.perfetto.dev opens the file"));
    m_kept = makeButton(QStringLiteral("profile.kept"), {});
    m_kept->setToolTip(tr("Profiles that the session keeps"));
    m_keptMenu = new QMenu(m_kept);
    m_kept->setMenu(m_keptMenu);
    m_begin = makeButton(QStringLiteral("profile.begin"), tr("Profile"), "primary");
    for (QWidget* widget : std::initializer_list<QWidget*>{m_subject, m_kept, m_save, m_begin}) actions()->addWidget(widget);
    m_empty = new EmptyState(context.theme, QStringLiteral("profile"), QStringLiteral("profile.next"));
    m_stack = new QStackedLayout;
    content()->addLayout(m_stack, 1);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeProgress());
    m_stack->addWidget(makeResult());
    connectTasks();
    refresh();
}

QWidget* ProfilePage::makeProgress() {
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, kWideGap, 0, 0);
    layout->setSpacing(kGap);
    layout->addWidget(makeLabel(tr("Running with and without the recording, in turns"), "heading"));
    m_progressText = makeLabel({}, "muted");
    m_progress = new QProgressBar;
    m_progress->setObjectName(QStringLiteral("profile.progress"));
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    auto* cancel = makeButton(QStringLiteral("profile.cancel"), tr("Cancel"));
    layout->addWidget(m_progressText);
    layout->addWidget(m_progress);
    layout->addWidget(cancel, 0, Qt::AlignLeft);
    layout->addStretch();
    connect(cancel, &QPushButton::clicked, &m_task, &ProfileTask::cancel);
    return page;
}

QWidget* ProfilePage::makeResult() {
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kWideGap);
    m_failure = makeLabel({}, "");
    m_failure->setObjectName(QStringLiteral("profile.failure"));
    setTone(m_failure, "bad");
    m_marks = makeLabel({}, "");
    m_marks->setObjectName(QStringLiteral("profile.marks"));
    setTone(m_marks, "warning");
    layout->addWidget(m_failure);
    layout->addWidget(makeTiles());
    layout->addWidget(m_marks);
    layout->addWidget(makeTimeline());
    layout->addWidget(makeLayers(), 1);
    return page;
}

QWidget* ProfilePage::makeTiles() {
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kWideGap);
    m_run = new StatTile(tr("A run"));
    m_attributed = new StatTile(tr("Attributed to layers"));
    m_bound = new StatTile(tr("Bound by"));
    m_ceilings = new StatTile(tr("At most here"));
    m_energy = new StatTile(tr("Energy"));
    m_run->setObjectName(QStringLiteral("profile.run"));
    m_attributed->setObjectName(QStringLiteral("profile.attributed"));
    m_bound->setObjectName(QStringLiteral("profile.bound"));
    m_ceilings->setObjectName(QStringLiteral("profile.ceilings"));
    m_energy->setObjectName(QStringLiteral("profile.energy"));
    for (StatTile* tile : {m_run, m_attributed, m_bound, m_ceilings, m_energy}) layout->addWidget(tile, 1);
    return row;
}

QWidget* ProfilePage::makeTimeline() {
    auto* card = makeCard();
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(kWideGap, kGap, kWideGap, kGap);
    layout->setSpacing(kHalfGap);
    auto* row = new QHBoxLayout;
    row->addWidget(makeLabel(tr("Timeline"), "heading"));
    row->addStretch();
    auto* first = makeButton(QStringLiteral("profile.firstRun"), tr("First run"), "quiet");
    auto* all = makeButton(QStringLiteral("profile.allRuns"), tr("All runs"), "quiet");
    row->addWidget(first);
    row->addWidget(all);
    m_timeline = new TimelineView(m_context.theme);
    m_timeline->setObjectName(QStringLiteral("profile.timeline"));
    layout->addLayout(row);
    layout->addWidget(m_timeline);
    connect(first, &QPushButton::clicked, m_timeline, &TimelineView::showFirstRun);
    connect(all, &QPushButton::clicked, m_timeline, &TimelineView::showAll);
    return card;
}

QWidget* ProfilePage::makeLayers() {
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kWideGap);
    m_model = new DiagnosisTableModel(this);
    m_sorted = new QSortFilterProxyModel(this);
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(SortRole);
    m_table = new DataTable(m_context.theme, QStringLiteral("profile.layers"));
    m_table->setModel(m_sorted);
    m_table->setStretchColumn(DiagnosisTableModel::Because);
    m_table->sortByColumn(DiagnosisTableModel::Time, Qt::DescendingOrder);
    auto* roofline = new QWidget;
    auto* chart = new QVBoxLayout(roofline);
    chart->setContentsMargins(0, kGap, 0, 0);
    chart->setSpacing(kHalfGap);
    m_roofline = new RooflineChart(m_context.theme);
    m_roofline->setObjectName(QStringLiteral("profile.roofline"));
    m_layer = makeLabel({}, "muted");
    m_layer->setObjectName(QStringLiteral("profile.layer"));
    m_layer->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_layer->setMinimumHeight(3 * m_layer->fontMetrics().lineSpacing());  // the chart keeps its size while layers are chosen
    chart->addWidget(m_roofline, 1);
    chart->addWidget(m_layer);
    m_advice = new AdviceCard;
    m_advice->setObjectName(QStringLiteral("profile.advice"));
    auto* card = makeCard();
    auto* inside = new QVBoxLayout(card);
    inside->setContentsMargins(kWideGap, kGap, kWideGap, kGap);
    auto* tabs = new QTabWidget;
    tabs->setObjectName(QStringLiteral("profile.tabs"));
    tabs->addTab(roofline, tr("Roofline"));
    tabs->addTab(m_advice, tr("What to do next"));
    inside->addWidget(tabs);
    layout->addWidget(m_table, 3);
    layout->addWidget(card, 2);
    return row;
}

void ProfilePage::connectTasks() {
    Workspace& work = m_context.workspace;
    connect(m_begin, &QPushButton::clicked, this, &ProfilePage::begin);
    connect(m_save, &QPushButton::clicked, this, &ProfilePage::saveTrace);
    connect(m_empty, &EmptyState::pressed, this, &ProfilePage::press);
    connect(m_timeline, &TimelineView::layerChosen, this, [this](int layer) { chooseLayer(layer); });
    connect(m_roofline, &RooflineChart::layerChosen, this, [this](int layer) { chooseLayer(layer); });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& current) {
        const int layer = current.isValid() ? m_model->layerOf(m_sorted->mapToSource(current).row()) : -1;
        chooseLayer(layer < 0 ? std::nullopt : std::optional(layer));
    });
    connect(m_advice, &AdviceCard::tryRequested, this, [this](int piece) { m_task.tryAdvice(static_cast<std::size_t>(piece)); });
    connect(m_advice, &AdviceCard::saveRequested, this, [this](int piece) { saveRecipe(static_cast<std::size_t>(piece)); });
    connect(&m_task, &ProfileTask::triedChanged, this, [this] {
        for (std::size_t piece = 0; m_shown && piece < m_shown->advice.best.size(); ++piece) m_advice->setTried(piece, m_task.tried(piece));
    });
    connect(&m_task, &ProfileTask::changed, this, &ProfilePage::refresh);
    connect(&m_task, &ProfileTask::progressed, this, [this](double share, const QString& what) {
        m_progress->setValue(static_cast<int>(share * 1000));
        m_progressText->setText(what);
    });
    connect(&work.model(), &ModelTask::stateChanged, this, &ProfilePage::refresh);
    connect(&work.results(), &ResultsTask::selectionChanged, this, &ProfilePage::refresh);
    connect(&work.results(), &ResultsTask::snapshotChanged, this, &ProfilePage::refresh);
    connect(&work.results(), &ResultsTask::profilesChanged, this, &ProfilePage::refreshKept);
    connect(&work.sweep(), &SweepTask::runningChanged, this, &ProfilePage::refresh);
}

const trial::TrialResult* ProfilePage::chosenTrial() const {
    const ResultsTask& results = m_context.workspace.results();
    const SnapshotPtr snapshot = results.snapshot();
    const trial::TrialResult* chosen = snapshot ? snapshot->result(results.selected()) : nullptr;
    return chosen && chosen->state != trial::State::Failed ? chosen : nullptr;
}

QString ProfilePage::problem() const {
    Workspace& work = m_context.workspace;
    if (!work.model().loaded()) return tr("Open a model first; then see here where the time of a run goes.");
    if (work.sweep().running()) return work.runningText() + ' ' + tr("Profiling now would disturb its timings.");
    return {};
}

void ProfilePage::begin() { m_context.workspace.profile(m_subject->currentIndex() == kChosen ? chosenTrial() : nullptr); }

void ProfilePage::refreshSubjects() {
    const trial::TrialResult* trial = chosenTrial();
    const int before = m_subject->currentIndex();
    const bool isAnother = m_offered != (trial ? trial->id : 0);  // what was just chosen is what is asked about
    m_offered = trial ? trial->id : 0;
    m_subject->clear();
    m_subject->addItem(m_context.workspace.subjectTitle());
    if (trial) m_subject->addItem(QString::fromStdString(trial->trial.label));
    m_subject->setCurrentIndex(isAnother || before < 0 || before >= m_subject->count() ? m_subject->count() - 1 : before);
    m_subject->setVisible(m_subject->count() > 1);
}

void ProfilePage::refresh() {
    refreshSubjects();
    refreshKept();
    const QString why = problem();
    const ProfilePtr& profile = m_task.snapshot();
    m_begin->setEnabled(why.isEmpty() && !m_task.running());
    m_begin->setToolTip(why);
    m_begin->setText(profile ? tr("Profile again") : tr("Profile"));
    m_begin->setVisible(m_context.workspace.model().loaded());
    m_save->setVisible(profile && !m_task.running());
    m_advice->setEnabled(why.isEmpty());
    m_failure->setText(m_task.problem().isEmpty() ? QString() : tr("The profile could not be made. %1").arg(m_task.problem()));
    m_failure->setVisible(!m_task.problem().isEmpty());
    if (!m_task.running()) {
        m_progress->setValue(0);
        m_progressText->setText(tr("Starting…"));
    }
    const int top = m_task.running() ? kProgressCard : profile ? kResultCard : kEmptyCard;
    if (top == kResultCard) show(*profile);
    if (top == kEmptyCard) refreshEmpty();
    if (top != kResultCard) setSubtitle(tr("Where the time of a run goes, and what bounds each layer."));
    m_stack->setCurrentIndex(top);
}

void ProfilePage::refreshKept() {
    ResultsTask& results = m_context.workspace.results();
    m_keptMenu->clear();
    for (const store::ProfileHeading& heading : results.profiles() | std::views::reverse) {
        const QDateTime when = QDateTime::fromString(QString::fromStdString(heading.recordedAt), Qt::ISODate).toLocalTime();
        const QString text = tr("%1 · %2 · %3").arg(QLocale().toString(when, QLocale::ShortFormat), QString::fromStdString(heading.subject),
                                                   millisecondsText(heading.runNs / 1e6));
        m_keptMenu->addAction(text, &results, [&results, id = heading.id] { results.readProfile(id); });
    }
    m_kept->setText(tr("Kept: %1").arg(results.profiles().size()));
    m_kept->setVisible(!results.profiles().empty());
    m_kept->setEnabled(!m_task.running());
}

void ProfilePage::refreshEmpty() {
    if (const QString why = problem(); !why.isEmpty()) {
        const bool open = m_context.workspace.model().loaded();
        m_empty->setText(open ? tr("Not now") : tr("No model is open"), why, open ? QString() : tr("Open file…"));
    } else if (!m_task.problem().isEmpty()) {
        m_empty->setText(tr("The profile could not be made"), m_task.problem(), tr("Try again"));
    } else {
        m_empty->setText(tr("No profile yet"),
                         tr("Runs with and without the recording take turns for two seconds; then what this machine reaches at most is "
                            "measured."),
                         tr("Profile"));
    }
}

void ProfilePage::press() {
    if (m_context.workspace.model().loaded()) begin();
    else emit openRequested();
}

void ProfilePage::show(const ProfileSnapshot& profile) {
    const trace::Profile& run = profile.profile();
    const auto& where = profile.answer.environment;
    const QDateTime when = QDateTime::fromString(profile.recordedAt, Qt::ISODate).toLocalTime();
    const QString kept = when.isValid() ? tr(" · kept on %1").arg(QLocale().toString(when, QLocale::ShortFormat)) : QString();
    setSubtitle(tr("%1 · batch %2 · %3, %4 threads, %5%6")
                    .arg(profile.subject)
                    .arg(profile.answer.batch)
                    .arg(QString::fromStdString(where.engine))
                    .arg(where.threads)
                    .arg(QString::fromStdString(where.device), kept));
    if (m_shown == m_task.snapshot()) return;
    m_shown = m_task.snapshot();
    m_run->setValue(millisecondsText(run.runNs / 1e6), tr("median of %1; recording costs %2").arg(run.runs).arg(overheadText(run.overhead)),
                    run.throttled ? "warning" : "");
    m_attributed->setValue(percentText(run.attributed),
                           run.device ? tr("of %1 busy on the device, %2 to layers")
                                            .arg(millisecondsText(run.device->deviceNs() / 1e6), percentText(run.device->attributed()))
                                      : tr("%1 layers").arg(run.layers.size()));
    const QString marks = marksText(profile);
    m_marks->setText(marks);
    m_marks->setVisible(!marks.isEmpty());
    QStringList others;
    for (std::size_t i = 1; i < std::min<std::size_t>(3, profile.diagnosis.causes.size()); ++i)
        others << tr("%1 %2").arg(causeTitle(profile.diagnosis.causes[i].first), percentText(profile.diagnosis.causes[i].second, 0));
    if (!profile.diagnosis.causes.empty()) {
        const auto& [cause, share] = profile.diagnosis.causes.front();
        m_bound->setValue(tr("%1 %2").arg(causeTitle(cause), percentText(share, 0)), others.join(QStringLiteral(" · ")));
    }
    QStringList peaks;
    for (const auto& [type, peak] : run.ceilings.operationsPerSecond)
        peaks << tr("%1 %2/s", "operations a second").arg(QString::fromStdString(type), countText(peak));
    const bool busy = profile.diagnosis.ceilingsExceeded;
    m_ceilings->setValue(tr("%1/s").arg(bytesText(run.ceilings.memoryBytesPerSecond)),
                         busy ? tr("layers exceed this: the machine was busier while it was measured") : peaks.join(QStringLiteral(" · ")),
                         busy ? "warning" : "");
    const auto [joules, beside] = energyFigure(profile);
    m_energy->setValue(joules, beside);
    m_timeline->setTrace(std::shared_ptr<const trace::Trace>(m_shown, &run.trace));
    m_roofline->setProfile(m_shown);
    m_advice->setProfile(m_shown);
    m_model->setProfile(m_shown);
    m_table->setColumnHidden(DiagnosisTableModel::Threads, m_shown->profile().threads < 2);
    m_table->fitColumns();
    chooseLayer(std::nullopt);
    if (m_sorted->rowCount() > 0) m_table->selectRow(0);
}

void ProfilePage::chooseLayer(std::optional<int> layer) {
    m_timeline->setCurrentLayer(layer);
    m_roofline->setCurrentLayer(layer);
    if (!layer || !m_shown) {
        m_layer->setText(tr("Click a layer to read what bounds it."));
        return;
    }
    const auto at = static_cast<std::size_t>(*layer);
    const trace::LayerRecord& record = m_shown->profile().layers[at];
    const explain::LayerDiagnosis& found = m_shown->diagnosis.layers[at];
    m_layer->setText(tr("%1 · %2 · %3: %4")
                         .arg(QString::fromStdString(record.node), QString::fromStdString(record.kernel), causeTitle(found.cause),
                              QString::fromStdString(found.evidence)));
    const QModelIndex row = m_sorted->mapFromSource(m_model->index(*layer, 0));
    if (m_table->currentIndex().row() != row.row()) m_table->selectRow(row.row());
}

void ProfilePage::saveRecipe(std::size_t piece) {
    const FileQuestion question{FileQuestion::Kind::Save, tr("Save the recipe"), tr("Recipes (*.json)"), QStringLiteral("recipe.json"),
                                QStringLiteral("json")};
    const std::string text = base::dumpJson(recipe::toJson(m_shown->advice.best[piece].recipe), 2) + "\n";
    m_context.files.ask(this, question, [this, text](const QString& path) {
        const Status written = base::writeFileAtomically(path.toStdString(), text);
        if (!written) emit m_context.workspace.problem(QString::fromStdString(written.error().text()));
    });
}

void ProfilePage::saveTrace() {
    if (!m_shown) return;
    const FileQuestion question{FileQuestion::Kind::Save, tr("Save the trace"), tr("Perfetto traces (*.pftrace)"),
                                QStringLiteral("trace.pftrace"), QStringLiteral("pftrace")};
    m_context.files.ask(this, question, [this, profile = m_shown](const QString& path) {
        const Status written = report::writePerfetto(profile->profile().trace, profile->profile().layers, profile->subject.toStdString(),
                                                     path.toStdString());
        if (!written) emit m_context.workspace.problem(QString::fromStdString(written.error().text()));
    });
}

}  // namespace trimtab::gui
