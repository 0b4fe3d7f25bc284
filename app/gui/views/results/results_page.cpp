// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/results/results_page.h"

#include <QClipboard>
#include <QComboBox>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QSplitter>
#include <QStandardPaths>
#include <QStackedLayout>
#include <QVBoxLayout>

#include "app/gui/charts/pareto_chart.h"
#include "app/gui/models/text.h"
#include "app/gui/settings/settings.h"
#include "app/gui/shell/file_prompt.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/empty_state.h"
#include "app/gui/views/common/labels.h"
#include "app/gui/views/results/chart_legend.h"
#include "app/gui/views/results/fidelity_panel.h"
#include "app/gui/views/results/result_tables.h"
#include "app/gui/views/results/trial_detail.h"

namespace trimtab::gui {

namespace {

constexpr SpeedAxis kAxes[] = {SpeedAxis::Latency, SpeedAxis::Throughput, SpeedAxis::Size};

}  // namespace

ResultsPage::ResultsPage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("results"), tr("Results"), parent),
      m_context(context),
      m_work(context.workspace),
      m_results(context.workspace.results()) {
    makeActions();
    m_empty = new EmptyState(context.theme, QStringLiteral("results"), QStringLiteral("results.next"));
    m_stack = new QStackedLayout;
    content()->addLayout(m_stack, 1);  // first: a stack without a window shows its first page as one
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeBody());
    connectTasks();
    refresh();
}

void ResultsPage::makeActions() {
    m_studies = new QComboBox;
    m_studies->setObjectName(QStringLiteral("results.studies"));
    m_studies->setMaximumWidth(280);
    m_axis = new QComboBox;
    m_axis->setObjectName(QStringLiteral("results.axis"));
    m_axis->addItems({tr("Latency"), tr("Throughput"), tr("Size")});
    m_axis->setToolTip(tr("What the horizontal axis shows"));
    for (int i = 0; i < 3; ++i) {
        if (kAxes[i] == m_results.axis()) m_axis->setCurrentIndex(i);
    }
    actions()->addWidget(m_studies);
    actions()->addWidget(m_axis);
}

QWidget* ResultsPage::makeBody() {
    auto* vertical = new QSplitter(Qt::Vertical);
    vertical->setChildrenCollapsible(false);
    vertical->addWidget(makeChartBox());
    m_tables = new ResultTables(m_context);
    vertical->addWidget(m_tables);
    vertical->setStretchFactor(0, 3);
    vertical->setStretchFactor(1, 2);
    vertical->setSizes({380, 260});
    m_detail = new TrialDetail(m_context.theme);
    m_detail->setMinimumWidth(368);
    auto* horizontal = new QSplitter(Qt::Horizontal);
    horizontal->setChildrenCollapsible(false);
    horizontal->addWidget(vertical);
    horizontal->addWidget(m_detail);
    horizontal->setStretchFactor(0, 1);
    horizontal->setStretchFactor(1, 0);
    horizontal->setSizes({800, 376});
    horizontal->restoreState(m_context.settings.value(Setting::ResultsSideSplit).toByteArray());
    vertical->restoreState(m_context.settings.value(Setting::ResultsSplit).toByteArray());
    connect(horizontal, &QSplitter::splitterMoved, this,
            [this, horizontal] { m_context.settings.set(Setting::ResultsSideSplit, horizontal->saveState()); });
    connect(vertical, &QSplitter::splitterMoved, this,
            [this, vertical] { m_context.settings.set(Setting::ResultsSplit, vertical->saveState()); });
    return horizontal;
}

QWidget* ResultsPage::makeChartBox() {
    auto* card = makeCard();
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(kWideGap, kGap, kGap, kHalfGap);
    layout->setSpacing(0);
    auto* head = new QHBoxLayout;
    head->addWidget(new ChartLegend(m_context.theme), 1);
    m_near = makeButton(QStringLiteral("results.near"), tr("Near the front"), "chip");
    m_near->setCheckable(true);
    m_near->setToolTip(tr("Leaves out points far below the front, so that the others are told apart."));
    head->addWidget(m_near);
    head->setContentsMargins(0, 0, kGap, kGap);
    layout->addLayout(head);
    m_chart = new ParetoChart;
    m_chart->setObjectName(QStringLiteral("results.chart"));
    m_chart->setColours(m_context.theme.palette());
    layout->addWidget(m_chart, 1);
    connect(m_near, &QPushButton::toggled, m_chart, &ParetoChart::setNearFront);
    connect(&m_context.theme, &Theme::changed, this, [this] { m_chart->setColours(m_context.theme.palette()); });
    return card;
}

