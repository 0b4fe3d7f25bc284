// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/generate/generate_page.h"

#include <algorithm>

#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/labels.h"
#include "app/gui/views/generate/text_pane.h"

namespace trimtab::gui {

namespace {

constexpr int kPromptLines = 3;
constexpr int kMostTokens = 4096;

}  // namespace

GeneratePage::GeneratePage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("generate"), tr("Text"), parent), m_context(context), m_task(context.workspace.generation()) {
    setSubtitle(
        tr("What a language model writes behind a prompt, as it is stored and under the configuration that is chosen on the "
           "Results page."));
    m_write = makeButton(QStringLiteral("generate.write"), tr("Write"), "primary");
    m_cancel = makeButton(QStringLiteral("generate.cancel"), tr("Cancel"));
    actions()->addWidget(m_write);
    actions()->addWidget(m_cancel);
    content()->addWidget(makeForm());
    content()->addWidget(makePanes(), 1);
    m_difference = makeLabel({}, "");
    m_difference->setObjectName(QStringLiteral("generate.difference"));
    content()->addWidget(m_difference);
    connect(m_write, &QPushButton::clicked, this, &GeneratePage::write);
    connect(m_cancel, &QPushButton::clicked, &m_task, &GenerateTask::cancel);
    connect(&m_task, &GenerateTask::changed, this, &GeneratePage::refresh);
    Workspace& work = context.workspace;
    connect(&work.model(), &ModelTask::stateChanged, this, &GeneratePage::refresh);
    connect(&work.results(), &ResultsTask::selectionChanged, this, &GeneratePage::refresh);
    connect(&work.results(), &ResultsTask::snapshotChanged, this, &GeneratePage::refresh);
    connect(&work.sweep(), &SweepTask::runningChanged, this, &GeneratePage::refresh);
    refresh();
}

QWidget* GeneratePage::makeForm() {
    auto* card = makeCard();
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(kWideGap, kWideGap, kWideGap, kWideGap);
    layout->setSpacing(kGap);
    m_prompt = new QPlainTextEdit;
    m_prompt->setObjectName(QStringLiteral("generate.prompt"));
    m_prompt->setTabChangesFocus(true);
    m_prompt->setFixedHeight(m_prompt->fontMetrics().lineSpacing() * kPromptLines + 2 * kGap);
    m_tokens = new QSpinBox;
    m_tokens->setObjectName(QStringLiteral("generate.tokens"));
    m_tokens->setRange(1, kMostTokens);
    m_tokens->setValue(64);
    m_temperature = new QDoubleSpinBox;
    m_temperature->setObjectName(QStringLiteral("generate.temperature"));
    m_temperature->setRange(0, 10);
    m_temperature->setSingleStep(0.1);
    m_temperature->setToolTip(tr("0 takes the likeliest token each time; more makes the text less certain."));
    m_seed = new QSpinBox;
    m_seed->setObjectName(QStringLiteral("generate.seed"));
    m_seed->setRange(1, 1'000'000);
    m_seed->setToolTip(tr("Draws the tokens where the temperature is not 0; both texts are drawn with the same."));
    auto* row = new QHBoxLayout;
    row->setSpacing(kGap);
    for (const auto& [text, box] : std::initializer_list<std::pair<QString, QWidget*>>{
             {tr("Tokens"), m_tokens}, {tr("Temperature"), m_temperature}, {tr("Seed"), m_seed}}) {
        auto* label = makeLabel(text, "muted");
        label->setWordWrap(false);
        label->setBuddy(box);
        row->addWidget(label);
        row->addWidget(box);
    }
    makeChat();
    row->addWidget(m_chat);
    m_note = makeLabel({}, "muted");
    m_note->setObjectName(QStringLiteral("generate.note"));
    row->addWidget(m_note, 1);
    layout->addWidget(m_system);
    layout->addWidget(m_prompt);
    layout->addLayout(row);
    connect(m_prompt, &QPlainTextEdit::textChanged, this, &GeneratePage::refresh);
    return card;
}

void GeneratePage::makeChat() {
    m_chat = makeButton(QStringLiteral("generate.chat"), tr("As a chat"), "chip");
    m_chat->setCheckable(true);
    m_system = new QLineEdit;
    m_system->setObjectName(QStringLiteral("generate.system"));
    m_system->setPlaceholderText(tr("The system's message before it, if there is to be one"));
    m_system->setClearButtonEnabled(true);
    connect(m_chat, &QPushButton::toggled, this, &GeneratePage::refresh);
}

