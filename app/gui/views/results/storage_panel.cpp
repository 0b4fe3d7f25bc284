// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/results/storage_panel.h"

#include <QProgressBar>
#include <QStackedLayout>
#include <QVBoxLayout>

#include "app/gui/models/storage_table_model.h"
#include "app/gui/models/table_filter.h"
#include "app/gui/models/text.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/data_table.h"
#include "app/gui/views/common/empty_state.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

namespace {

enum Card { kEmptyCard, kProgressCard, kResultCard };

/// A line for each group of units that a recipe means and that stays, with its reason.
QStringList leftAloneLines(const ipc::CompressAnswer& report) {
    QStringList lines;
    for (const auto& units : report.leftAlone)
        lines << StoragePanel::tr("units of %1 stay: %2").arg(QString::fromStdString(units.layer), QString::fromStdString(units.reason));
    return lines;
}

}  // namespace

StoragePanel::StoragePanel(const PageContext& context, QWidget* parent)
    : QWidget(parent), m_work(context.workspace), m_task(context.workspace.storage()) {
    setObjectName(QStringLiteral("storage"));
    m_stack = new QStackedLayout(this);
    m_empty = new EmptyState(context.theme, QStringLiteral("model"), QStringLiteral("storage.look"));
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeProgress());
    m_stack->addWidget(makeResult(context.theme));
    connect(m_empty, &EmptyState::pressed, this, &StoragePanel::look);
    connect(&m_task, &StorageTask::changed, this, &StoragePanel::refresh);
    connect(&m_task, &StorageTask::progressed, this, [this](double share, const QString& what) {
        m_progress->setValue(static_cast<int>(share * 1000));
        m_progressText->setText(what);
    });
    connect(&m_work.results(), &ResultsTask::selectionChanged, this, &StoragePanel::refresh);
    connect(&m_work.results(), &ResultsTask::snapshotChanged, this, &StoragePanel::refresh);
    connect(&m_work.sweep(), &SweepTask::runningChanged, this, &StoragePanel::refresh);
    connect(&m_work.model(), &ModelTask::stateChanged, this, &StoragePanel::refresh);
    refresh();
}

QWidget* StoragePanel::makeProgress() {
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(kWideGap, kWideGap, kWideGap, kWideGap);
    layout->setSpacing(kGap);
    layout->addWidget(makeLabel(tr("Compressing the model once more"), "heading"));
    m_progressText = makeLabel({}, "muted");
    m_progress = new QProgressBar;
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    auto* cancel = makeButton(QStringLiteral("storage.cancel"), tr("Cancel"));
    layout->addWidget(m_progressText);
    layout->addWidget(m_progress);
    layout->addWidget(cancel, 0, Qt::AlignLeft);
    layout->addStretch();
    connect(cancel, &QPushButton::clicked, &m_task, &StorageTask::cancel);
    return page;
}

QWidget* StoragePanel::makeResult(const Theme& theme) {
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, kHalfGap, 0, 0);
    layout->setSpacing(kHalfGap);
    m_layers = new StorageTableModel(this);
    m_rows = new TableFilter(this);
    m_rows->setSourceModel(m_layers);
    m_table = new DataTable(theme, QStringLiteral("storage.table"));
    m_table->setModel(m_rows);
    m_table->sortByColumn(-1, Qt::AscendingOrder);
    m_summary = makeLabel({}, "small");
    m_summary->setObjectName(QStringLiteral("storage.summary"));
    m_leftAlone = makeLabel({}, "small");
    m_leftAlone->setObjectName(QStringLiteral("storage.leftAlone"));
    layout->addWidget(m_table, 1);
    layout->addWidget(m_leftAlone);
    layout->addWidget(m_summary);
    return page;
}

const trial::TrialResult* StoragePanel::chosen() const {
    const SnapshotPtr snapshot = m_work.results().snapshot();
    return snapshot ? snapshot->result(m_work.results().selected()) : nullptr;
}

QString StoragePanel::impossible() const {
    const trial::TrialResult* result = chosen();
    if (!result) return tr("Click a point or a row first.");
    if (result->state == trial::State::Failed) return tr("This configuration failed.");
    if (const QString why = m_work.answersProblem(); !why.isEmpty()) return why;
    if (m_work.sweep().running()) return m_work.runningText() + ' ' + tr("Compressing now would disturb its timings.");
    if (!m_work.model().loaded()) return tr("The model file of this session is not open, so there is nothing to compress.");
    return {};
}

void StoragePanel::refresh() {
    const std::int64_t trial = m_work.results().selected();
    const StorageTask::Report report = m_task.report(trial);
    if (trial != 0 && m_task.running() == trial) {
        m_stack->setCurrentIndex(kProgressCard);
        return;
    }
    m_progress->setValue(0);
    m_progressText->setText(tr("Starting…"));
    if (report) {
        showReport(report);
        m_stack->setCurrentIndex(kResultCard);
        return;
    }
    const QString why = impossible();
    const QString failed = m_task.problem(trial);
    if (!why.isEmpty()) m_empty->setText(tr("Nothing to look at"), why, {});
    else if (!failed.isEmpty()) m_empty->setText(tr("That failed"), failed, tr("Try again"));
    else
        m_empty->setText(tr("How is each layer stored?"),
                         tr("Press to compress the model once more and see each layer's bytes, what its zeros take in each form, and how "
                            "unevenly the channels of its input are filled."),
                         tr("Look"));
    m_stack->setCurrentIndex(kEmptyCard);
}

void StoragePanel::showReport(const StorageTask::Report& report) {
    if (report == m_shown) return;
    m_shown = report;
    m_layers->setReport(report);
    for (int column = 0; column < StorageTableModel::kColumns; ++column)
        m_table->setColumnHidden(column, !m_layers->says(static_cast<StorageTableModel::Column>(column)));
    m_table->fitColumns();
    const auto size = [](auto bytes) { return bytesText(static_cast<double>(bytes)); };
    QStringList parts{tr("weights %1 instead of %2").arg(size(report->storedBytes), size(report->originalBytes))};
    parts << tr("the file holds %1 (%2)").arg(size(report->fileBytes), QString::fromStdString(report->form));
    if (const auto& cache = report->cache)
        parts << tr("%1 of keys and values a token instead of %2").arg(size(cache->perToken), size(cache->originalPerToken));
    if (!report->calibration.empty()) parts << QString::fromStdString(report->calibration);
    if (report->channels.empty()) parts << tr("inputs were not looked at, for there are no data");
    m_summary->setText(parts.join(QStringLiteral(" · ")));
    const QStringList stay = leftAloneLines(*report);
    m_leftAlone->setVisible(!stay.isEmpty());
    m_leftAlone->setText(stay.size() < 2 ? stay.value(0) : tr("%1 (and %2 more)").arg(stay.front()).arg(stay.size() - 1));
    m_leftAlone->setToolTip(stay.join('\n'));
}

void StoragePanel::look() {
    const trial::TrialResult* result = chosen();
    if (result && impossible().isEmpty()) m_task.look(m_work.results().snapshot()->study, *result, m_work.fileOf(result->trial));
}

void StoragePanel::setWords(const QString& filter) { m_rows->setWords(filter); }

}  // namespace trimtab::gui
