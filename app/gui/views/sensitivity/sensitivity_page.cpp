// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/sensitivity/sensitivity_page.h"

#include <QComboBox>
#include <QLabel>
#include <QProgressBar>
#include <QStackedLayout>
#include <QVBoxLayout>

#include "app/gui/charts/heat_map.h"
#include "app/gui/models/mix_text.h"
#include "app/gui/models/text.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/column_scroll.h"
#include "app/gui/views/common/empty_state.h"
#include "app/gui/views/common/labels.h"
#include "app/gui/views/sensitivity/mix_card.h"
#include "app/gui/views/sensitivity/options_editor.h"

namespace trimtab::gui {

namespace {

enum Card { kEmptyCard, kOptionsCard, kProgressCard, kResultCard };
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
    m_choose = makeButton(QStringLiteral("sensitivity.choose"), tr("Options…"));
    m_choose->setToolTip(tr("What is tried on each layer"));
    m_again = makeButton(QStringLiteral("sensitivity.again"), tr("Measure again"));
    for (QWidget* widget : std::initializer_list<QWidget*>{m_figure, m_choose, m_again}) actions()->addWidget(widget);
    m_empty = new EmptyState(context.theme, QStringLiteral("heat"), QStringLiteral("sensitivity.next"));
    m_stack = new QStackedLayout;
    content()->addLayout(m_stack, 1);  // first: a stack without a window shows its first page as one
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeOptions());
    m_stack->addWidget(makeProgress());
    m_stack->addWidget(makeResult());
    connectTasks();
    connectMix();
    refreshOptions();
    refresh();
}

QWidget* SensitivityPage::makeOptions() {
    auto* inside = new QWidget;
    auto* layout = new QVBoxLayout(inside);
    layout->setContentsMargins(0, 0, kGap, 0);
    layout->setSpacing(kWideGap);
    m_failure = makeLabel({}, "");
    m_failure->setObjectName(QStringLiteral("sensitivity.failure"));
    setTone(m_failure, "bad");
    m_options = new OptionsEditor;
    auto* row = new QHBoxLayout;
    row->setSpacing(kGap);
    m_count = makeLabel({}, "muted");
    m_count->setObjectName(QStringLiteral("sensitivity.count"));
    m_back = makeButton(QStringLiteral("sensitivity.back"), tr("Back to the map"), "quiet");
    m_measure = makeButton(QStringLiteral("sensitivity.measure"), tr("Measure"), "primary");
    m_measure->setMinimumWidth(112);
    row->addWidget(m_count, 1);
    row->addWidget(m_back);
    row->addWidget(m_measure);
    layout->addWidget(m_failure);
    layout->addWidget(m_options);
    layout->addLayout(row);
    layout->addStretch();
    return new ColumnScroll(inside);
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
    auto* page = new QWidget;
    auto* cards = new QVBoxLayout(page);
    cards->setContentsMargins(0, 0, 0, 0);
    cards->setSpacing(kWideGap);
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
    m_mix = new MixCard;
    m_mix->setObjectName(QStringLiteral("mix"));
    cards->addWidget(card, 1);
    cards->addWidget(m_mix);
    return page;
}

void SensitivityPage::connectTasks() {
    connect(&m_work.results(), &ResultsTask::snapshotChanged, this, &SensitivityPage::refresh);
    const auto measure = [this] {
        m_choosing = false;
        m_task.measure(m_work.sweep().draft());
    };
    connect(m_figure, &QComboBox::activated, this, [this](int index) { m_map->setFigure(kFigures[index]); });
    connect(m_again, &QPushButton::clicked, this, measure);
    connect(m_measure, &QPushButton::clicked, this, measure);
    connect(m_choose, &QPushButton::clicked, this, [this] {
        m_choosing = true;
        refresh();
    });
    connect(m_back, &QPushButton::clicked, this, [this] {
        m_choosing = false;
        refresh();
    });
    connect(m_options, &OptionsEditor::changed, this, [this] { m_task.setOptions(m_options->options()); });
    connect(m_empty, &EmptyState::pressed, this, &SensitivityPage::press);
    connect(m_map, &HeatMap::placeChosen, this, &SensitivityPage::showCell);
    connect(&m_task, &SensitivityTask::changed, this, &SensitivityPage::refresh);
    connect(&m_task, &SensitivityTask::optionsChanged, this, &SensitivityPage::refreshOptions);
    connect(&m_task, &SensitivityTask::progressed, this, [this](double share, const QString& what) {
        m_progress->setValue(static_cast<int>(share * 1000));
        m_progressText->setText(what);
    });
    connect(&m_work.model(), &ModelTask::stateChanged, this, &SensitivityPage::refresh);
    connect(&m_work.data(), &DataTask::stateChanged, this, &SensitivityPage::refresh);
    connect(&m_work.sweep(), &SweepTask::runningChanged, this, &SensitivityPage::refresh);
}

