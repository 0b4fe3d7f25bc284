// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/welcome/drop_zone.h"

#include <QHBoxLayout>
#include <QStyle>
#include <QVBoxLayout>

#include "app/gui/theme/icons.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

DropZone::DropZone(const Theme& theme, QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("welcome.drop"));
    setProperty("card", "drop");
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(kPageMargin, kPageMargin, kPageMargin, kPageMargin);
    layout->setSpacing(kPageMargin);
    auto* icon = new QLabel;
    auto* words = new QVBoxLayout;
    words->setSpacing(kHalfGap);
    words->addStretch();
    words->addWidget(makeLabel(tr("Drop a model or a session here"), "heading"));
    words->addWidget(
        makeLabel(tr("A model is an .onnx or .gguf file or a Hugging Face folder. A session is a .trimtab file with studies you have run."),
                  "muted"));
    words->addStretch();
    auto* open = makeButton(QStringLiteral("welcome.open"), tr("Open file…"), "primary");
    layout->addWidget(icon);
    layout->addLayout(words, 1);
    layout->addWidget(open);
    setMinimumHeight(112);
    connect(open, &QPushButton::clicked, this, &DropZone::openRequested);
    const auto paint = [this, icon, &theme] {
        icon->setPixmap(iconPixmap(QStringLiteral("drop"), theme.palette().accent, 48, devicePixelRatioF()));
    };
    connect(&theme, &Theme::changed, this, paint);
    paint();
}

void DropZone::setOver(bool over) {
    setProperty("over", over);
    style()->unpolish(this);
    style()->polish(this);
}

}  // namespace trimtab::gui
