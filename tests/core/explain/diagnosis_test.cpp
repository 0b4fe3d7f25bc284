// Layers with figures made for each cause, under ceilings of round numbers: 10 bytes and 100 operations a nanosecond, a start of 1 µs.
#include "core/explain/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/trace/host_kernel.h"

namespace trimtab::explain {
namespace {

using testing::HasSubstr;
using trace::LayerRecord;

constexpr double kMicro = 1000;  // ns

trace::Ceilings ceilings() { return {1e10, 4e10, {{"fp32", 1e11}, {"int8", 4e11}}, 1 * kMicro}; }

LayerRecord layer(double ns, std::int64_t bytes, double operations) {
    LayerRecord record;
    record.node = "layer";
    record.op = "MatMul";
    record.kernel = "dense";
    record.weightBytes = bytes;
    record.operations = operations;
    record.medianNs = ns;
    return record;
}

trace::Profile profileOf(std::vector<LayerRecord> layers) {
    trace::Profile profile;
    profile.ceilings = ceilings();
    for (const LayerRecord& record : layers) profile.runNs += std::max(record.medianNs, 0.0);
    for (LayerRecord& record : layers) record.share = record.medianNs / profile.runNs;
    profile.attributed = 1;
    profile.layers = std::move(layers);
    return profile;
}

/// Of one layer, on a machine of 16 threads.
LayerDiagnosis diagnosisOf(const LayerRecord& record, double threadsAtWork) {
    trace::Profile profile = profileOf({record});
    profile.threads = 16;
    profile.atWork = {threadsAtWork};
    return diagnose(profile, std::nullopt).layers.front();
}

LayerDiagnosis diagnosisOf(const LayerRecord& record) { return diagnose(profileOf({record}), std::nullopt).layers.front(); }

TEST(Roofline, TellsTheLeastTimeOfBytesAndOfOperations) {
    const RooflinePoint point = rooflineOf(layer(0, 2'000'000, 3e7), ceilings(), false);
    EXPECT_DOUBLE_EQ(point.memoryNs, 200 * kMicro);
    EXPECT_DOUBLE_EQ(point.arithmeticNs, 300 * kMicro);
    EXPECT_DOUBLE_EQ(point.leastNs(), 300 * kMicro);
    EXPECT_DOUBLE_EQ(point.intensity(), 15);
    EXPECT_DOUBLE_EQ(rooflineOf(layer(0, 2'000'000, 3e7), ceilings(), true).memoryNs, 50 * kMicro);
}

TEST(Roofline, TakesTheBytesThatTheDeviceCountedWhereItDid) {
    trace::LayerCounters counters{{{"dram_read_bytes", 3e6}, {"dram_written_bytes", 1e6}, {"l2_bytes", 4e6}}};
    RooflinePoint point = rooflineOf(layer(0, 2'000'000, 3e7), ceilings(), false, &counters);
    EXPECT_TRUE(point.counted);
    EXPECT_DOUBLE_EQ(point.bytes, 4e6);
    EXPECT_DOUBLE_EQ(point.memoryNs, 400 * kMicro);
    counters.values["l2_bytes"] = 4e7;
    EXPECT_DOUBLE_EQ(rooflineOf(layer(0, 2'000'000, 3e7), ceilings(), false, &counters).memoryNs, 1000 * kMicro)
        << "the cache is the bound";
    counters.values.erase("dram_read_bytes");
    point = rooflineOf(layer(0, 2'000'000, 3e7), ceilings(), false, &counters);
    EXPECT_FALSE(point.counted) << "half of the bytes is none";
    EXPECT_DOUBLE_EQ(point.memoryNs, 200 * kMicro);
}

TEST(Roofline, CountsOperationsThatASparseKernelLeavesOutAsNone) {
    LayerRecord sparse = layer(0, 1000, 1e6);
    sparse.density = 0.1;
    EXPECT_DOUBLE_EQ(rooflineOf(sparse, ceilings(), false).operations, 1e6) << "a dense kernel multiplies zeros";
    sparse.kernel = "csr avx2";
    EXPECT_DOUBLE_EQ(rooflineOf(sparse, ceilings(), false).operations, 1e5);
}

TEST(Roofline, TakesThePeakOfTheLayersOwnTypeWhereItWasMeasured) {
    LayerRecord narrow = layer(0, 0, 4e6);
    narrow.compute = "int8";
    EXPECT_DOUBLE_EQ(rooflineOf(narrow, ceilings(), false).arithmeticNs, 10 * kMicro);
    narrow.compute = "bf16";
    const RooflinePoint point = rooflineOf(narrow, ceilings(), false);
    EXPECT_DOUBLE_EQ(point.arithmeticNs, 40 * kMicro);
    EXPECT_FALSE(point.ownPeak);
}

TEST(Roofline, BytesComeFromTheCacheWhereAllOfARunFits) {
    EXPECT_TRUE(staysInCache({layer(1, 600, 0), layer(1, 400, 0)}, 1000));
    EXPECT_FALSE(staysInCache({layer(1, 600, 0), layer(1, 401, 0)}, 1000));
    EXPECT_FALSE(staysInCache({layer(1, 600, 0)}, std::nullopt));
}

TEST(Diagnosis, TellsTheCausesOfALayerApart) {
    EXPECT_EQ(diagnosisOf(layer(250 * kMicro, 2'000'000, 1e6)).cause, Cause::Memory);
    EXPECT_EQ(diagnosisOf(layer(400 * kMicro, 2'000'000, 3e7)).cause, Cause::Arithmetic);
    EXPECT_EQ(diagnosisOf(layer(2 * kMicro, 100, 100)).cause, Cause::Launch);
    EXPECT_EQ(diagnosisOf(layer(50 * kMicro, 20'000, 1e5)).cause, Cause::SmallShapes);
    EXPECT_EQ(diagnosisOf(layer(2000 * kMicro, 2'000'000, 3e7)).cause, Cause::Unexplained);
}

TEST(Diagnosis, NamesIdleThreadsWhereNothingElseExplainsTheTime) {
    const LayerDiagnosis alone = diagnosisOf(layer(2000 * kMicro, 2'000'000, 3e7), 1.5);
    EXPECT_EQ(alone.cause, Cause::Threads);
    EXPECT_THAT(alone.evidence, HasSubstr("1.5 of 16 threads"));
    EXPECT_EQ(diagnosisOf(layer(2000 * kMicro, 2'000'000, 3e7), 15).cause, Cause::Unexplained);
    EXPECT_EQ(diagnosisOf(layer(2000 * kMicro, 2'000'000, 3e7), -1).cause, Cause::Unexplained) << "it is not known";
    EXPECT_EQ(diagnosisOf(layer(400 * kMicro, 2'000'000, 3e7), 1).cause, Cause::Arithmetic) << "its operations explain it";
}

TEST(Diagnosis, TellsHowFullTheDeviceWas) {
    trace::Profile profile = profileOf({layer(2000 * kMicro, 2'000'000, 3e7)});
    profile.layerCounters = {{{{"occupancy", 0.08}, {"issue_active", 0.12}, {"stalled_on_memory", 0.6}}}};
    LayerDiagnosis found = diagnose(profile, std::nullopt).layers.front();
    EXPECT_EQ(found.cause, Cause::SmallShapes);
    EXPECT_THAT(found.evidence, HasSubstr("; counted: occupancy 8 %, cycles with an instruction 12 %, warps that wait for memory 60 %"));
    profile.layerCounters[0].values["occupancy"] = 0.6;
    found = diagnose(profile, std::nullopt).layers.front();
    EXPECT_EQ(found.cause, Cause::Unexplained);
    profile.layerCounters[0].values = {{"occupancy", 0.1}, {"issue_active", 0.8}};
    EXPECT_EQ(diagnose(profile, std::nullopt).layers.front().cause, Cause::Unexplained) << "few warps that issue often fill it all the same";
}

TEST(Diagnosis, TellsReformattingFromTheWorkItself) {
    LayerRecord record = layer(300 * kMicro, 1'000'000, 0);
    EXPECT_NE(diagnosisOf(record).cause, Cause::Reformat);
    record.reformatBytes = 1'500'000;
    const LayerDiagnosis found = diagnosisOf(record);
    EXPECT_EQ(found.cause, Cause::Reformat);
    EXPECT_THAT(found.evidence, HasSubstr("1.50 MB"));
    LayerRecord cast = layer(250 * kMicro, 2'000'000, 0);
    cast.op = "Transpose";
    EXPECT_EQ(diagnosisOf(cast).cause, Cause::Reformat);
    cast.medianNs = 2 * kMicro;
    EXPECT_EQ(diagnosisOf(cast).cause, Cause::Launch) << "it does little more than start";
}

TEST(Diagnosis, NeverExplainsTheTimeOfAnEmulatedLayer) {
    LayerRecord record = layer(250 * kMicro, 2'000'000, 1e6);
    record.execution = trace::Execution::Emulated;
    record.reason = "no kernel for 3 bits";
    EXPECT_EQ(diagnosisOf(record).cause, Cause::Emulated);
    EXPECT_EQ(diagnosisOf(record).evidence, "no kernel for 3 bits");
}

TEST(Diagnosis, SaysTheFiguresOnWhichItStands) {
    EXPECT_THAT(diagnosisOf(layer(250 * kMicro, 2'000'000, 1e6)).evidence,
                testing::AllOf(HasSubstr("2.00 MB"), HasSubstr("8.00 GB/s"), HasSubstr("10.0 GB/s")));
    EXPECT_THAT(diagnosisOf(layer(400 * kMicro, 2'000'000, 3e7)).evidence,
                testing::AllOf(HasSubstr("75.0 G/s"), HasSubstr("100 G/s"), HasSubstr("fp32")));
    EXPECT_DOUBLE_EQ(*diagnosisOf(layer(400 * kMicro, 2'000'000, 3e7)).reached, 0.75);
}

TEST(Diagnosis, OfARunSharesItsTimeAmongTheCauses) {
    trace::Profile profile = profileOf({layer(250 * kMicro, 2'000'000, 1e6), layer(400 * kMicro, 2'000'000, 3e7),
                                        layer(150 * kMicro, 1'400'000, 1e6)});
    profile.attributed = 0.8;
    const Diagnosis diagnosis = diagnose(profile, std::nullopt);
    ASSERT_EQ(diagnosis.causes.size(), 2U);
    EXPECT_EQ(diagnosis.main(), Cause::Memory);
    EXPECT_NEAR(diagnosis.causes[0].second, 0.4, 1e-9);
    EXPECT_NEAR(diagnosis.causes[1].second, 0.4, 1e-9);
    EXPECT_NEAR(diagnosis.elsewhere, 0.2, 1e-9);
}

TEST(Diagnosis, SaysWhenLayersExceedTheCeilings) {
    EXPECT_FALSE(diagnose(profileOf({layer(400 * kMicro, 2'000'000, 3e7)}), std::nullopt).ceilingsExceeded);
    EXPECT_TRUE(diagnose(profileOf({layer(200 * kMicro, 2'000'000, 3e7)}), std::nullopt).ceilingsExceeded)
        << "150 G/s where 100 are the most";
}

TEST(Diagnosis, OfLayersThatWereNotTimedSaysNothing) {
    const Diagnosis diagnosis = diagnose(profileOf({layer(-1, 100, 100)}), std::nullopt);
    EXPECT_FALSE(diagnosis.main());
    EXPECT_FALSE(diagnosis.layers.front().reached);
    EXPECT_TRUE(diagnosis.layers.front().evidence.empty());
}

TEST(Diagnosis, NamesCommunicationWhereValuesTravelBetweenDeviceAndHost) {
    LayerRecord host = layer(400 * kMicro, 2'000'000, 1e6), copy = host;
    EXPECT_EQ(diagnosisOf(host).cause, Cause::Memory);
    host.kernel = trace::kHostKernel;
    EXPECT_EQ(diagnosisOf(host).cause, Cause::Communication) << "a node that no kernel of the device executes";
    EXPECT_THAT(diagnosisOf(host).evidence, testing::AllOf(HasSubstr("the host"), HasSubstr("2.00 MB")));
    copy.op = "MemcpyFromHost";
    EXPECT_EQ(diagnosisOf(copy).cause, Cause::Communication) << "ONNX Runtime's own copies";
}

TEST(Diagnosis, CountsInputsAndOutputsOnTheirWayAsCommunication) {
    trace::Profile profile = profileOf({layer(300 * kMicro, 2'000'000, 1e6)});
    profile.runNs = 1000 * kMicro;
    profile.layers[0].share = 1;
    profile.attributed = 0.3;
    profile.device = trace::DeviceTime{300 * kMicro, 500 * kMicro, 0};
    const Diagnosis diagnosis = diagnose(profile, std::nullopt);
    EXPECT_EQ(diagnosis.main(), Cause::Communication);
    EXPECT_NEAR(diagnosis.causes.front().second, 0.5, 1e-9);
    EXPECT_NEAR(diagnosis.elsewhere, 0.2, 1e-9);
}

TEST(Diagnosis, NamesPlanningWhereMostOfARunIsThat) {
    trace::Profile profile;
    profile.runNs = 1000;
    profile.attributed = 0.3;
    profile.planning = 0.6;
    const Diagnosis diagnosis = diagnose(profile, std::nullopt);
    EXPECT_EQ(diagnosis.main(), Cause::Planning);
    EXPECT_NEAR(diagnosis.elsewhere, 0.1, 1e-12);
}

}  // namespace
}  // namespace trimtab::explain
