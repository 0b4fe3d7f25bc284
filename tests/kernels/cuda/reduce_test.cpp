// Reductions, positions of extremes and scaling by channel against plain statements.
#include "kernels/cuda/kernels/rows.h"
#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct Extents {
    std::int64_t outer;
    std::int64_t length;
    std::int64_t inner;
    std::size_t count() const { return static_cast<std::size_t>(outer * length * inner); }
    std::size_t lines() const { return static_cast<std::size_t>(outer * inner); }
    std::string text() const { return std::to_string(outer) + " x " + std::to_string(length) + " x " + std::to_string(inner); }
};

/// Line `line` of [outer, inner] along the middle axis.
template <class T>
std::vector<T> lineOf(const Extents& e, const std::vector<T>& x, std::size_t line) {
    const auto inner = static_cast<std::size_t>(e.inner);
    const auto length = static_cast<std::size_t>(e.length);
    std::vector<T> values;
    for (std::size_t k = 0; k < length; ++k) values.push_back(x[line / inner * length * inner + line % inner + k * inner]);
    return values;
}

double reduced(Reduction reduction, const std::vector<float>& line) {
    double sum = 0;
    double squares = 0;
    double magnitudes = 0;
    double product = 1;
    double top = -kInf;
    double low = kInf;
    double exponentials = 0;
    for (const float x : line) {
        sum += x;
        squares += static_cast<double>(x) * x;
        magnitudes += std::fabs(static_cast<double>(x));
        product *= x;
        top = std::isnan(top) || std::isnan(x) ? kNaN : std::max(top, static_cast<double>(x));
        low = std::isnan(low) || std::isnan(x) ? kNaN : std::min(low, static_cast<double>(x));
        exponentials += std::exp(static_cast<double>(x));
    }
    switch (reduction) {
        case Reduction::Sum: return sum;
        case Reduction::Mean: return sum / static_cast<double>(line.size());
        case Reduction::SumSquare: return squares;
        case Reduction::Max: return top;
        case Reduction::Min: return low;
        case Reduction::Prod: return product;
        case Reduction::L1: return magnitudes;
        case Reduction::L2: return std::sqrt(squares);
        case Reduction::LogSum: return std::log(sum);
        default: return std::log(exponentials);
    }
}

constexpr std::array kReductions{Reduction::Sum,  Reduction::Mean, Reduction::SumSquare, Reduction::Max,    Reduction::Min,
                                 Reduction::Prod, Reduction::L1,   Reduction::L2,        Reduction::LogSum, Reduction::LogSumExp};

/// Short rows of a warp, long ones of a block, and columns with one and with eight threads.
const std::vector<Extents> kShapes{{1, 1, 1},    {5, 7, 1}, {3, 129, 1}, {6, 512, 1}, {2, 1001, 1}, {1, 5000, 1},
                                   {257, 33, 1}, {2, 5, 3}, {1, 40, 33}, {3, 6, 130}, {2, 300, 2},  {4, 1, 9}};

class ReduceTest : public DeviceTest {
protected:
    static void check(Reduction reduction, DataType type, const Extents& e, std::size_t shift) {
        SCOPED_TRACE("reduction " + std::to_string(static_cast<int>(reduction)) + " of " + std::string(name(type)) + " " + e.text());
        auto raw = normal(e.count() + shift, 1);
        // Around 1 for products and logarithms, which else vanish.
        const bool nearOne = reduction == Reduction::Prod || reduction == Reduction::LogSum;
        for (float& value : raw) value = nearOne ? 1 + 0.01F * value : value + 0.3F;
        const auto bytes = toBytes(type, raw);
        auto x = toFloats(type, bytes);
        x.erase(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(shift));
        const auto xs = array(bytes);
        const auto ys = uninitialised<std::uint8_t>(e.lines() * (type == DataType::Float32 ? 4 : 2));
        const std::size_t skipped = shift * bytes.size() / raw.size();
        const Status launched = launchReduce(stream(), reduction, type, e.outer, e.length, e.inner, xs.data() + skipped, ys.data());
        ASSERT_TRUE(launched) << launched.error().text();
        const auto got = toFloats(type, read(ys));
        std::vector<double> wanted;
        for (std::size_t line = 0; line < e.lines(); ++line) wanted.push_back(reduced(reduction, lineOf(e, x, line)));
        EXPECT_LT(relativeError(got, wanted), type == DataType::Float32 ? 1e-5 : type == DataType::Float16 ? 0x1p-11 : 0x1p-8);
    }
};

TEST_F(ReduceTest, FloatsAgreeWithSumsInDouble) {
    for (const Reduction reduction : kReductions)
        for (const Extents& e : kShapes) check(reduction, DataType::Float32, e, 0);
    for (const DataType type : {DataType::Float16, DataType::BFloat16})
        for (const Reduction reduction : {Reduction::Mean, Reduction::Max, Reduction::L2, Reduction::LogSumExp})
            for (const Extents& e : kShapes) check(reduction, type, e, 0);
}