void ResultsPage::connectTasks() {
    const FidelityPanel& fidelity = m_tables->fidelity();
    connect(m_axis, &QComboBox::activated, this, [this](int index) {
        m_context.settings.set(Setting::ChartAxis, QString::fromStdString(word(kAxes[index])));
        m_results.setAxis(kAxes[index]);
    });
    connect(m_studies, &QComboBox::activated, this,
            [this](int index) { m_results.load(m_results.sessionPath(), m_studies->itemData(index).toLongLong()); });
    connect(m_chart, &ParetoChart::trialClicked, &m_results, &ResultsTask::select);
    connect(&m_results, &ResultsTask::snapshotChanged, this, &ResultsPage::refresh);
    connect(&m_results, &ResultsTask::loadingChanged, this, &ResultsPage::refreshEmpty);
    connect(&m_results, &ResultsTask::selectionChanged, this, &ResultsPage::refreshSelection);
    connect(&m_work.sweep(), &SweepTask::runningChanged, this, [this] {
        refreshEmpty();
        refreshExport();
        refreshFidelity();
    });
    connect(&m_work.model(), &ModelTask::stateChanged, this, [this] {
        refreshEmpty();
        refreshExport();
        refreshFidelity();
    });
    connect(&m_work.exports(), &ExportTask::runningChanged, this, &ResultsPage::refreshExport);
    connect(&m_work.fidelity(), &FidelityTask::changed, this, &ResultsPage::refreshFidelity);
    connect(&m_work.fidelity(), &FidelityTask::progressed, &fidelity, &FidelityPanel::showProgress);
    connect(&fidelity, &FidelityPanel::compareRequested, this, &ResultsPage::compareNodes);
    connect(&fidelity, &FidelityPanel::cancelRequested, &m_work.fidelity(), &FidelityTask::cancel);
    connect(m_detail, &TrialDetail::fidelityRequested, this, [this] {
        m_tables->showFidelity();
        if (!m_work.fidelity().profile(m_results.selected())) compareNodes();
    });
    connect(m_detail, &TrialDetail::exportRequested, this, &ResultsPage::exportModel);
    connect(m_detail, &TrialDetail::reportRequested, this, &ResultsPage::writeReport);
    connect(m_detail, &TrialDetail::copyRequested, this, &ResultsPage::copyRecipe);
    connect(m_detail, &TrialDetail::layersRequested, m_tables, &ResultTables::showLayers);
    connect(m_empty, &EmptyState::pressed, this, [this] {
        if (m_work.model().loaded()) {
            emit goTo(QStringLiteral("sweep"));
        } else {
            emit openRequested();
        }
    });
}

void ResultsPage::focusFilter() { m_tables->focusFilter(); }

void ResultsPage::refresh() {
    const SnapshotPtr snapshot = m_results.snapshot();
    m_chart->setSnapshot(snapshot);
    refreshEmpty();
    refreshStudies();
    refreshSelection();
}

void ResultsPage::refreshEmpty() {
    const SnapshotPtr snapshot = m_results.snapshot();
    const bool some = snapshot && !snapshot->results.empty();
    m_stack->setCurrentIndex(some ? 1 : 0);
    m_axis->setVisible(some);
    if (some) {
        const std::string& name = snapshot->study.name.empty() ? snapshot->study.modelName : snapshot->study.name;
        setTitle(name.empty() ? tr("Results") : QString::fromStdString(name));
        QStringList about{QFileInfo(m_results.sessionPath()).fileName()};
        about << (snapshot->study.randomWeights ? QString::fromStdString(trial::randomWeightsNote(snapshot->study))
                  : snapshot->study.dataPath.empty()
                      ? tr("fidelity on seeded inputs, not accuracy")
                      : tr("data: %1").arg(QFileInfo(QString::fromStdString(snapshot->study.dataPath)).fileName()));
        about << tr("baseline: %1").arg(QString::fromStdString(snapshot->study.baselineName));
        setSubtitle(about.join(QStringLiteral(" · ")));
        return;
    }
    setTitle(tr("Results"));
    setSubtitle({});
    if (m_results.loading()) {
        m_empty->setText(tr("Reading the session…"), {}, {});
    } else if (m_work.sweep().running()) {
        m_empty->setText(m_work.sweep().isMix() ? tr("The search has begun") : tr("The sweep has begun"),
                         tr("The first point appears as soon as the baseline is measured."), {});
    } else if (m_work.model().loaded()) {
        m_empty->setText(tr("Nothing has been run yet"),
                         tr("Choose what to try on the Sweep page and press Run. Points appear here while it runs."), tr("Go to Sweep"));
    } else {
        m_empty->setText(tr("Nothing to show"), tr("Open a session to see its results, or a model to make some."), tr("Open file…"));
    }
}

void ResultsPage::refreshStudies() {
    const auto& studies = m_results.studies();
    m_studies->setVisible(studies.size() > 1);
    const SnapshotPtr snapshot = m_results.snapshot();
    m_studies->clear();
    for (const trial::Study& study : studies) {
        m_studies->addItem(tr("Study %1: %2").arg(study.id).arg(QString::fromStdString(study.name.empty() ? study.modelName : study.name)),
                           QVariant::fromValue<qlonglong>(study.id));
        if (snapshot && study.id == snapshot->study.id) m_studies->setCurrentIndex(m_studies->count() - 1);
    }
    m_studies->setEnabled(!m_work.sweep().running());
}