QWidget* GeneratePage::makePanes() {
    auto* panes = new QWidget;
    auto* layout = new QHBoxLayout(panes);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kWideGap);
    m_stored = new TextPane(m_context.theme, QStringLiteral("generate.stored"));
    m_chosen = new TextPane(m_context.theme, QStringLiteral("generate.chosen"));
    layout->addWidget(m_stored, 1);
    layout->addWidget(m_chosen, 1);
    return panes;
}

const trial::TrialResult* GeneratePage::beside() const {
    const ResultsTask& results = m_context.workspace.results();
    const SnapshotPtr snapshot = results.snapshot();
    const trial::TrialResult* chosen = snapshot ? snapshot->result(results.selected()) : nullptr;
    if (!chosen || chosen->state == trial::State::Failed) return nullptr;
    const bool asStored = chosen->trial.recipe.isIdentity() && chosen->trial.variant.empty();
    return asStored ? nullptr : chosen;
}

bool GeneratePage::canChat() const {
    const ModelTask& model = m_context.workspace.model();
    return model.loaded() && model.info().chat;
}

QString GeneratePage::impossible() const {
    Workspace& work = m_context.workspace;
    if (!work.model().loaded())
        return tr("Open a language model first: a Hugging Face folder or an ONNX export with its tokenizer beside it.");
    if (work.sweep().running()) return work.runningText() + ' ' + tr("Writing now would disturb its timings.");
    if (m_prompt->toPlainText().isEmpty()) return tr("Say what to go on from.");
    return {};
}

ipc::GenerateRequest GeneratePage::request() const {
    ipc::GenerateRequest request;
    request.model.model = m_context.workspace.model().path().toStdString();
    request.model.randomWeights = m_context.workspace.model().randomWeights();
    request.model.setting.seed = static_cast<std::uint64_t>(m_seed->value());
    request.prompts = {m_prompt->toPlainText().toStdString()};
    request.chat = canChat() && m_chat->isChecked();
    if (request.chat) request.system = m_system->text().toStdString();
    request.tokens = m_tokens->value();
    request.temperature = m_temperature->value();
    return request;
}

void GeneratePage::write() {
    if (!impossible().isEmpty()) return;
    const ipc::GenerateRequest stored = request();
    std::optional<ipc::GenerateRequest> chosen;
    if (const trial::TrialResult* result = beside()) {
        chosen = stored;
        chosen->model.model = m_context.workspace.fileOf(result->trial).toStdString();
        chosen->model.recipe = result->trial.recipe;
        chosen->model.setting.engine = result->trial.setting.engine;
        chosen->model.setting.device = result->trial.setting.device;
        chosen->model.calibration = trial::calibrationOf(m_context.workspace.results().snapshot()->study);
        m_chosen->setTitle(QString::fromStdString(result->trial.label));
    }
    m_task.write(stored, chosen);
}

void GeneratePage::refresh() {
    m_stored->setTitle(m_context.workspace.subjectTitle());
    const QString why = impossible();
    const bool running = m_task.running();
    m_write->setVisible(!running);
    m_write->setEnabled(why.isEmpty());
    m_cancel->setVisible(running);
    m_chat->setEnabled(canChat());
    m_chat->setToolTip(canChat() ? tr("The prompt is a user's message, put into words by the model's own chat template.")
                                 : tr("Wants a model that comes with a chat template."));
    const bool chats = canChat() && m_chat->isChecked();
    m_system->setVisible(chats);
    m_prompt->setPlaceholderText(chats ? tr("A user's message") : tr("The text to go on from"));
    const trial::TrialResult* chosen = beside();
    m_note->setText(!why.isEmpty() ? why
                    : chosen       ? tr("Beside it: %1").arg(QString::fromStdString(chosen->trial.label))
                                   : tr("Choose a configuration on the Results page to have its text beside this one."));
    refreshTexts();
}

void GeneratePage::refreshTexts() {
    const GenerateTask::Written& stored = m_task.written(GenerateTask::Stored);
    const GenerateTask::Written& chosen = m_task.written(GenerateTask::Chosen);
    m_stored->setWritten(stored);
    m_chosen->setWritten(chosen);
    m_chosen->setVisible(chosen.wanted);
    const bool both = stored.answer && chosen.answer;
    m_difference->setVisible(both);
    const auto token = m_task.firstDifference();
    qsizetype same = -1;
    if (token) same = std::ranges::mismatch(stored.text, chosen.text).in2 - chosen.text.begin();
    m_chosen->markFrom(same);
    if (both)
        m_difference->setText(token ? tr("The texts part at token %1.").arg(*token + 1)
                                    : tr("Both texts are the same %1 tokens.").arg(stored.answer->texts.front().tokens.size()));
}

}  // namespace trimtab::gui
