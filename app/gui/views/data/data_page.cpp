// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/data/data_page.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/gui/models/text.h"
#include "app/gui/settings/settings.h"
#include "app/gui/shell/file_prompt.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/column_scroll.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

namespace {

QVBoxLayout* cardLayout(QFrame* card) {
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(kPageMargin, kWideGap, kPageMargin, kWideGap);
    layout->setSpacing(kGap);
    return layout;
}

}  // namespace

DataPage::DataPage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("data"), tr("Data"), parent), m_context(context), m_data(context.workspace.data()) {
    setSubtitle(tr("What quality is measured on. Without data it is agreement with the unchanged model, called fidelity."));
    m_next = makeButton(QStringLiteral("data.next"), tr("Next: Sweep"), "primary");
    actions()->addWidget(m_next);
    connect(m_next, &QPushButton::clicked, this, [this] { emit goTo(QStringLiteral("sweep")); });
    auto* body = new QWidget;
    auto* layout = new QVBoxLayout(body);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kWideGap);
    layout->addWidget(makeChoices());
    m_state = makeLabel({}, "");
    m_state->setObjectName(QStringLiteral("data.state"));
    layout->addWidget(m_state);
    layout->addWidget(makePreview());
    layout->addWidget(makeScore());
    layout->addStretch();
    content()->addWidget(new ColumnScroll(body), 1);
    connect(&m_data, &DataTask::stateChanged, this, &DataPage::refresh);
    connect(&m_data, &DataTask::scoreChanged, this, &DataPage::refreshScore);
    connect(&m_data, &DataTask::scoringProgressed, this, [this](double share, const QString& what) {
        m_progress->setValue(static_cast<int>(share * 1000));
        m_scoreText->setText(what);
    });
    connect(&context.workspace.model(), &ModelTask::stateChanged, this, &DataPage::refresh);
    connect(&context.workspace.results(), &ResultsTask::snapshotChanged, this, &DataPage::refresh);
    connect(&context.workspace.sweep(), &SweepTask::runningChanged, this, &DataPage::refreshScore);
    refresh();
}

QWidget* DataPage::makeChoices() {
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kWideGap);
    auto* have = makeCard();
    auto* haveLayout = cardLayout(have);
    haveLayout->addWidget(makeLabel(tr("I have data with answers"), "heading"));
    haveLayout->addWidget(makeLabel(tr("A folder with dataset.json or with a folder of pictures or .wav clips for each class, an .npz with "
                                       "arrays named like the inputs, a .npy of token ids, a .csv, or a .txt for a language "
                                       "model that has its tokenizer beside it."),
                                    "muted"));
    haveLayout->addStretch();
    auto* buttons = new QHBoxLayout;
    m_folder = makeButton(QStringLiteral("data.folder"), tr("Choose folder…"));
    m_file = makeButton(QStringLiteral("data.file"), tr("Choose file…"));
    buttons->addWidget(m_folder);
    buttons->addWidget(m_file);
    buttons->addStretch();
    haveLayout->addLayout(buttons);
    auto* none = makeCard();
    auto* noneLayout = cardLayout(none);
    noneLayout->addWidget(makeLabel(tr("I have none at hand"), "heading"));
    noneLayout->addWidget(makeLabel(tr("Inputs are drawn from a seed, and each configuration is compared with the unchanged model on them. "
                                       "That shows where quality breaks, but it is not accuracy."), "muted"));
    noneLayout->addStretch();
    m_without = makeButton(QStringLiteral("data.without"), tr("Go on without data"));
    noneLayout->addWidget(m_without, 0, Qt::AlignLeft);
    layout->addWidget(have, 1);
    layout->addWidget(none, 1);
    connect(m_folder, &QPushButton::clicked, this, [this] { choose(true); });
    connect(m_file, &QPushButton::clicked, this, [this] { choose(false); });
    connect(m_without, &QPushButton::clicked, this, [this] {
        m_data.goWithout();
        if (m_context.workspace.model().loaded()) emit goTo(QStringLiteral("sweep"));
    });
    return row;
}

QWidget* DataPage::makePreview() {
    m_previewCard = makeCard();
    auto* layout = cardLayout(m_previewCard);
    m_previewTitle = makeLabel({}, "heading");
    m_previewTitle->setObjectName(QStringLiteral("data.previewTitle"));
    m_previewText = makeLabel({}, "muted");
    m_previewText->setObjectName(QStringLiteral("data.preview"));
    m_previewText->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->addWidget(m_previewTitle);
    layout->addWidget(m_previewText);
    return m_previewCard;
}

