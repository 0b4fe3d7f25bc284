// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QFile>
#include <QLabel>
#include <QScopeGuard>

#include "app/gui/models/samples.h"
#include "app/gui/views/welcome/link_card.h"
#include "tests/app/gui/waiting.h"
#include "tests/app/gui/window_fixture.h"

namespace trimtab::gui_tests {
namespace {

std::vector<gui::Sample> shipped() {
    qputenv("TRIMTAB_RESOURCES", TRIMTAB_SOURCE_DIR "/resources");
    const auto guard = qScopeGuard([] { qunsetenv("TRIMTAB_RESOURCES"); });
    return gui::findSamples(QStringLiteral("/nowhere"));
}

class WelcomePage : public WindowFixture {};

TEST(ShippedSamples, AreFiveAndEachHasItsDataAndItsPicture) {
    const auto samples = shipped();
    ASSERT_EQ(samples.size(), 5U);
    for (const gui::Sample& sample : samples) {
        EXPECT_TRUE(QFile::exists(sample.model)) << sample.model.toStdString();
        EXPECT_TRUE(QFile::exists(sample.data + QStringLiteral("/dataset.json"))) << sample.data.toStdString();
        EXPECT_TRUE(QFile::exists(QStringLiteral(":/icons/%1.svg").arg(sample.icon))) << sample.icon.toStdString();
    }
}

TEST_F(WelcomePage, CutsNoSampleOffInAWindowOfAnySize) {
    for (const QSize size : {QSize(960, 640), QSize(1280, 800), QSize(1920, 1080)}) {
        window().resize(size);
        window().showPage(QStringLiteral("welcome"));
        QCoreApplication::processEvents();
        for (const gui::Sample& sample : shipped()) {
            const auto* card = find<gui::LinkCard>(QStringLiteral("welcome.sample.") + sample.name);
            ASSERT_TRUE(card);
            for (const QLabel* label : card->findChildren<QLabel*>())
                EXPECT_GE(label->height(),
                          label->hasHeightForWidth() ? label->heightForWidth(label->width()) : label->sizeHint().height())
                    << label->text().toStdString() << " in a window of " << size.width() << " by " << size.height();
        }
    }
}

TEST_F(WelcomePage, OpensEachSampleWithItsData) {
    using State = gui::DataTask::State;
    gui::DataTask& data = workspace().data();
    for (const gui::Sample& sample : shipped()) {
        workspace().openSample(sample.model, sample.data);
        ASSERT_TRUE(waitUntil(data, &gui::DataTask::stateChanged, [&] {
            return data.path() == sample.data && (data.state() == State::Ready || data.state() == State::Failed);
        }));
        ASSERT_EQ(data.state(), State::Ready) << sample.name.toStdString() << ": " << data.error().text();
    }
}

}  // namespace
}  // namespace trimtab::gui_tests
