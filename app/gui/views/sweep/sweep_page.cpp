// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/sweep/sweep_page.h"

#include <algorithm>

#include <QComboBox>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QSpinBox>
#include <QStackedLayout>
#include <QVBoxLayout>

#include "app/gui/models/text.h"
#include "app/gui/shell/file_prompt.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/column_scroll.h"
#include "app/gui/views/common/empty_state.h"
#include "app/gui/views/common/labels.h"
#include "app/gui/views/common/stat_tile.h"
#include "app/gui/views/sweep/axis_row.h"
#include "app/gui/views/sweep/calibration_card.h"
#include "app/gui/views/sweep/estimate.h"
#include "app/gui/views/sweep/own_axes.h"
#include "app/gui/views/sweep/variants_card.h"

namespace trimtab::gui {

namespace {

constexpr int kSideWidth = 304;

struct Effort {
    double seconds;
    int processes;
};
/// Each reason once, the combinations beneath it.
QStringList skippedLines(const std::vector<tune::SkippedPoint>& skipped) {
    std::vector<std::pair<QString, QStringList>> reasons;
    for (const tune::SkippedPoint& point : skipped) {
        const QString reason = QString::fromStdString(point.reason);
        auto found = std::find_if(reasons.begin(), reasons.end(), [&reason](const auto& entry) { return entry.first == reason; });
        if (found == reasons.end()) found = reasons.insert(reasons.end(), {reason, {}});
        found->second << QStringLiteral("· ") + QString::fromStdString(point.point);
    }
    QStringList lines;
    for (const auto& [reason, points] : reasons) lines << reason << points << QString();
    return lines;
}

constexpr Effort kEfforts[] = {{0.15, 3}, {0.35, 5}, {1.0, 9}};

}  // namespace

SweepPage::SweepPage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("sweep"), tr("Sweep"), parent), m_context(context), m_work(context.workspace) {
    setSubtitle(tr("Switch on the values to try. Every combination that makes sense is run on this machine."));
    m_cancel = makeButton(QStringLiteral("sweep.cancel"), tr("Cancel"));
    m_run = makeButton(QStringLiteral("sweep.run"), tr("Run"), "primary");
    m_run->setMinimumWidth(96);
    actions()->addWidget(m_cancel);
    actions()->addWidget(m_run);
    m_empty = new EmptyState(context.theme, QStringLiteral("sweep"), QStringLiteral("sweep.open"));
    m_empty->setText(tr("No model is open"), tr("Open a model first; then choose here what to try with it."), tr("Open file…"));
    connect(m_empty, &EmptyState::pressed, this, &SweepPage::openRequested);
    m_stack = new QStackedLayout;
    content()->addLayout(m_stack, 1);  // first: a stack without a window shows its first page as one
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeBody());
    connectTasks();
    refresh();
}

QWidget* SweepPage::makeBody() {
    auto* left = new QWidget;
    auto* leftLayout = new QVBoxLayout(left);
    leftLayout->setContentsMargins(0, 0, kGap, 0);
    leftLayout->setSpacing(kWideGap);
    leftLayout->addWidget(makePresets());
    leftLayout->addWidget(makeAxes());
    m_variants = new VariantsCard(m_context.files);
    leftLayout->addWidget(m_variants);
    m_calibration = new CalibrationCard(m_context.files);
    leftLayout->addWidget(m_calibration);
    leftLayout->addWidget(makeBudget());
    leftLayout->addStretch();
    auto* scroll = new ColumnScroll(left);
    auto* body = new QWidget;
    auto* layout = new QHBoxLayout(body);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kWideGap);
    layout->addWidget(scroll, 1);
    layout->addWidget(makeSummary());
    return body;
}

