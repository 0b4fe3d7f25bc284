// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/welcome/welcome_page.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLocale>
#include <QVBoxLayout>

#include "app/gui/models/recordings.h"
#include "app/gui/models/samples.h"
#include "app/gui/settings/settings.h"
#include "app/gui/shell/workspace.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/column_scroll.h"
#include "app/gui/views/common/labels.h"
#include "app/gui/views/welcome/drop_zone.h"
#include "app/gui/views/welcome/link_card.h"

namespace trimtab::gui {

WelcomePage::WelcomePage(const PageContext& context, QWidget* parent)
    : Page(QStringLiteral("welcome"), tr("Make a network faster, and see what it costs"), parent), m_context(context) {
    setSubtitle(
        tr("Open a model, choose what to try, and read off which configuration is faster, by how much, and what it does to accuracy."));
    m_drop = new DropZone(context.theme);
    connect(m_drop, &DropZone::openRequested, this, &WelcomePage::openRequested);
    content()->addWidget(m_drop);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(kPageMargin);
    columns->addWidget(makeSamples(), 1);
    auto* recent = new QWidget;
    auto* recentLayout = new QVBoxLayout(recent);
    recentLayout->setContentsMargins(0, 0, 0, 0);
    recentLayout->setSpacing(kGap);
    addRecordings(*recentLayout);
    recentLayout->addWidget(makeLabel(tr("Recent"), "heading"));
    m_recent = new QVBoxLayout;
    m_recent->setSpacing(kGap);
    recentLayout->addLayout(m_recent);
    recentLayout->addStretch();
    columns->addWidget(recent, 1);
    auto* inner = new QWidget;
    inner->setLayout(columns);
    columns->setContentsMargins(0, 0, 0, 0);
    content()->addWidget(new ColumnScroll(inner), 1);
    content()->addWidget(makeSteps());
    connect(&context.settings, &Settings::changed, this, [this](Setting setting) {
        if (setting == Setting::RecentFiles) refreshRecent();
    });
    refreshRecent();
}

QWidget* WelcomePage::makeSteps() {
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kWideGap);
    const std::pair<QString, QString> steps[] = {
        {tr("1  Model"), tr("See its layers, and where operations, bytes and time are.")},
        {tr("2  Data"), tr("Say what quality is measured on, or go on without.")},
        {tr("3  Sweep"), tr("Choose bits, pruning and types; every combination is run.")},
        {tr("4  Results"), tr("Read the front, click a point, export the model.")}};
    for (const auto& [title, text] : steps) {
        auto* card = makeCard();
        auto* words = new QVBoxLayout(card);
        words->setContentsMargins(kWideGap, 12, kWideGap, 12);
        words->setSpacing(2);
        words->addWidget(makeLabel(title, "heading"));
        words->addWidget(makeLabel(text, "muted"), 1, Qt::AlignTop);
        layout->addWidget(card, 1);
    }
    return row;
}

QWidget* WelcomePage::makeSamples() {
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGap);
    layout->addWidget(makeLabel(tr("Try a sample"), "heading"));
    const std::vector<Sample> samples = findSamples(QCoreApplication::applicationDirPath());
    for (const Sample& sample : samples) {
        auto* card =
            new LinkCard(m_context.theme, QStringLiteral("welcome.sample.") + sample.name, sample.icon, sample.title, sample.description);
        connect(card, &LinkCard::pressed, this, [this, sample] { m_context.workspace.openSample(sample.model, sample.data); });
        layout->addWidget(card);
    }
    if (samples.empty()) layout->addWidget(makeLabel(tr("The samples are not installed here. Open a model of your own."), "muted"));
    layout->addStretch();
    return box;
}

void WelcomePage::addRecordings(QVBoxLayout& layout) {
    const std::vector<RecordedSession> recordings = findRecordings(QCoreApplication::applicationDirPath());
    if (recordings.empty()) return;
    layout.addWidget(makeLabel(tr("Look at a recording"), "heading"));
    for (const RecordedSession& recording : recordings) {
        const QString name = QStringLiteral("welcome.recorded.") + QFileInfo(recording.path).completeBaseName();
        auto* card = new LinkCard(m_context.theme, name, QStringLiteral("clock"), recording.title, recording.description);
        card->setToolTip(recording.path);
        connect(card, &LinkCard::pressed, this, [this, path = recording.path] { m_context.workspace.open(path); });
        layout.addWidget(card);
    }
    layout.addSpacing(kGap);
}

void WelcomePage::refreshRecent() {
    while (QLayoutItem* item = m_recent->takeAt(0)) {
        if (item->widget()) item->widget()->deleteLater();
        delete item;
    }
    const QStringList files = m_context.settings.value(Setting::RecentFiles).toStringList();
    int index = 0;
    for (const QString& path : files) {
        const QFileInfo file(path);
        if (!file.exists()) continue;
        const bool session = file.suffix() == QLatin1String("trimtab");
        const QString when = QLocale().toString(file.lastModified(), QLocale::ShortFormat);
        auto* card = new LinkCard(m_context.theme, QStringLiteral("welcome.recent.%1").arg(index++),
                                  session ? QStringLiteral("results") : QStringLiteral("model"), file.fileName(),
                                  (session ? tr("Session, %1") : tr("Model, %1")).arg(when));
        card->setToolTip(path);
        connect(card, &LinkCard::pressed, this, [this, path] { m_context.workspace.open(path); });
        m_recent->addWidget(card);
    }
    if (index == 0) m_recent->addWidget(makeLabel(tr("Models and sessions you open appear here."), "muted"));
}

}  // namespace trimtab::gui
