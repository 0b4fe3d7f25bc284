// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/gui/window_fixture.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QTest>

#include "app/gui/shell/message_bar.h"
#include "core/base/random.h"
#include "tests/support/model_builder.h"

namespace trimtab::gui_tests {

namespace {

constexpr int kInputs = 16, kHidden = 64, kClasses = 8, kSamples = 48;

std::vector<float> randomValues(int count, std::uint64_t seed) {
    base::Random random(seed);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(random.normal() * 0.3);
    return values;
}

Tensor randomMatrix(int rows, int columns, std::uint64_t seed) {
    return Tensor::fromFloats(Shape{rows, columns}, randomValues(rows * columns, seed));
}

/// NumPy's format 1.0: magic, header padded to 64 bytes, the elements in row order.
void writeNpy(const QString& path, const char* type, const QString& shape, const QByteArray& elements) {
    QByteArray header =
        QStringLiteral("{'descr': '%1', 'fortran_order': False, 'shape': (%2), }").arg(QLatin1String(type), shape).toLatin1();
    while ((10 + header.size() + 1) % 64 != 0) header += ' ';
    header += '\n';
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(QByteArray("\x93NUMPY\x01\x00", 8));
    const auto size = static_cast<quint16>(header.size());
    file.write(reinterpret_cast<const char*>(&size), 2);
    file.write(header);
    file.write(elements);
}

}  // namespace

WindowFixture::WindowFixture() { start(); }
WindowFixture::~WindowFixture() { stop(); }

void WindowFixture::start() {
    m_theme = std::make_unique<gui::Theme>(*qApp);
    m_theme->setParent(nullptr);
    m_settings = std::make_unique<gui::Settings>(folder() + QStringLiteral("/settings.ini"));
    ipc::WorkerOptions worker;
    worker.program = TRIMTAB_BIN_DIR "/trimtab-worker";
    m_workspace = std::make_unique<gui::Workspace>(worker, *m_settings);
    m_window = std::make_unique<gui::MainWindow>(gui::PageContext{*m_workspace, *m_theme, *m_settings, m_files});
    m_window->resize(1280, 800);
    m_window->show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(m_window.get()));
}

void WindowFixture::stop() {
    m_window->close();
    m_window.reset();
    m_workspace.reset();
    m_settings.reset();
    m_theme.reset();
}

void WindowFixture::restart() {
    stop();
    start();
}

void WindowFixture::click(const QString& name) {
    auto* widget = find<QWidget>(name);
    ASSERT_NE(widget, nullptr);
    ASSERT_TRUE(widget->isVisible()) << name.toStdString();
    ASSERT_TRUE(widget->isEnabled()) << name.toStdString();
    QTest::mouseClick(widget, Qt::LeftButton);
}

QString WindowFixture::text(const QString& name) {
    auto* label = find<QLabel>(name);
    return label ? label->text() : QString();
}

QString WindowFixture::message() {
    auto* bar = find<gui::MessageBar>(QStringLiteral("messageBar"));
    return bar && bar->isVisible() ? bar->text() : QString();
}

QString WindowFixture::smallModel(const QString& name) {
    const QString path = folder() + '/' + name;
    support::ModelBuilder()
        .graphName("small")
        .input("x", DataType::Float32, {"batch", kInputs})
        .constant("w1", randomMatrix(kInputs, kHidden, 1))
        .constant("w2", randomMatrix(kHidden, kClasses, 2))
        .node("MatMul", {"x", "w1"}, {"h"}, {}, "/first/MatMul")
        .node("Relu", {"h"}, {"r"}, {}, "/first/Relu")
        .node("MatMul", {"r", "w2"}, {"y"}, {}, "/second/MatMul")
        .output("y", DataType::Float32, {"batch", kClasses})
        .save(path.toStdString());
    return path;
}

QString WindowFixture::smallData() {
    const QString path = folder() + QStringLiteral("/data");
    QDir().mkpath(path);
    const std::vector<float> values = randomValues(kSamples * kInputs, 3);
    writeNpy(path + QStringLiteral("/x.npy"), "<f4", QStringLiteral("%1, %2").arg(kSamples).arg(kInputs),
             QByteArray(reinterpret_cast<const char*>(values.data()), static_cast<qsizetype>(values.size() * sizeof(float))));
    std::vector<std::int64_t> labels;
    for (int i = 0; i < kSamples; ++i) labels.push_back(i % kClasses);
    writeNpy(path + QStringLiteral("/labels.npy"), "<i8", QStringLiteral("%1,").arg(kSamples),
             QByteArray(reinterpret_cast<const char*>(labels.data()), static_cast<qsizetype>(labels.size() * sizeof(std::int64_t))));
    QFile manifest(path + QStringLiteral("/dataset.json"));
    EXPECT_TRUE(manifest.open(QIODevice::WriteOnly));
    manifest.write(R"({"format": "trimtab-dataset", "version": 1, "name": "Small", "task": "classification",
                       "inputs": {"x": {"file": "x.npy"}}, "target": {"file": "labels.npy"}, "metric": "top1"})");
    return path;
}

}  // namespace trimtab::gui_tests
