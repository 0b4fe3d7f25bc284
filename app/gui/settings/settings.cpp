// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/settings/settings.h"

#include <QFileInfo>

namespace trimtab::gui {

namespace {

struct Row {
    Setting setting;
    const char* key;
    QMetaType::Type type;
    QVariant fallback;
};

const Row& row(Setting setting) {
    static const Row rows[] = {
        {Setting::WindowGeometry, "window/geometry", QMetaType::QByteArray, QByteArray()},
        {Setting::Theme, "window/theme", QMetaType::QString, QStringLiteral("system")},
        {Setting::RecentFiles, "files/recent", QMetaType::QStringList, QStringList()},
        {Setting::LastFolder, "files/lastFolder", QMetaType::QString, QString()},
        {Setting::ResultsSplit, "results/split", QMetaType::QByteArray, QByteArray()},
        {Setting::ResultsSideSplit, "results/sideSplit", QMetaType::QByteArray, QByteArray()},
        {Setting::ChartAxis, "results/axis", QMetaType::QString, QStringLiteral("latency_ms")},
        {Setting::ModelSymbols, "model/symbols", QMetaType::QVariantMap, QVariantMap()},
        {Setting::WorkerMemory, "worker/memory", QMetaType::LongLong, QVariant::fromValue<qlonglong>(0)},
    };
    return rows[static_cast<std::size_t>(setting)];
}

constexpr int kRecentFiles = 10;

}  // namespace

Settings::Settings(const QString& file, QObject* parent)
    : QObject(parent),
      m_store(file.isEmpty()
                  ? QSettings(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("trimtab"), QStringLiteral("trimtab")).fileName()
                  : file,
              QSettings::IniFormat) {}

QVariant Settings::value(Setting setting) const {
    const Row& entry = row(setting);
    QVariant value = m_store.value(QLatin1String(entry.key), entry.fallback);
    return value.convert(QMetaType(entry.type)) ? value : entry.fallback;
}

void Settings::set(Setting setting, const QVariant& value) {
    if (this->value(setting) == value) return;
    m_store.setValue(QLatin1String(row(setting).key), value);
    emit changed(setting);
}

void Settings::addRecentFile(const QString& path) {
    const QString absolute = QFileInfo(path).absoluteFilePath();
    QStringList files = value(Setting::RecentFiles).toStringList();
    files.removeAll(absolute);
    files.prepend(absolute);
    while (files.size() > kRecentFiles) files.removeLast();
    set(Setting::RecentFiles, files);
}

}  // namespace trimtab::gui
