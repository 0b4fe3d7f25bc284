// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Line icons of resources/icons, drawn in a colour of the palette and sharp at every scale.
#include <QColor>
#include <QPixmap>
#include <QString>

namespace trimtab::gui {

/// `size` in device-independent pixels. The drawing's black strokes become `colour`.
QPixmap iconPixmap(const QString& name, const QColor& colour, int size, qreal devicePixelRatio);

}  // namespace trimtab::gui
