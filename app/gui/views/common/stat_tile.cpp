// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/common/stat_tile.h"

#include <QVBoxLayout>

#include "app/gui/theme/metrics.h"
#include "app/gui/views/common/labels.h"

namespace trimtab::gui {

StatTile::StatTile(const QString& name, QWidget* parent) : QFrame(parent) {
    setProperty("card", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(kWideGap, 12, kWideGap, 12);
    layout->setSpacing(2);
    m_name = makeLabel(name, "small");
    m_name->setWordWrap(false);
    m_value = makeLabel({}, "value");
    m_detail = makeLabel({}, "small");
    layout->addWidget(m_name);
    layout->addWidget(m_value);
    layout->addWidget(m_detail);
    layout->addStretch();
    setValue({});
}

void StatTile::setName(const QString& name) { m_name->setText(name); }

void StatTile::setValue(const QString& value, const QString& detail, const char* detailTone) {
    m_value->setText(value.isEmpty() ? QStringLiteral("–") : value);
    m_detail->setText(detail);
    m_detail->setVisible(!detail.isEmpty());
    setTone(m_detail, detailTone);
}

QString StatTile::value() const { return m_value->text(); }
QString StatTile::detail() const { return m_detail->text(); }

}  // namespace trimtab::gui
