// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/sensitivity/sensitivity_page.h"

#include <QComboBox>
#include <QLabel>
#include <QProgressBar>
#include <QStackedLayout>
#include <QVBoxLayout>

#include "app/gui/charts/heat_map.h"
#include "app/gui/models/text.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/empty_state.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

namespace {

enum Card { kEmptyCard, kProgressCard, kResultCard };
constexpr HeatFigure kFigures[] = {HeatFigure::Loss, HeatFigure::Time, HeatFigure::Bytes};

}  // namespace

SensitivityPage::SensitivityPage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("sensitivity"), tr("Sensitivity"), parent),
      m_context(context),
      m_work(context.workspace),
      m_task(context.workspace.sensitivity()) {
    m_figure = new QComboBox;
    m_figure->setObjectName(QStringLiteral("sensitivity.figure"));
    m_figure->addItems({tr("Loss"), tr("Time saved"), tr("Bytes saved")});
    m_figure->setToolTip(tr("What the colours stand for"));
    m_again = makeButton(QStringLiteral("sensitivity.again"), tr("Measure again"));
    actions()->addWidget(m_figure);
    actions()->addWidget(m_again);
    m_empty = new EmptyState(context.theme, QStringLiteral("heat"), QStringLiteral("sensitivity.measure"));
    m_stack = new QStackedLayout;
    content()->addLayout(m_stack, 1);  // first: a stack without a window shows its first page as one
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeProgress());
    m_stack->addWidget(makeResult());
    connectTasks();
    refresh();
}

QWidget* SensitivityPage::makeProgress() {
    auto* page = new QWidget;
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, kWideGap, 0, 0);
    layout->setSpacing(kGap);
    layout->addWidget(makeLabel(tr("Giving each option to each layer alone"), "heading"));
    m_progressText = makeLabel({}, "muted");
    m_progress = new QProgressBar;
    m_progress->setObjectName(QStringLiteral("sensitivity.progress"));
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    auto* cancel = makeButton(QStringLiteral("sensitivity.cancel"), tr("Cancel"));
    layout->addWidget(m_progressText);
    layout->addWidget(m_progress);
    layout->addWidget(cancel, 0, Qt::AlignLeft);
    layout->addStretch();
    connect(cancel, &QPushButton::clicked, &m_task, &SensitivityTask::cancel);
    return page;
}

QWidget* SensitivityPage::makeResult() {
    auto* card = makeCard();
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(kWideGap, kGap, kWideGap, kGap);
    layout->setSpacing(kGap);
    m_map = new HeatMap(m_context.theme);
    m_map->setObjectName(QStringLiteral("sensitivity.map"));
    m_cell = makeLabel({}, "muted");
    m_cell->setObjectName(QStringLiteral("sensitivity.cell"));
    m_cell->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_cell->setMinimumHeight(2 * m_cell->fontMetrics().lineSpacing());  // the map stays where it is while cells are chosen
    layout->addWidget(m_map, 1);
    layout->addWidget(m_cell);
    return card;
}

void SensitivityPage::connectTasks() {
    connect(m_figure, &QComboBox::activated, this, [this](int index) { m_map->setFigure(kFigures[index]); });
    connect(m_again, &QPushButton::clicked, this, [this] { m_task.measure(m_work.sweep().draft()); });
    connect(m_empty, &EmptyState::pressed, this, &SensitivityPage::press);
    connect(m_map, &HeatMap::placeChosen, this, &SensitivityPage::showCell);
    connect(&m_task, &SensitivityTask::changed, this, &SensitivityPage::refresh);
    connect(&m_task, &SensitivityTask::progressed, this, [this](double share, const QString& what) {
        m_progress->setValue(static_cast<int>(share * 1000));
        m_progressText->setText(what);
    });
    connect(&m_work.model(), &ModelTask::stateChanged, this, &SensitivityPage::refresh);
    connect(&m_work.data(), &DataTask::stateChanged, this, &SensitivityPage::refresh);
    connect(&m_work.sweep(), &SweepTask::runningChanged, this, &SensitivityPage::refresh);
}

QString SensitivityPage::problem() const {
    if (m_work.sweep().running()) return tr("The sweep is running; measuring now would disturb its timings.");
    if (!m_work.data().decided()) return tr("Choose data, or go on without, on the Data page.");
    return {};
}

void SensitivityPage::refresh() {
    const auto& table = m_task.table();
    const bool known = table && !m_task.running();
    if (!m_task.running()) {
        m_progress->setValue(0);
        m_progressText->setText(tr("Starting…"));
    }
    m_figure->setVisible(known);
    m_again->setVisible(known);
    m_again->setEnabled(problem().isEmpty());
    m_again->setToolTip(problem());
    m_stack->setCurrentIndex(m_task.running() ? kProgressCard : known ? kResultCard : kEmptyCard);
    if (known) {
        m_map->setSnapshot(heatSnapshotOf(*table));
        setSubtitle(tr("%1 %2 as the model is, on %3 samples. One option at a time, one layer at a time; what several cost together does "
                       "not simply add up.")
                        .arg(metricTitle(table->metric), metricText(table->metric, table->baseline))
                        .arg(table->samples));
        showCell();
        return;
    }
    setSubtitle({});
    if (!m_work.model().loaded()) {
        m_empty->setText(tr("No model is open"), tr("Open a model first; then see here which of its layers can take what."),
                         tr("Open file…"));
    } else if (!problem().isEmpty()) {
        m_empty->setText(tr("Not now"), problem(), m_work.sweep().running() ? QString() : tr("Go to Data"));
    } else if (!m_task.problem().isEmpty()) {
        m_empty->setText(tr("The measurement failed"), m_task.problem(), tr("Try again"));
    } else {
        m_empty->setText(
            tr("Which layer can take what?"),
            tr("Press to give each usual option to one layer at a time: what it costs in quality, and what it saves in time and bytes."),
            tr("Measure"));
    }
}

void SensitivityPage::press() {
    if (!m_work.model().loaded()) emit openRequested();
    else if (problem().isEmpty()) m_task.measure(m_work.sweep().draft());
    else emit goTo(QStringLiteral("data"));
}

void SensitivityPage::showCell() {
    const auto place = m_map->current();
    m_cell->setText(place ? heatToolTip(*m_map->snapshot(), place->layer, place->option).replace('\n', QStringLiteral(" · "))
                          : tr("Click a cell to read all that is known of it."));
}

}  // namespace trimtab::gui
