// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/common/empty_state.h"

#include <algorithm>

#include <QVBoxLayout>

#include "app/gui/theme/icons.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

namespace {

constexpr int kIconSize = 56;
constexpr int kTextWidth = 440, kLeastWidth = 120;

}  // namespace

EmptyState::EmptyState(const Theme& theme, const QString& icon, const QString& buttonName, QWidget* parent) : QWidget(parent) {
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(kGap);
    layout->addStretch(2);
    m_icon = new QLabel;
    m_icon->setAlignment(Qt::AlignCenter);
    m_title = makeLabel({}, "heading");
    m_title->setAlignment(Qt::AlignCenter);
    m_text = makeLabel({}, "muted");
    m_text->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    m_button = makeButton(buttonName, {}, "primary");
    layout->addWidget(m_icon);
    layout->addWidget(m_title);
    layout->addWidget(m_text, 0, Qt::AlignHCenter);
    layout->addSpacing(kGap);
    layout->addWidget(m_button, 0, Qt::AlignHCenter);
    layout->addStretch(3);
    connect(m_button, &QPushButton::clicked, this, &EmptyState::pressed);
    const auto paint = [this, &theme, icon] { m_icon->setPixmap(iconPixmap(icon, theme.palette().muted, kIconSize, devicePixelRatioF())); };
    connect(&theme, &Theme::changed, this, paint);
    paint();
}

void EmptyState::setText(const QString& title, const QString& text, const QString& button) {
    m_title->setText(title);
    m_text->setText(text);
    fitText();
    m_button->setText(button);
    m_button->setVisible(!button.isEmpty());
}

void EmptyState::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fitText();
}

/// An aligned label is not asked by its layout how high it is at its width.
void EmptyState::fitText() {
    m_text->setFixedWidth(std::min(kTextWidth, std::max(kLeastWidth, contentsRect().width() - 2 * kWideGap)));
    m_text->setMinimumHeight(std::max(0, m_text->heightForWidth(m_text->width())));  // none of an empty text
}

QString EmptyState::text() const { return m_title->text() + '\n' + m_text->text(); }

}  // namespace trimtab::gui
