// Reads the file byte by byte, by the wire format's own statement (protobuf.dev, Encoding) and the field numbers that Perfetto publishes,
// and builds from it what a viewer would show: named slices in tracks, one inside the other, and counters.
#include "core/report/perfetto.h"

#include <bit>
#include <map>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/trace/random_trace.h"

namespace trimtab::report {
namespace {

struct Field {
    std::uint64_t number = 0;
    std::uint64_t value = 0;  // of varints and fixed numbers
    std::string_view bytes;   // of texts and messages
};

class Wire {
public:
    explicit Wire(std::string_view bytes) : m_rest(bytes) {}
    std::optional<Field> next() {
        if (m_rest.empty()) return std::nullopt;
        const std::uint64_t key = varint();
        Field field{key >> 3, 0, {}};
        switch (key & 7) {
            case 0: field.value = varint(); break;
            case 1: field.value = fixed(); break;
            case 2: field.bytes = take(varint()); break;
            default: ADD_FAILURE() << "wire type " << (key & 7); m_rest = {};
        }
        return field;
    }

private:
    std::string_view take(std::uint64_t size) {
        EXPECT_LE(size, m_rest.size());
        const std::string_view taken = m_rest.substr(0, size);
        m_rest.remove_prefix(taken.size());
        return taken;
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int shift = 0; !m_rest.empty(); shift += 7) {
            const auto byte = static_cast<std::uint8_t>(take(1).front());
            value |= static_cast<std::uint64_t>(byte & 127) << shift;
            if (byte < 128) break;
        }
        return value;
    }
    std::uint64_t fixed() {
        const std::string_view bytes = take(8);
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
        return value;
    }
    std::string_view m_rest;
};

/// The first field of that number; nothing when there is none.
std::optional<Field> find(std::string_view message, std::uint64_t number) {
    Wire wire(message);
    while (const auto field = wire.next())
        if (field->number == number) return field;
    return std::nullopt;
}
std::string text(std::string_view message, std::uint64_t number) {
    const auto field = find(message, number);
    return field ? std::string(field->bytes) : std::string();
}
std::uint64_t number(std::string_view message, std::uint64_t which) {
    const auto field = find(message, which);
    return field ? field->value : 0;
}

struct Slice {
    std::string name, category, track;
    std::uint64_t begin = 0, end = 0;
    std::size_t depth = 0;
    std::map<std::string, std::string> notes;
    auto operator<=>(const Slice&) const = default;
};

/// What a viewer makes of the file.
class Viewer {
public:
    explicit Viewer(std::string_view file) {
        Wire wire(file);
        while (const auto packet = wire.next()) {
            EXPECT_EQ(packet->number, 1U) << "a trace is made of packets";
            read(packet->bytes);
        }
        for (const auto& [track, open] : m_open) EXPECT_TRUE(open.empty()) << "a slice never ended";
    }
    std::vector<Slice> slices;
    std::map<std::string, std::vector<std::pair<std::uint64_t, double>>> counters;
    std::map<std::string, std::string> units;
    std::string process;

private:
    void read(std::string_view packet) {
        EXPECT_EQ(number(packet, 10), 1U) << "the sequence by which names are told";
        if (const auto interned = find(packet, 12)) intern(interned->bytes);
        if (const auto descriptor = find(packet, 60)) describe(descriptor->bytes);
        if (const auto event = find(packet, 11)) {
            EXPECT_TRUE(number(packet, 13) & 2) << "it needs the names";
            happen(event->bytes, number(packet, 8));
        }
    }
    void intern(std::string_view data) {
        Wire wire(data);
        while (const auto field = wire.next()) {
            EXPECT_TRUE(field->number == 1 || field->number == 2);
            (field->number == 1 ? m_categories : m_names)[number(field->bytes, 1)] = text(field->bytes, 2);
        }
    }
    void describe(std::string_view descriptor) {
        const std::uint64_t id = number(descriptor, 1);
        EXPECT_FALSE(m_tracks.contains(id)) << "described twice";
        m_tracks[id] = text(descriptor, 2);
        if (const auto made = find(descriptor, 3)) process = text(made->bytes, 6);
        else EXPECT_TRUE(m_tracks.contains(number(descriptor, 5))) << "its parent comes first";
        if (const auto counter = find(descriptor, 8)) units[m_tracks[id]] = text(counter->bytes, 6);
    }
    void happen(std::string_view event, std::uint64_t time) {
        const std::uint64_t track = number(event, 11);
        ASSERT_TRUE(m_tracks.contains(track));
        auto& open = m_open[track];
        EXPECT_GE(time, m_last[track]) << "a track's events come in order";
        m_last[track] = time;
        const std::uint64_t type = number(event, 9);
        if (type == 1) {
            Slice slice{m_names.at(number(event, 10)), m_categories.at(number(event, 3)), m_tracks[track], time, 0, open.size(), {}};
            Wire wire(event);
            while (const auto field = wire.next())
                if (field->number == 4) slice.notes[text(field->bytes, 10)] = text(field->bytes, 6);
            open.push_back(slice);
        } else if (type == 2) {
            ASSERT_FALSE(open.empty());
            open.back().end = time;
            slices.push_back(open.back());
            open.pop_back();
        } else {
            ASSERT_EQ(type, 4U);
            const auto value = find(event, 44);
            ASSERT_TRUE(value);
            counters[m_tracks[track]].emplace_back(time, std::bit_cast<double>(value->value));
        }
    }
    std::map<std::uint64_t, std::string> m_names, m_categories, m_tracks;
    std::map<std::uint64_t, std::vector<Slice>> m_open;
    std::map<std::uint64_t, std::uint64_t> m_last;
};

TEST(Perfetto, ShowsEverySpanWithItsNameTimeAndPlace) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const trace::Trace trace = trace::randomTrace(seed, 200);
        const Viewer viewer(toPerfetto(trace, {}, "model.onnx"));
        EXPECT_EQ(viewer.process, "model.onnx");
        const auto depths = trace::depths(trace);
        std::vector<Slice> wanted;
        for (std::size_t i = 0; i < trace.spans.size(); ++i) {
            const trace::Span& span = trace.spans[i];
            wanted.push_back({trace.nameOf(span), std::string(trace::name(span.kind)), trace.tracks[span.track],
                              static_cast<std::uint64_t>(span.beginNs), static_cast<std::uint64_t>(span.endNs()), depths[i], {}});
        }
        EXPECT_THAT(viewer.slices, testing::UnorderedElementsAreArray(wanted)) << seed;
    }
}

