// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/storage_table_model.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "app/gui/models/roles.h"
#include "app/gui/models/text.h"

namespace trimtab::gui {

namespace {

using Column = StorageTableModel::Column;
const QString kNone = QStringLiteral("–");

bool isText(Column column) { return column == Column::Layer || column == Column::Format || column == Column::Smallest; }

/// The form's name; where it has an extent ("bsr 4x4") that stands behind it.
std::string_view formOf(Column column) {
    switch (column) {
        case Column::Csr: return "csr";
        case Column::Coo: return "coo";
        case Column::Bsr: return "bsr";
        case Column::Bitmap: return "bitmap";
        case Column::Packed: return "packed";
        default: return {};
    }
}

std::optional<double> bytesIn(const ipc::CompressAnswer::Layer& layer, std::string_view form) {
    const auto isForm = [form](const auto& entry) { return std::string_view(entry.first).substr(0, entry.first.find(' ')) == form; };
    const auto found = std::ranges::find_if(layer.forms, isForm);
    return found == layer.forms.end() ? std::nullopt : std::optional(static_cast<double>(found->second));
}

/// Nothing where it is not known.
std::optional<double> figure(const ipc::CompressAnswer::Layer& layer, const ipc::ChannelRow* channels, Column column) {
    switch (column) {
        case Column::Density: return layer.density;
        case Column::Before: return static_cast<double>(layer.originalBytes);
        case Column::After: return static_cast<double>(layer.storedBytes);
        case Column::Sqnr: return layer.sqnrDb >= 0 ? std::optional(layer.sqnrDb) : std::nullopt;
        case Column::Outliers: return channels ? std::optional(static_cast<double>(channels->outliers)) : std::nullopt;
        case Column::TimesMedian: return channels ? std::optional(channels->timesMedian) : std::nullopt;
        case Column::Kurtosis: return channels ? std::optional(channels->kurtosis) : std::nullopt;
        default: return bytesIn(layer, formOf(column));
    }
}

QString smallest(const ipc::CompressAnswer::Layer& layer) {
    const auto found = std::ranges::min_element(layer.forms, {}, [](const auto& entry) { return entry.second; });
    return found == layer.forms.end() ? QString() : QString::fromStdString(found->first);
}

}  // namespace

StorageTableModel::StorageTableModel(QObject* parent) : QAbstractTableModel(parent) {}

void StorageTableModel::setReport(Report report) {
    if (report == m_report) return;
    beginResetModel();
    m_report = std::move(report);
    m_rows.clear();
    if (m_report) {
        for (const auto& layer : m_report->layers) {
            const auto channels = std::ranges::find(m_report->channels, layer.node, &ipc::ChannelRow::node);
            m_rows.push_back({&layer, channels == m_report->channels.end() ? nullptr : &*channels});
        }
    }
    endResetModel();
}

bool StorageTableModel::says(Column column) const {
    return std::ranges::any_of(m_rows, [this, column](const Row& row) {
        return isText(column) ? !text(row, column).isEmpty() : figure(*row.layer, row.channels, column).has_value();
    });
}

int StorageTableModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }
int StorageTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : kColumns; }

QVariant StorageTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || !m_report) return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    const auto column = static_cast<Column>(index.column());
    switch (role) {
        case Qt::DisplayRole: return text(row, column);
        case Qt::ToolTipRole: return column == Layer ? QString::fromStdString(row.layer->node) : text(row, column);
        case Qt::TextAlignmentRole: return QVariant::fromValue((isText(column) ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
        case SortRole:
            return isText(column) ? QVariant(text(row, column)) : QVariant(figure(*row.layer, row.channels, column).value_or(-1));
        default: return {};
    }
}

QString StorageTableModel::text(const Row& row, Column column) const {
    const ipc::CompressAnswer::Layer& layer = *row.layer;
    if (column == Layer) return QString::fromStdString(layer.node);
    if (column == Smallest) return smallest(layer);
    if (column == Format) {
        const QString format = QString::fromStdString(layer.format);
        const bool sayBits = layer.format == "int";  // the others' names hold them
        return (sayBits ? format + QString::number(layer.bits) : format) +
               (layer.group > 0 ? tr(", groups of %1").arg(layer.group) : QString());
    }
    const auto value = figure(layer, row.channels, column);
    if (!value) return kNone;
    switch (column) {
        case Density: return percentText(*value, 1);
        case Sqnr: return tr("%1 dB").arg(*value, 0, 'f', 1);
        case Outliers: return tr("%1 of %2").arg(row.channels->outliers).arg(row.channels->channels);
        case TimesMedian: return std::isfinite(*value) ? QStringLiteral("%1×").arg(*value, 0, 'f', 1) : QStringLiteral("∞");
        case Kurtosis: return QString::number(*value, 'g', 3);
        default: return bytesText(*value);
    }
}

QVariant StorageTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    const auto column = static_cast<Column>(section);
    if (role == Qt::TextAlignmentRole) return QVariant::fromValue((isText(column) ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        if (column == After) return tr("As the written file holds it: the dense form, zeros included");
        if (column == Outliers)
            return tr("Channels of the layer's input whose largest magnitude exceeds 6 times the median of the channels' largest");
        if (column == TimesMedian) return tr("The largest magnitude of the layer's input over the median of the channels' largest");
        if (column == Kurtosis) return tr("Of all values of the layer's input; 3 where they are normally distributed");
        return formOf(column).empty() ? QVariant() : QVariant(tr("What the zeros would take in this form"));
    }
    if (role != Qt::DisplayRole) return {};
    static const char* const kTitles[kColumns] = {
        QT_TR_NOOP("Layer"), QT_TR_NOOP("Format"), QT_TR_NOOP("Non-zero"), QT_TR_NOOP("Before"), QT_TR_NOOP("After"), QT_TR_NOOP("SQNR"),
        QT_TR_NOOP("CSR"), QT_TR_NOOP("COO"), QT_TR_NOOP("BSR"), QT_TR_NOOP("Bitmap"), QT_TR_NOOP("Packed N:M"),
        QT_TR_NOOP("Smallest form"), QT_TR_NOOP("Outlier channels"), QT_TR_NOOP("Largest / median"), QT_TR_NOOP("Kurtosis")};
    return tr(kTitles[section]);
}

}  // namespace trimtab::gui
