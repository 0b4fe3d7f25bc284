// Energy between two moments, against closed forms.
#include "profiler/power/energy_curve.h"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/profiler/power/fake_source.h"

namespace trimtab::profiler {
namespace {

using test::at;
using test::readingsOf;

TEST(EnergyCurve, OfConstantPowerIsPowerTimesTime) {
    const auto readings = readingsOf(101, 0.02, [](double, Reading& reading) { reading.watts = 150; });
    const EnergyCurve curve(readings);
    EXPECT_FALSE(curve.isCounter());
    EXPECT_NEAR(curve.between(at(0), at(2)).value(), 300, 1e-6);
    EXPECT_NEAR(curve.between(at(0.513), at(1.127)).value(), 150 * 0.614, 1e-6) << "between readings too";
    EXPECT_EQ(curve.between(at(1), at(1)).value(), 0);
}

TEST(EnergyCurve, OfARampIsTheAreaOfATrapezoid) {
    // 100 W + 50 W/s · t from 0.4 s to 1.6 s: 100·1.2 + 25·(1.6² − 0.4²) = 180 J.
    const auto readings = readingsOf(101, 0.02, [](double t, Reading& reading) { reading.watts = 100 + 50 * t; });
    EXPECT_NEAR(EnergyCurve(readings).between(at(0.4), at(1.6)).value(), 180, 1e-6);
}

TEST(EnergyCurve, TakesTheCounterWhereThereIsOne) {
    const auto readings = readingsOf(101, 0.02, [](double t, Reading& reading) {
        reading.watts = 999;
        reading.joules = 7e5 + 40 * t;
    });
    const EnergyCurve curve(readings);
    EXPECT_TRUE(curve.isCounter());
    EXPECT_NEAR(curve.between(at(0.5), at(1.5)).value(), 40, 1e-6);
}

TEST(EnergyCurve, GoesEvenlyBetweenTheStepsOfACounter) {
    // It moves every tenth of a second, and is read every fiftieth of that.
    const auto readings = readingsOf(1001, 0.002, [](double t, Reading& reading) { reading.joules = 200 * std::floor(t * 10 + 1e-6) / 10; });
    const EnergyCurve curve(readings);
    EXPECT_NEAR(curve.between(at(0.55), at(1.35)).value(), 160, 1e-3);
    EXPECT_NEAR(curve.between(at(0.55), at(0.60)).value(), 10, 1e-3) << "half a step";
}

TEST(EnergyCurve, ReachesNoFurtherThanItsReadings) {
    const auto readings = readingsOf(11, 0.1, [](double, Reading& reading) { reading.watts = 1; });
    const EnergyCurve curve(readings);
    EXPECT_FALSE(curve.between(at(0.5), at(1.01)));
    const auto later = readingsOf(11, 0.1, [](double t, Reading& reading) {
        if (t > 0.35) reading.watts = 1;
    });
    EXPECT_FALSE(EnergyCurve(later).between(at(0.3), at(0.8)));
    EXPECT_TRUE(EnergyCurve(later).between(at(0.5), at(0.8)));
    EXPECT_FALSE(EnergyCurve({}).between(at(0), at(0)));
}

TEST(EnergyCurve, OfACounterThatStandsStillIsNothing) {
    const auto readings = readingsOf(11, 0.1, [](double, Reading& reading) { reading.joules = 5; });
    EXPECT_FALSE(EnergyCurve(readings).between(at(0.2), at(0.8)));
}

}  // namespace
}  // namespace trimtab::profiler
