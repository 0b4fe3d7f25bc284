// MelWeightMatrix: triangular filters, evenly spaced on the mel scale, over the bins of a one-sided spectrum.
#include <cmath>

#include <fmt/format.h>

#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/type_numbers.h"

namespace trimtab::ref {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 31;
constexpr std::int64_t kMostBands = std::int64_t{1} << 24;

double melOf(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
double hertzOf(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }

struct Scale {
    std::int64_t bands = 0, length = 0, rate = 0;
    double lower = 0, upper = 0;
    std::int64_t bins() const { return length / 2 + 1; }
};

Result<Scale> scaleOf(const Call& call) {
    Scale s;
    TRIMTAB_TRY(s.bands, integer(call, 0));
    TRIMTAB_TRY(s.length, integer(call, 1));
    TRIMTAB_TRY(s.rate, integer(call, 2));
    TRIMTAB_TRY(s.lower, number(call, 3));
    TRIMTAB_TRY(s.upper, number(call, 4));
    for (const std::int64_t value : {s.bands, s.length, s.rate})
        if (value < 1 || value > kLargest) return refuse(call, fmt::format("{} is no number of bands, samples or hertz", value));
    if (s.bands > kMostBands) return refuse(call, fmt::format("{} bands make no sense", s.bands));
    if (!(s.lower >= 0 && s.upper >= s.lower && std::isfinite(s.upper)))
        return refuse(call, fmt::format("edges of {} and {} hertz make no sense", s.lower, s.upper));
    return s;
}

/// The spectrum bins of the bands + 2 corners of the triangles. Refused when one lies beyond the spectrum; the last may stand at its end.
Result<std::vector<std::int64_t>> cornersOf(const Call& call, const Scale& s) {
    const double low = melOf(s.lower), step = (melOf(s.upper) - low) / static_cast<double>(s.bands + 2);
    std::vector<std::int64_t> corners(static_cast<std::size_t>(s.bands + 2));
    for (std::size_t i = 0; i < corners.size(); ++i) {
        const double hertz = hertzOf(low + static_cast<double>(i) * step);
        const double bin = std::floor(static_cast<double>(s.length + 1) * hertz / static_cast<double>(s.rate));
        const std::int64_t end = s.bins() + (i + 1 == corners.size() ? 1 : 0);
        if (!(bin < static_cast<double>(end))) return refuse(call, fmt::format("{} hertz lie beyond the spectrum", hertz));
        corners[i] = static_cast<std::int64_t>(bin);
    }
    return corners;
}

Result<Values> melWeightMatrix(const Call& call) {
    TRIMTAB_TRY(const Scale s, scaleOf(call));
    const DataType type = typeOfNumber(call.node.integer("output_datatype", 1));
    if (domainOf(type) == Domain::None || type == DataType::Bool) return unsupported(call, "matrices of this type are not made");
    TRIMTAB_TRY(Tensor out, Tensor::zeros(type, Shape{s.bins(), s.bands}));
    TRIMTAB_TRY(const auto corners, cornersOf(call, s));
    const auto put = [&](std::int64_t bin, std::int64_t band, double value) { store(out, bin * s.bands + band, 1, &value); };
    for (std::int64_t band = 0; band < s.bands; ++band) {
        const std::int64_t* corner = &corners[static_cast<std::size_t>(band)];
        const std::int64_t left = corner[0], centre = corner[1], right = corner[2];
        if (left == centre) put(centre, band, 1);
        for (std::int64_t bin = left; left < centre && bin <= centre; ++bin)
            put(bin, band, static_cast<double>(bin - left) / static_cast<double>(centre - left));
        for (std::int64_t bin = centre; bin < right; ++bin)
            put(bin, band, static_cast<double>(right - bin) / static_cast<double>(right - centre));
    }
    return one(std::move(out));
}

}  // namespace

void registerMelWeightMatrix(Registry& registry) { registry.add("MelWeightMatrix", 17, {5, 5, 1}, melWeightMatrix); }

}  // namespace trimtab::ref
