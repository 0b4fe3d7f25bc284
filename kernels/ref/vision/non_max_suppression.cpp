// NonMaxSuppression: for each batch row and class, boxes are taken in falling order of score (equal ones in their own order), those not
// above score_threshold left out, and a box is selected unless it overlaps an already selected one by more than iou_threshold (intersection
// over union), until max_output_boxes_per_class are. Boxes are two opposite corners [y1, x1, y2, x2], or [x, y, width, height] about a
// centre.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

struct Box {
    double x1 = 0, y1 = 0, x2 = 0, y2 = 0;  // x1 <= x2, y1 <= y2, unless a width or height about a centre is negative

    double area() const { return (x2 - x1) * (y2 - y1); }
};

Box boxFrom(const double* v, bool aboutCentre) {
    if (aboutCentre) return {v[0] - v[2] / 2, v[1] - v[3] / 2, v[0] + v[2] / 2, v[1] + v[3] / 2};
    return {std::min(v[1], v[3]), std::min(v[0], v[2]), std::max(v[1], v[3]), std::max(v[0], v[2])};
}

bool overlaps(const Box& a, const Box& b, double threshold) {
    const double width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1), height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
    if (!(width > 0) || !(height > 0) || !(a.area() > 0) || !(b.area() > 0)) return false;
    const double common = width * height, all = a.area() + b.area() - common;
    return all > 0 && common / all > threshold;
}

struct Limits {
    std::int64_t most = 0;  // boxes of a class
    double overlap = 0;
    std::optional<double> score;
};

Result<Limits> limitsOf(const Call& call) {
    Limits limits;
    if (call.has(2)) {
        TRIMTAB_TRY(limits.most, integer(call, 2));
    }
    if (call.has(3)) {
        TRIMTAB_TRY(limits.overlap, number(call, 3));
        if (!(limits.overlap >= 0 && limits.overlap <= 1))
            return refuse(call, fmt::format("an iou_threshold of {} lies outside 0 … 1", limits.overlap));
    }
    if (call.has(4)) {
        TRIMTAB_TRY(limits.score, number(call, 4));
    }
    return limits;
}

/// Boxes worth looking at, best first; a score that is not a number comes last.
std::vector<std::size_t> ranked(const std::vector<double>& scores, const std::optional<double>& threshold) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (!threshold || scores[i] > *threshold) order.push_back(i);
    const auto rank = [&](std::size_t i) { return std::isnan(scores[i]) ? -HUGE_VAL : scores[i]; };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) > rank(b); });
    return order;
}

std::vector<std::size_t> selected(const std::vector<Box>& boxes, const std::vector<std::size_t>& order, const Limits& limits) {
    std::vector<std::size_t> kept;
    for (const std::size_t i : order) {
        if (static_cast<std::int64_t>(kept.size()) >= limits.most) break;
        const bool covered =
            std::any_of(kept.begin(), kept.end(), [&](std::size_t k) { return overlaps(boxes[i], boxes[k], limits.overlap); });
        if (!covered) kept.push_back(i);
    }
    return kept;
}

Result<Values> nonMaxSuppression(const Call& call) {
    const Tensor& boxes = call.tensor(0);
    const Tensor& scores = call.tensor(1);
    const Shape& b = boxes.shape();
    const Shape& s = scores.shape();
    if (!isFloatingPoint(boxes.type()) || !isFloatingPoint(scores.type()))
        return refuse(call, "boxes and scores must be of a floating type");
    if (b.rank() != 3 || s.rank() != 3 || b[2] != 4 || b[0] != s[0] || b[1] != s[2])
        return refuse(call, fmt::format("boxes {} and scores {} don't go together", b.text(), s.text()));
    const std::int64_t form = call.node.integer("center_point_box", 0);
    if (form != 0 && form != 1) return refuse(call, "attribute center_point_box must be 0 or 1");
    TRIMTAB_TRY(const Limits limits, limitsOf(call));
    const std::int64_t count = b[1], classes = s[1];
    std::vector<std::int64_t> found;
    for (std::int64_t n = 0; n < b[0] && limits.most > 0 && count > 0; ++n) {
        std::vector<Box> here;
        for (std::int64_t i = 0; i < count; ++i) {
            double corners[4];
            load(boxes, (n * count + i) * 4, 1, 4, corners);
            here.push_back(boxFrom(corners, form == 1));
        }
        for (std::int64_t c = 0; c < classes; ++c) {
            std::vector<double> values(static_cast<std::size_t>(count));
            load(scores, (n * classes + c) * count, 1, count, values.data());
            for (const std::size_t i : selected(here, ranked(values, limits.score), limits))
                found.insert(found.end(), {n, c, static_cast<std::int64_t>(i)});
        }
    }
    TRIMTAB_TRY(Tensor result, Tensor::allocate(DataType::Int64, Shape{static_cast<std::int64_t>(found.size()) / 3, 3}));
    std::copy(found.begin(), found.end(), result.mutableData<std::int64_t>().data());
    return one(std::move(result));
}

}  // namespace

void registerNonMaxSuppression(Registry& registry) { registry.add("NonMaxSuppression", 10, {2, 5, 1}, nonMaxSuppression); }

}  // namespace trimtab::ref
