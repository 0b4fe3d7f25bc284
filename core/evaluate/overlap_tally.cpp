// f1, iou, dice: how much the places of a class in the labels and in the answers are the same.
#include <algorithm>
#include <cmath>

#include "core/evaluate/ratio_statistic.h"
#include "core/evaluate/tally.h"
#include "core/tensor/convert.h"

namespace trimtab::evaluate {
namespace {

constexpr std::int64_t kUnreadable = -1;  // the answer of scores that are no numbers

/// How the scores of a sample lie: that of class c at place p is [c·classStride + p·placeStride].
struct View {
    std::int64_t samples = 0, classes = 0, places = 0;
    std::int64_t classStride = 0, placeStride = 0;
};

/// `shape` without the dim of extent 1 that channels have in a mask.
Shape withoutChannel(const Shape& shape) {
    std::vector<std::int64_t> dims = shape.dims();
    if (dims.size() > 1 && dims[1] == 1) dims.erase(dims.begin() + 1);
    return Shape(dims);
}

std::optional<View> oneScoreEach(const Shape& output, const Shape& labels) {
    const auto dims = [](const Shape& shape) {
        std::vector<std::int64_t> kept;
        for (const std::int64_t dim : shape.dims())
            if (dim != 1) kept.push_back(dim);
        return kept;
    };
    if (dims(output) != dims(labels)) return std::nullopt;
    return View{labels[0], 1, labels.elementCount() / labels[0], 0, 1};
}

/// Classes last for frames.
std::optional<View> framesOf(const Shape& output, const Shape& labels) {
    if (labels.rank() == 1 && output.rank() > 1 && output.elementCount() == labels[0] * output[1])
        return View{labels[0], output[1], 1, 1, 1};
    if (labels.rank() != 2 || output.rank() != 3 || output[1] != labels[1]) return std::nullopt;
    return View{labels[0], output[2], labels[1], 1, output[2]};
}

/// Classes in the second dim for maps.
std::optional<View> mapOf(const Shape& output, const Shape& labels) {
    if (labels.rank() < 2 || output.rank() != labels.rank() + 1) return std::nullopt;
    for (int axis = 1; axis < labels.rank(); ++axis)
        if (output[axis + 1] != labels[axis]) return std::nullopt;
    const std::int64_t places = labels.elementCount() / labels[0];
    return View{labels[0], output[1], places, places, 1};
}

std::optional<View> viewOf(const Shape& output, const Shape& target, bool isMap) {
    if (target.elementCount() == 0 || target.rank() < 1 || target[0] != output[0]) return std::nullopt;
    if (const auto one = oneScoreEach(output, target)) return one;
    const auto inner = isMap ? mapOf : framesOf;
    const auto view = inner(output, target);
    return view ? view : inner(output, withoutChannel(target));
}

class OverlapTally final : public Tally {
public:
    explicit OverlapTally(std::string metric) : m_metric(std::move(metric)), m_isMap(m_metric != "f1") {}

    Status add(const Tensor& output, const dataset::Batch& batch, std::int64_t skipped) override {
        TRIMTAB_TRY(const Tensor values, scoresOf(output, batch.target));
        const auto view = viewOf(values.shape(), batch.target.shape(), m_isMap);
        if (!view)
            return mismatch(m_metric,
                            m_isMap ? "scores [samples, classes, …] and labels [samples, …]"
                                    : "scores [samples, classes] and labels [samples], or [samples, frames, classes] and [samples, frames]",
                            output, batch.target);
        if (m_classes == 0) begin(view->classes);
        if (view->classes != m_classes) return fail(ErrorCode::Refused, "the model's output changes its classes from batch to batch");
        for (std::int64_t sample = skipped; sample < view->samples; ++sample)
            TRIMTAB_REQUIRE(addSample(values, batch.target, *view, sample));
        return {};
    }

    Status finish(Evaluation& evaluation) override {
        const RatioStatistic empty(1);
        const RatioStatistic& chosen = m_statistics.empty() ? empty : m_statistics[m_statistics.size() > 1 && m_areProbabilities ? 1 : 0];
        return finishWith(chosen, "the labels hold nothing of the classes that " + m_metric + " counts", evaluation);
    }

private:
    using Part = RatioStatistic::Part;

    std::int64_t labelCount() const { return std::max<std::int64_t>(m_classes, 2); }
    bool onlyPositive() const { return m_classes == 1 || (m_classes == 2 && !m_isMap); }

    void begin(std::int64_t classes) {
        m_classes = classes;
        const auto groups = static_cast<std::size_t>(labelCount());
        m_statistics.assign(classes == 1 ? 2 : 1, RatioStatistic(groups));  // one for each cut between 0 and 1
        m_top.assign(groups, 0);
        m_bottom.assign(groups, 0);
    }

    void count(std::int64_t label, std::int64_t answer) {
        if (answer == kUnreadable && labelCount() == 2) answer = 1 - label;
        const auto touch = [&](std::int64_t group, double top, double bottom) {
            if (group == kUnreadable || (onlyPositive() && group != 1)) return;
            const auto at = static_cast<std::size_t>(group);
            if (m_bottom[at] == 0) m_touched.push_back(at);
            m_top[at] += top;
            m_bottom[at] += bottom;
        };
        const bool unionBelow = m_metric == "iou";
        if (label == answer) {
            touch(label, unionBelow ? 1 : 2, unionBelow ? 1 : 2);
        } else {
            touch(label, 0, 1);
            touch(answer, 0, 1);
        }
    }

    void flush(RatioStatistic& statistic) {
        std::vector<Part> parts;
        for (const std::size_t group : m_touched) {
            parts.push_back({group, m_top[group], m_bottom[group]});
            m_top[group] = m_bottom[group] = 0;
        }
        m_touched.clear();
        statistic.add(parts);
    }

    std::int64_t highest(const float* scores, std::int64_t stride) const {
        std::int64_t best = 0;
        for (std::int64_t c = 0; c < m_classes; ++c) {
            if (std::isnan(scores[c * stride])) return kUnreadable;
            if (scores[c * stride] > scores[best * stride]) best = c;
        }
        return best;
    }

    Status addSample(const Tensor& values, const Tensor& target, const View& view, std::int64_t sample) {
        const float* scores = values.data<float>().data() + sample * view.classes * view.places;
        for (std::size_t cut = 0; cut < m_statistics.size(); ++cut) {
            for (std::int64_t place = 0; place < view.places; ++place) {
                const std::int64_t label = tensor::elementAsInt64(target, sample * view.places + place);
                if (label < 0) continue;
                TRIMTAB_REQUIRE(checkLabel(label, labelCount()));
                const float* own = scores + place * view.placeStride;
                if (view.classes > 1) {
                    count(label, highest(own, view.classStride));
                    continue;
                }
                m_areProbabilities = m_areProbabilities && (std::isnan(*own) || (*own >= 0 && *own <= 1));
                count(label, std::isnan(*own) ? 1 - label : *own > (cut == 1 ? 0.5F : 0.0F) ? 1 : 0);
            }
            flush(m_statistics[cut]);
        }
        return {};
    }

    std::string m_metric;
    bool m_isMap;
    std::int64_t m_classes = 0;
    bool m_areProbabilities = true;
    std::vector<RatioStatistic> m_statistics;
    std::vector<double> m_top, m_bottom;   // of the sample at hand, by class
    std::vector<std::size_t> m_touched;    // classes that it has to do with
};

}  // namespace

std::unique_ptr<Tally> makeOverlapTally(const std::string& metric) { return std::make_unique<OverlapTally>(metric); }

}  // namespace trimtab::evaluate