QWidget* SweepPage::makePresets() {
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGap);
    auto* begin = makeLabel(tr("Begin with"), "muted");
    begin->setWordWrap(false);
    layout->addWidget(begin);
    int index = 0;
    for (const SweepPreset& preset : sweepPresets()) {
        auto* button = makeButton(QStringLiteral("sweep.preset.%1").arg(index++), preset.title);
        button->setToolTip(preset.explanation);
        layout->addWidget(button);
        connect(button, &QPushButton::clicked, this, [this, preset] {
            std::vector<trial::Axis> axes;
            for (const QString& text : preset.axes) {
                if (auto axis = trial::parseAxis(text.toStdString())) axes.push_back(std::move(*axis));
            }
            m_work.setAxes(axes);
        });
    }
    auto* clear = makeButton(QStringLiteral("sweep.preset.clear"), tr("Clear"), "quiet");
    connect(clear, &QPushButton::clicked, this, [this] { m_work.setAxes({}); });
    layout->addWidget(clear);
    layout->addStretch();
    return row;
}

QWidget* SweepPage::makeAxes() {
    auto* all = new QWidget;
    auto* cards = new QVBoxLayout(all);
    cards->setContentsMargins(0, 0, 0, 0);
    cards->setSpacing(kWideGap);
    for (const AxisGroup& group : axisGroups()) {
        auto* card = makeCard();
        auto* layout = new QVBoxLayout(card);
        layout->setContentsMargins(kWideGap, 12, kWideGap, kGap);
        layout->setSpacing(0);
        layout->addWidget(makeLabel(group.title, "heading"));
        for (const AxisOffer& offer : group.offers) {
            auto* row = new AxisRow(offer);
            connect(row, &AxisRow::changed, this, &SweepPage::applyAxes);
            layout->addWidget(row);
            m_axes.push_back(row);
        }
        cards->addWidget(card);
    }
    m_ownAxes = new OwnAxes;
    connect(m_ownAxes, &OwnAxes::changed, this, &SweepPage::applyAxes);
    connect(m_ownAxes, &OwnAxes::added, this, &SweepPage::addAxis);
    cards->addWidget(m_ownAxes);
    return all;
}

QWidget* SweepPage::makeBudget() {
    auto* card = makeCard();
    auto* layout = new QHBoxLayout(card);
    layout->setContentsMargins(kWideGap, 12, kWideGap, 12);
    layout->setSpacing(kGap);
    m_effort = new QComboBox;
    m_effort->setObjectName(QStringLiteral("sweep.effort"));
    m_effort->addItems({tr("Quick: 3 processes"), tr("Standard: 5 processes"), tr("Thorough: 9 processes")});
    m_effort->setToolTip(tr("Each configuration is timed in this many fresh processes. More of them make the intervals narrower."));
    m_samples = new QSpinBox;
    m_samples->setObjectName(QStringLiteral("sweep.samples"));
    m_samples->setRange(0, 10'000'000);
    m_samples->setSpecialValueText(tr("all"));
    m_samples->setMinimumWidth(96);
    m_samples->setToolTip(tr("How many samples each configuration is scored on."));
    const auto plain = [](const QString& text) {
        auto* label = makeLabel(text, "muted");
        label->setWordWrap(false);
        return label;
    };
    layout->addWidget(plain(tr("Timing")));
    layout->addWidget(m_effort);
    layout->addSpacing(kWideGap);
    layout->addWidget(plain(tr("Samples")));
    layout->addWidget(m_samples);
    layout->addStretch();
    connect(m_effort, &QComboBox::activated, this, &SweepPage::applyBudget);
    connect(m_samples, &QSpinBox::valueChanged, this, &SweepPage::applyBudget);
    return card;
}