TEST_F(ReduceTest, RowsMayBeginAtAnyElement) {
    for (const std::size_t shift : {1U, 3U, 7U})
        for (const Extents& e : {Extents{3, 2, 1}, Extents{4, 35, 1}, Extents{2, 701, 1}})
            for (const DataType type : {DataType::Float32, DataType::Float16}) check(Reduction::SumSquare, type, e, shift);
}

TEST_F(ReduceTest, IntegersAreExact) {
    std::mt19937 engine(3);
    for (const Extents& e : kShapes) {
        std::vector<std::int64_t> wide(e.count());
        std::vector<std::int32_t> narrow(e.count());
        for (std::size_t i = 0; i < e.count(); ++i) {
            narrow[i] = static_cast<std::int32_t>(engine() % 2001) - 1000;
            wide[i] = narrow[i] * std::int64_t{3000000000};
        }
        const auto wideIn = array(wide);
        const auto narrowIn = array(narrow);
        for (const Reduction reduction : {Reduction::Sum, Reduction::Mean, Reduction::Max, Reduction::Min, Reduction::Prod}) {
            const auto wideOut = uninitialised<std::int64_t>(e.lines());
            const auto narrowOut = uninitialised<std::int32_t>(e.lines());
            ASSERT_TRUE(launchReduce(stream(), reduction, DataType::Int64, e.outer, e.length, e.inner, wideIn.data(), wideOut.data()));
            ASSERT_TRUE(launchReduce(stream(), reduction, DataType::Int32, e.outer, e.length, e.inner, narrowIn.data(), narrowOut.data()));
            const auto gotWide = read(wideOut);
            const auto gotNarrow = read(narrowOut);
            const auto fold = [&](const auto& line) {
                std::uint64_t product = 1;
                std::int64_t sum = 0;
                for (const auto x : line) product *= static_cast<std::uint64_t>(std::int64_t{x});
                for (const auto x : line) sum += x;
                switch (reduction) {
                    case Reduction::Sum: return sum;
                    case Reduction::Mean: return sum / static_cast<std::int64_t>(line.size());
                    case Reduction::Max: return static_cast<std::int64_t>(*std::max_element(line.begin(), line.end()));
                    case Reduction::Min: return static_cast<std::int64_t>(*std::min_element(line.begin(), line.end()));
                    default: return static_cast<std::int64_t>(product);
                }
            };
            for (std::size_t line = 0; line < e.lines(); ++line) {
                EXPECT_EQ(gotWide[line], fold(lineOf(e, wide, line))) << e.text();
                EXPECT_EQ(gotNarrow[line], static_cast<std::int32_t>(fold(lineOf(e, narrow, line)))) << e.text();
            }
        }
    }
}

TEST_F(ReduceTest, NaNWinsAndInfinitiesPass) {
    const Extents e{5, 200, 1};
    std::vector<float> x = normal(e.count(), 4);
    x[17] = kNaN;
    x[200 + 150] = kInf;
    x[400 + 3] = -kInf;
    std::fill(x.begin() + 600, x.begin() + 800, -kInf);
    const auto xs = array(x);
    for (const Reduction reduction : {Reduction::Max, Reduction::Min, Reduction::Sum, Reduction::LogSumExp}) {
        const auto ys = uninitialised<float>(e.lines());
        ASSERT_TRUE(launchReduce(stream(), reduction, DataType::Float32, e.outer, e.length, e.inner, xs.data(), ys.data()));
        const auto got = read(ys);
        for (std::size_t line = 0; line < e.lines(); ++line) {
            const double wanted = reduced(reduction, lineOf(e, x, line));
            EXPECT_EQ(std::isnan(got[line]), std::isnan(wanted)) << line;
            if (std::isinf(wanted)) {
                EXPECT_EQ(got[line], wanted) << line;
            } else if (!std::isnan(wanted)) {
                EXPECT_NEAR(got[line], wanted, 1e-4) << line;
            }
        }
    }
}

/// NumPy's order: NaN above every number.
template <class T>
std::int64_t positionOf(bool largest, bool last, const std::vector<T>& line) {
    const auto isNaN = [](T x) { return x != x; };
    std::size_t best = 0;
    for (std::size_t k = 1; k < line.size(); ++k) {
        const bool above = isNaN(line[k]) ? !isNaN(line[best]) : line[k] > line[best];
        const bool below = isNaN(line[best]) ? !isNaN(line[k]) : line[k] < line[best];
        if ((largest ? above : below) || (last && line[k] == line[best])) best = k;
    }
    return static_cast<std::int64_t>(best);
}