void SensitivityPage::connectMix() {
    connect(m_mix, &MixCard::wanted, &m_work, &Workspace::findMix);
    connect(m_mix, &MixCard::cancelled, &m_work.sweep(), &SweepTask::cancel);
    connect(m_mix, &MixCard::showRequested, this, &SensitivityPage::showMix);
    connect(&m_work, &Workspace::draftChanged, this, &SensitivityPage::refreshMix);
    connect(&m_work.devices(), &DevicesTask::changed, this, &SensitivityPage::refreshMix);
}

QString SensitivityPage::problem() const {
    if (m_work.sweep().running()) return m_work.runningText() + ' ' + tr("Measuring now would disturb its timings.");
    if (const QString why = m_work.answersProblem(); !why.isEmpty()) return why;
    if (!m_work.data().decided()) return tr("Choose data, or go on without, on the Data page.");
    return {};
}

int SensitivityPage::card() const {
    if (m_task.running()) return kProgressCard;
    const bool possible = m_work.model().loaded() && problem().isEmpty();
    if (m_task.table()) return m_choosing && possible ? kOptionsCard : kResultCard;
    return possible ? kOptionsCard : kEmptyCard;
}

void SensitivityPage::refresh() {
    if (!m_task.running()) {
        m_progress->setValue(0);
        m_progressText->setText(tr("Starting…"));
    }
    const int top = card();
    const bool known = top == kResultCard;
    for (QWidget* widget : std::initializer_list<QWidget*>{m_figure, m_choose, m_again}) widget->setVisible(known);
    const QString why = m_work.model().loaded() ? problem() : tr("The model of this session is not open.");
    for (QPushButton* button : {m_choose, m_again}) {
        button->setEnabled(why.isEmpty());
        button->setToolTip(why);
    }
    m_back->setVisible(m_task.table() != nullptr);
    m_failure->setText(m_task.problem().isEmpty() ? QString() : tr("The measurement failed. %1").arg(m_task.problem()));
    m_failure->setVisible(!m_task.problem().isEmpty());
    setSubtitle(top != kOptionsCard
                    ? QString()
                    : tr("Which layer can take what? Each option is given to one layer at a time: what it costs in quality, "
                         "and what it saves in time and bytes."));
    if (known) showTable();
    if (top == kEmptyCard) refreshEmpty();
    refreshMix();
    m_stack->setCurrentIndex(top);
}

void SensitivityPage::showTable() {
    const SensitivityTask::Table& table = m_task.table();
    setSubtitle(tr("%1 %2 as the model is, on %3 samples. One option at a time, one layer at a time; what several cost together does "
                   "not simply add up.")
                    .arg(metricTitle(table->metric), metricText(table->metric, table->baseline))
                    .arg(table->samples));
    if (m_shown == table) return;
    m_shown = table;
    m_map->setSnapshot(heatSnapshotOf(*table));
    m_mix->setTable(*table);
    showCell();
}

void SensitivityPage::refreshEmpty() {
    if (!m_work.model().loaded()) {
        m_empty->setText(tr("No model is open"), tr("Open a model first; then see here which of its layers can take what."),
                         tr("Open file…"));
    } else {
        m_empty->setText(tr("Not now"), problem(), m_work.sweep().running() ? QString() : tr("Go to Data"));
    }
}

void SensitivityPage::refreshOptions() {
    m_options->setOptions(m_task.options());
    const std::size_t count = m_task.options().size();
    m_measure->setEnabled(count > 0);
    m_count->setText(count == 0
                         ? tr("Switch on at least one option.")
                         : tr("%1 options. Each costs about half a run of the model over the samples for each layer; units that leave, a "
                              "whole one.")
                               .arg(count));
}

void SensitivityPage::refreshMix() {
    const SweepTask& runs = m_work.sweep();
    const bool running = runs.running() && runs.isMix();
    m_mix->setState(running, running ? QString() : m_work.mixProblem());
    const auto& found = runs.foundMix();
    const bool mine = found && found->table == m_task.table();
    m_mix->setOutcome(mine ? mixSentence(found->outcome) : QString(), mine ? mixParts(*found->table, found->outcome) : QString(),
                      mine && found->outcome.best);
}

void SensitivityPage::showMix() {
    const auto& found = m_work.sweep().foundMix();
    if (!found || !found->outcome.best) return;
    const SnapshotPtr snapshot = m_work.results().snapshot();
    if (snapshot && snapshot->study.id == found->study) m_work.results().select(found->outcome.candidates[*found->outcome.best].result.id);
    else m_work.results().load(m_work.sweep().sessionPath(), found->study);
    emit goTo(QStringLiteral("results"));
}

void SensitivityPage::press() {
    if (!m_work.model().loaded()) emit openRequested();
    else emit goTo(QStringLiteral("data"));
}

void SensitivityPage::showCell() {
    const auto place = m_map->current();
    m_cell->setText(place ? heatToolTip(*m_map->snapshot(), place->layer, place->option).replace('\n', QStringLiteral(" · "))
                          : tr("Click a cell to read all that is known of it."));
}

}  // namespace trimtab::gui