QWidget* SweepPage::makeSummary() {
    auto* side = new QWidget;
    side->setFixedWidth(kSideWidth);
    auto* layout = new QVBoxLayout(side);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGap);
    m_trials = new StatTile(tr("Configurations"));
    m_trials->setObjectName(QStringLiteral("sweep.trials"));
    m_duration = new StatTile(tr("Estimated time"));
    m_duration->setObjectName(QStringLiteral("sweep.duration"));
    m_quality = new StatTile(tr("Quality is measured as"));
    m_quality->setObjectName(QStringLiteral("sweep.quality"));
    for (StatTile* tile : {m_trials, m_duration, m_quality}) tile->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    m_problem = makeLabel({}, "");
    m_problem->setObjectName(QStringLiteral("sweep.problem"));
    setTone(m_problem, "warning");
    m_skippedTitle = makeLabel({}, "muted");
    m_skipped = new QPlainTextEdit;
    m_skipped->setObjectName(QStringLiteral("sweep.skipped"));
    m_skipped->setReadOnly(true);
    m_session = makeLabel({}, "small");
    m_session->setObjectName(QStringLiteral("sweep.session"));
    auto* change = makeButton(QStringLiteral("sweep.changeSession"), tr("Keep results elsewhere…"), "quiet");
    for (QWidget* widget : std::initializer_list<QWidget*>{m_trials, m_duration, m_quality, m_problem, m_skippedTitle})
        layout->addWidget(widget);
    layout->addWidget(m_skipped, 1);
    layout->addStretch();
    layout->addWidget(m_session);
    layout->addWidget(change, 0, Qt::AlignLeft);
    connect(change, &QPushButton::clicked, this, &SweepPage::chooseSession);
    return side;
}

void SweepPage::connectTasks() {
    connect(m_run, &QPushButton::clicked, &m_work, &Workspace::runSweep);
    connect(m_variants, &VariantsCard::changed, &m_work, &Workspace::setVariants);
    connect(m_calibration, &CalibrationCard::changed, &m_work, &Workspace::setCalibration);
    connect(m_cancel, &QPushButton::clicked, &m_work.sweep(), &SweepTask::cancel);
    connect(&m_work, &Workspace::draftChanged, this, &SweepPage::refresh);
    connect(&m_work.sweep(), &SweepTask::gridChanged, this, &SweepPage::refreshGrid);
    connect(&m_work.sweep(), &SweepTask::runningChanged, this, &SweepPage::refreshRun);
    connect(&m_work.model(), &ModelTask::timingChanged, this, &SweepPage::refreshGrid);
    connect(&m_work.data(), &DataTask::scoreChanged, this, &SweepPage::refreshGrid);
    connect(&m_work.devices(), &DevicesTask::changed, this, &SweepPage::refreshEngines);
}

void SweepPage::applyAxes() {
    std::vector<trial::Axis> axes;
    for (const AxisRow* row : allAxes()) {
        if (auto axis = row->axis()) axes.push_back(std::move(*axis));
    }
    m_work.setAxes(axes);
}

void SweepPage::addAxis(const trial::Axis& axis) {
    std::vector<trial::Axis> axes = m_work.sweep().draft().axes;
    const auto known = std::ranges::find(axes, axis.path, &trial::Axis::path);
    if (known == axes.end()) {
        axes.push_back(axis);
    } else {
        for (const Json& value : axis.values)
            if (std::ranges::find(known->values, value) == known->values.end()) known->values.push_back(value);
    }
    m_work.setAxes(axes);
}

std::vector<AxisRow*> SweepPage::allAxes() const {
    std::vector<AxisRow*> rows = m_axes;
    rows.insert(rows.end(), m_ownAxes->rows().begin(), m_ownAxes->rows().end());
    return rows;
}

void SweepPage::applyBudget() {
    trial::Budget budget = m_work.sweep().draft().budget;
    const Effort effort = kEfforts[std::max(0, m_effort->currentIndex())];
    budget.speedSeconds = effort.seconds;
    budget.processes = effort.processes;
    budget.samples = m_samples->value();
    if (budget.samples > 0) budget.fidelitySamples = budget.samples;
    m_work.setBudget(budget);
}

void SweepPage::chooseSession() {
    FileQuestion question;
    question.kind = FileQuestion::Kind::Save;
    question.title = tr("Where to keep the results");
    question.filter = tr("Sessions (*.trimtab)");
    question.suffix = QStringLiteral("trimtab");
    question.suggestion = m_work.sessionPath();
    m_context.files.ask(this, question, [this](const QString& path) { m_work.setSessionPath(path); });
}