void ResultsPage::refreshSelection() {
    const SnapshotPtr snapshot = m_results.snapshot();
    const std::int64_t trial = m_results.selected();
    m_chart->setSelected(trial);
    m_detail->show(snapshot, trial);
    refreshExport();
    refreshFidelity();
}

QString ResultsPage::fidelityProblem() const {
    const SnapshotPtr snapshot = m_results.snapshot();
    const trial::TrialResult* result = snapshot ? snapshot->result(m_results.selected()) : nullptr;
    if (!result) return tr("Click a point or a row first.");
    if (!result->trial.variant.empty()) return tr("This is another file of the model, whose nodes are not the model's own.");
    if (result->trial.recipe.isIdentity()) return tr("Nothing was done to the model in this configuration: it is the unchanged one.");
    if (result->state == trial::State::Failed) return tr("This configuration failed.");
    if (const QString why = m_work.answersProblem(); !why.isEmpty()) return why;
    if (m_work.sweep().running()) return m_work.runningText() + ' ' + tr("Comparing now would disturb its timings.");
    if (!m_work.model().loaded()) return tr("The model file of this session is not open, so there is nothing to run.");
    return {};
}

void ResultsPage::refreshFidelity() {
    const FidelityTask& task = m_work.fidelity();
    const std::int64_t trial = m_results.selected();
    FidelityView view;
    view.reason = fidelityProblem();
    view.profile = task.profile(trial);
    using State = FidelityView::State;
    if (trial != 0 && task.running() == trial) {
        view.state = State::Running;
    } else if (view.profile) {
        view.state = State::Known;
    } else if (view.reason.isEmpty()) {
        view.reason = task.problem(trial);
        view.state = view.reason.isEmpty() ? State::Asked : State::Failed;
    }
    m_tables->fidelity().show(view);
    m_detail->setFidelity(view.profile.get(), view.profile ? QString() : fidelityProblem());
}

void ResultsPage::compareNodes() {
    const SnapshotPtr snapshot = m_results.snapshot();
    const trial::TrialResult* result = snapshot ? snapshot->result(m_results.selected()) : nullptr;
    if (result && fidelityProblem().isEmpty()) m_work.fidelity().compare(snapshot->study, *result, m_work.model().path());
}

void ResultsPage::refreshExport() {
    QString why;
    if (const QString drawn = m_work.answersProblem(); !drawn.isEmpty()) why = drawn;
    else if (m_work.sweep().running()) why = m_work.runningText() + ' ' + tr("Writing a model now would disturb its timings.");
    else if (m_work.exports().running()) why = tr("A model is being written.");
    else if (!m_work.model().loaded()) why = tr("The model file of this session is not open, so there is nothing to write from.");
    m_detail->setExportProblem(why);
}

QString ResultsPage::suggestedName(const QString& suffix) const {
    const QFileInfo session(m_results.sessionPath());
    // Nothing is put beside a recording.
    const bool recorded = !m_work.recording().isEmpty();
    const QString folder = recorded ? QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation) : session.absolutePath();
    return folder + '/' + session.completeBaseName() + suffix;
}

void ResultsPage::exportModel() {
    const SnapshotPtr snapshot = m_results.snapshot();
    const trial::TrialResult* result = snapshot ? snapshot->result(m_results.selected()) : nullptr;
    if (!result || !m_work.model().loaded() || m_work.sweep().running() || m_work.exports().running() || !m_work.answersProblem().isEmpty())
        return;
    FileQuestion question;
    question.kind = FileQuestion::Kind::Save;
    question.title = tr("Export model");
    question.filter = tr("ONNX models (*.onnx)");
    question.suffix = QStringLiteral("onnx");
    question.suggestion = suggestedName(QStringLiteral("-trial-%1.onnx").arg(result->id));
    m_context.files.ask(this, question, [this, file = m_work.fileOf(result->trial), trial = result->trial,
                                         calibration = trial::calibrationOf(snapshot->study)](const QString& path) {
        m_work.exports().exportModel(file, trial, calibration, path);
    });
}

void ResultsPage::writeReport() {
    if (!m_results.snapshot()) return;
    FileQuestion question;
    question.kind = FileQuestion::Kind::Save;
    question.title = tr("Write report");
    question.filter = tr("Web page (*.html);;Markdown (*.md);;Table (*.csv);;JSON (*.json);;Chart (*.svg);;Chart (*.png)");
    question.suffix = QStringLiteral("html");
    question.suggestion = suggestedName(QStringLiteral(".html"));
    m_context.files.ask(this, question, [this](const QString& path) { m_results.writeReport(path, m_context.theme.palette().dark); });
}

void ResultsPage::copyRecipe() {
    const SnapshotPtr snapshot = m_results.snapshot();
    const trial::TrialResult* result = snapshot ? snapshot->result(m_results.selected()) : nullptr;
    if (result) QGuiApplication::clipboard()->setText(QString::fromStdString(base::dumpJson(recipe::toJson(result->trial.recipe), 2)));
}

}  // namespace trimtab::gui