template <class T>
void expectPositions(Stream stream, Device& device, const Extents& e, DataType type, const std::vector<T>& values, const void* x) {
    for (int options = 0; options < 4; ++options) {
        const bool largest = (options & 1) != 0;
        const bool last = (options & 2) != 0;
        auto memory = *device.allocate(static_cast<std::int64_t>(e.lines() * 8));
        ASSERT_TRUE(
            launchArgReduce(stream, largest, last, type, e.outer, e.length, e.inner, x, reinterpret_cast<std::int64_t*>(memory.get())));
        std::vector<std::int64_t> got(e.lines());
        ASSERT_TRUE(device.download(got.data(), memory.get(), static_cast<std::int64_t>(e.lines() * 8)));
        ASSERT_TRUE(device.synchronize());
        for (std::size_t line = 0; line < e.lines(); ++line)
            EXPECT_EQ(got[line], positionOf(largest, last, lineOf(e, values, line)))
                << e.text() << " options " << options << " line " << line;
    }
}

TEST_F(ReduceTest, PositionsOfExtremesAmongManyEqualEntries) {
    std::mt19937 engine(9);
    for (const Extents& e : kShapes) {
        std::vector<float> floats(e.count());
        std::vector<std::int32_t> narrow(e.count());
        std::vector<std::int64_t> wide(e.count());
        for (std::size_t i = 0; i < e.count(); ++i) {
            narrow[i] = static_cast<std::int32_t>(engine() % 7) - 3;  // few different values, so that most are equal to others
            floats[i] = static_cast<float>(narrow[i]) / 2;
            wide[i] = narrow[i] * std::int64_t{5000000000};
            if (floats[i] == 0 && engine() % 2 == 0) floats[i] = -0.0F;
        }
        expectPositions(stream(), device(), e, DataType::Float32, floats, array(floats).data());
        expectPositions(stream(), device(), e, DataType::Float16, floats, array(toBytes(DataType::Float16, floats)).data());
        expectPositions(stream(), device(), e, DataType::BFloat16, floats, array(toBytes(DataType::BFloat16, floats)).data());
        expectPositions(stream(), device(), e, DataType::Int32, narrow, array(narrow).data());
        expectPositions(stream(), device(), e, DataType::Int64, wide, array(wide).data());
    }
}

TEST_F(ReduceTest, PositionsAmongNaNAndInfinities) {
    const Extents e{4, 150, 1};
    std::vector<float> x = normal(e.count(), 4);
    x[20] = x[90] = kNaN;
    x[150] = x[160] = kInf;
    std::fill(x.begin() + 300, x.begin() + 450, -kInf);
    std::fill(x.begin() + 450, x.end(), kNaN);
    expectPositions(stream(), device(), e, DataType::Float32, x, array(x).data());
}

TEST_F(ReduceTest, ChannelsAreScaledAndShifted) {
    for (const Extents& e : {Extents{1, 3, 64}, Extents{2, 5, 49}, Extents{3, 16, 1}, Extents{2, 33, 1}, Extents{1, 1, 7}})
        for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16}) {
            const auto bytes = toBytes(type, normal(e.count(), 1));
            const auto x = toFloats(type, bytes);
            const auto scale = normal(static_cast<std::size_t>(e.length), 2);
            const auto shift = normal(static_cast<std::size_t>(e.length), 3);
            const auto ys = uninitialised<std::uint8_t>(bytes.size());
            ASSERT_TRUE(launchChannelScale(stream(), type, e.outer, e.length, e.inner, array(bytes).data(), array(scale).data(),
                                           array(shift).data(), ys.data()));
            std::vector<double> wanted(x.size());
            for (std::size_t i = 0; i < x.size(); ++i) {
                const std::size_t c = i / static_cast<std::size_t>(e.inner) % static_cast<std::size_t>(e.length);
                wanted[i] = static_cast<double>(x[i]) * scale[c] + shift[c];
            }
            EXPECT_LT(relativeError(toFloats(type, read(ys)), wanted), type == DataType::Float32   ? 1e-6
                                                                       : type == DataType::Float16 ? 0x1p-11
                                                                                                   : 0x1p-8)
                << e.text();
        }
}

TEST_F(ReduceTest, EmptyResultsSucceedAndEmptyAxesAndOtherTypesAreRefused) {
    const auto x = array(std::vector<float>(4, 2.0F));
    EXPECT_TRUE(launchReduce(stream(), Reduction::Sum, DataType::Float32, 0, 4, 1, x.data(), x.data()));
    EXPECT_TRUE(launchArgReduce(stream(), true, false, DataType::Float32, 1, 4, 0, x.data(), nullptr));
    EXPECT_EQ(read(x), std::vector<float>(4, 2.0F));
    EXPECT_FALSE(launchReduce(stream(), Reduction::Sum, DataType::Float32, 1, 0, 1, x.data(), x.data()));
    EXPECT_FALSE(launchReduce(stream(), Reduction::L2, DataType::Int32, 1, 4, 1, x.data(), x.data()));
    EXPECT_FALSE(launchReduce(stream(), Reduction::Sum, DataType::UInt8, 1, 4, 1, x.data(), x.data()));
}

}  // namespace
}  // namespace trimtab::cuda