void SweepPage::refresh() {
    m_stack->setCurrentIndex(m_work.model().loaded() ? 1 : 0);
    const QString recorded = m_work.recording().isEmpty() ? QString() : m_work.runProblem();
    m_empty->setText(recorded.isEmpty() ? tr("No model is open") : tr("A recording is open"),
                     recorded.isEmpty() ? tr("Open a model first; then choose here what to try with it.") : recorded, tr("Open file…"));
    const trial::Study& draft = m_work.sweep().draft();
    m_ownAxes->makeRoomFor(draft.axes, m_axes);
    for (AxisRow* row : allAxes()) {
        std::optional<trial::Axis> own;
        for (const trial::Axis& axis : draft.axes) {
            if (axis.path == row->path().toStdString()) own = axis;
        }
        row->setAxis(own);
    }
    m_variants->show(draft.variants);
    m_calibration->show(draft.calibration, QString::fromStdString(draft.dataPath), wantsCalibration(draft.axes));
    const QSignalBlocker quiet(m_samples);
    m_samples->setValue(static_cast<int>(std::min<std::int64_t>(draft.budget.samples, m_samples->maximum())));
    for (int i = 0; i < 3; ++i) {
        if (kEfforts[i].processes == draft.budget.processes) m_effort->setCurrentIndex(i);
    }
    m_session->setText(tr("Results are kept in %1").arg(m_work.sessionPath()));
    refreshGrid();
}

void SweepPage::refreshEngines() {
    for (AxisRow* row : m_axes) {
        if (row->path() != QStringLiteral("run.engine")) continue;
        for (const char* engine : {"cpu", "cuda", "onnxruntime"})
            row->setUnavailable(QString::fromLatin1(engine), m_work.devices().problem(engine));
    }
    refreshRun();
}

void SweepPage::refreshGrid() {
    const auto grid = m_work.sweep().grid();
    const DataTask& chosen = m_work.data();
    const bool withData = chosen.state() == DataTask::State::Ready;
    const std::int64_t all = withData ? chosen.info().samples : m_work.sweep().draft().budget.fidelitySamples;
    const std::int64_t asked = m_work.sweep().draft().budget.samples;
    const bool unscored = m_work.sweep().draft().randomWeights.has_value();
    const std::int64_t samples = unscored ? 0 : withData && asked > 0 ? std::min(asked, all) : all;
    const bool without = chosen.state() == DataTask::State::None;
    if (unscored) {
        m_quality->setValue(tr("Size of the weights"), tr("random ones are not scored"));
    } else {
        m_quality->setValue(withData ? metricTitle(chosen.info().metric) : without ? tr("Fidelity") : QString(),
                            chosen.decided() ? tr("on %1 samples").arg(samples) : tr("choose data first"));
    }
    QStringList skipped;
    if (grid) {
        const auto& timing = m_work.model().timing();
        double perSample = chosen.secondsPerSample();
        if (perSample <= 0 && timing && !timing->timings.trial.empty()) {
            perSample = base::median(timing->timings.trial) * 1e-3 / static_cast<double>(std::max<std::int64_t>(1, timing->batch));
        }
        const std::size_t leftOut = grid->skipped.size();
        m_trials->setValue(QString::number(grid->trials.size()), leftOut == 0   ? tr("the baseline included")
                                                                 : leftOut == 1 ? tr("1 combination left out")
                                                                                : tr("%1 combinations left out").arg(leftOut));
        m_duration->setValue(tr("about %1").arg(durationText(estimateSeconds(m_work.sweep().draft(), *grid, samples, perSample))));
        skipped = skippedLines(grid->skipped);
    } else {
        m_trials->setValue({});
        m_duration->setValue({});
    }
    m_skippedTitle->setText(tr("Left out, and why"));
    m_skippedTitle->setVisible(!skipped.isEmpty());
    m_skipped->setVisible(!skipped.isEmpty());
    m_skipped->setPlainText(skipped.join('\n'));
    refreshRun();
}

void SweepPage::refreshRun() {
    const bool running = m_work.sweep().running();
    const QString problem = running ? QString() : m_work.runProblem();
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty() && m_work.model().loaded());
    m_run->setEnabled(!running && problem.isEmpty());
    m_run->setToolTip(problem);
    m_run->setVisible(m_work.model().loaded() || !m_work.recording().isEmpty());
    m_cancel->setVisible(running);
}

}  // namespace trimtab::gui