TEST(Perfetto, ShowsCountersWithTheirUnits) {
    const trace::Trace trace = trace::randomTrace(4, 10);
    const Viewer viewer(toPerfetto(trace, {}, "model.onnx"));
    ASSERT_EQ(viewer.counters.size(), trace.counters.size());
    for (const trace::CounterSeries& series : trace.counters) {
        const auto& shown = viewer.counters.at(series.name);
        EXPECT_EQ(viewer.units.at(series.name), series.unit);
        ASSERT_EQ(shown.size(), series.samples.size());
        for (std::size_t i = 0; i < shown.size(); ++i)
            EXPECT_EQ(shown[i], std::pair(static_cast<std::uint64_t>(series.samples[i].timeNs), series.samples[i].value));
    }
}

TEST(Perfetto, SaysOfNodesWhichOperatorAndKernelTheyRun) {
    trace::Trace trace;
    trace.names = {"run", "conv"};
    trace.tracks = {"host"};
    trace.spans = {{0, 10, 0, -1, 0, trace::SpanKind::Run}, {2, 5, 1, 0, 0, trace::SpanKind::Node}};
    trace::LayerRecord layer;
    layer.node = "conv";
    layer.op = "Conv";
    layer.kernel = "onednn conv";
    const Viewer viewer(toPerfetto(trace, {layer}, "m"));
    ASSERT_EQ(viewer.slices.size(), 2U);
    EXPECT_EQ(viewer.slices[0].notes, (std::map<std::string, std::string>{{"operator", "Conv"}, {"kernel", "onednn conv"}}));
    EXPECT_TRUE(viewer.slices[1].notes.empty());
}

TEST(Perfetto, ATraceOfNothingIsAFileAllTheSame) { EXPECT_TRUE(Viewer(toPerfetto({}, {}, "m")).slices.empty()); }

}  // namespace
}  // namespace trimtab::report