QWidget* DataPage::makeScore() {
    m_scoreCard = makeCard();
    auto* layout = cardLayout(m_scoreCard);
    m_scoreTitle = makeLabel(tr("The model's own score on these data: is this what you expect?"), "heading");
    m_scoreValue = makeLabel({}, "value");
    m_scoreValue->setObjectName(QStringLiteral("data.score"));
    m_scoreText = makeLabel({}, "muted");
    m_scoreText->setObjectName(QStringLiteral("data.scoreText"));
    m_progress = new QProgressBar;
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    m_scoreButton = makeButton(QStringLiteral("data.scoreButton"), tr("Score the model"));
    layout->addWidget(m_scoreTitle);
    layout->addWidget(m_scoreValue);
    layout->addWidget(m_progress);
    layout->addWidget(m_scoreText);
    layout->addWidget(m_scoreButton, 0, Qt::AlignLeft);
    connect(m_scoreButton, &QPushButton::clicked, this, [this] { m_data.scoring() ? m_data.cancelScoring() : m_data.scoreReference(); });
    return m_scoreCard;
}

void DataPage::choose(bool folder) {
    FileQuestion question;
    question.kind = folder ? FileQuestion::Kind::OpenFolder : FileQuestion::Kind::OpenFile;
    question.title = tr("Choose data");
    question.filter = folder ? QString() : tr("Data (*.npz *.npy *.csv *.txt *.json);;All files (*)");
    question.suggestion = m_context.settings.value(Setting::LastFolder).toString();
    m_context.files.ask(this, question, [this](const QString& path) { m_data.choose(path); });
}

void DataPage::refresh() {
    const DataTask::State state = m_data.state();
    const QString unscored = m_context.workspace.answersProblem();
    for (QPushButton* button : {m_folder, m_file}) {
        button->setEnabled(unscored.isEmpty());
        button->setToolTip(unscored);
    }
    m_next->setVisible(m_data.decided() && m_context.workspace.model().loaded());
    m_previewCard->setVisible(state == DataTask::State::Ready);
    setTone(m_state, state == DataTask::State::Failed ? "bad" : "");
    switch (state) {
        case DataTask::State::Undecided: m_state->setText(tr("Nothing chosen yet. Choose one of the two to go on.")); break;
        case DataTask::State::None:
            m_state->setText(unscored.isEmpty() ? tr("Going on without data: the second axis is fidelity.")
                                                : unscored + ' ' + tr("Nothing is scored: the second axis is the size of the weights."));
            break;
        case DataTask::State::Loading: m_state->setText(tr("Reading %1…").arg(m_data.path())); break;
        case DataTask::State::Failed:
            m_state->setText(tr("%1 cannot be used. %2").arg(m_data.path(), QString::fromStdString(m_data.error().text())));
            break;
        case DataTask::State::Ready: {
            m_state->setText(m_data.path());
            const ipc::DatasetInfo& info = m_data.info();
            m_previewTitle->setText(
                tr("%1 · %2 samples · %3").arg(QString::fromStdString(info.name)).arg(info.samples).arg(metricTitle(info.metric)));
            QStringList lines;
            for (const std::string& line : info.preview) lines << QString::fromStdString(line);
            m_previewText->setText(lines.join('\n'));
            break;
        }
    }
    refreshScore();
}

void DataPage::refreshScore() {
    const bool ready = m_data.state() == DataTask::State::Ready && m_context.workspace.model().loaded();
    m_scoreCard->setVisible(ready);
    m_progress->setVisible(m_data.scoring());
    m_progress->setValue(0);
    m_scoreValue->setVisible(m_data.referenceScore().has_value());
    m_scoreButton->setText(m_data.scoring() ? tr("Cancel") : m_data.referenceScore() ? tr("Score again") : tr("Score the model"));
    m_scoreButton->setEnabled(!m_context.workspace.sweep().running());
    setTone(m_scoreText, m_data.scoreProblem().isEmpty() ? "" : "bad");
    if (!m_data.scoreProblem().isEmpty()) {
        m_scoreText->setText(m_data.scoreProblem());
    } else if (const auto& score = m_data.referenceScore()) {
        m_scoreValue->setText(QStringLiteral("%1  %2").arg(metricTitle(score->metric), metricText(score->metric, score->value)));
        m_scoreText->setText(
            tr("95 % interval %1, from %2 samples. If you expected another figure, the data or their preprocessing do not fit this model, "
               "and every result of a sweep would be off too.")
                .arg(metricIntervalText(*score))
                .arg(score->n));
    } else {
        m_scoreText->setText(m_data.scoring() ? tr("Running the unchanged model on every sample…") : tr("Not scored yet."));
    }
}

}  // namespace trimtab::gui
