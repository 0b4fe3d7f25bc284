#include "core/evaluate/rank_statistic.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trimtab::evaluate {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Tie {
    double positives = 0, negatives = 0;
};

/// Shows positives and negatives of each run of equal scores, highest first.
template <class Ranked, class Weight, class Visit>
void walk(const Ranked& ranked, Weight weight, Visit visit) {
    Tie tie;
    for (const auto& entry : ranked) {
        (entry.isPositive ? tie.positives : tie.negatives) += weight(entry.sample);
        if (!entry.endsTie) continue;
        visit(tie);
        tie = {};
    }
}

class AreaUnderRoc {
public:
    void add(const Tie& tie) {
        m_pairs += tie.negatives * (m_total.positives + tie.positives / 2);
        m_total.positives += tie.positives;
        m_total.negatives += tie.negatives;
    }
    double value() const { return m_total.positives > 0 && m_total.negatives > 0 ? m_pairs / m_total.positives / m_total.negatives : kNaN; }
    const Tie& total() const { return m_total; }

private:
    Tie m_total;
    double m_pairs = 0;
};

class AveragePrecision {
public:
    void add(const Tie& tie) {
        m_total.positives += tie.positives;
        m_total.negatives += tie.negatives;
        if (tie.positives > 0) m_sum += tie.positives * m_total.positives / (m_total.positives + m_total.negatives);
    }
    double value() const { return m_total.positives > 0 ? m_sum / m_total.positives : kNaN; }
    const Tie& total() const { return m_total; }

private:
    Tie m_total;
    double m_sum = 0;
};

template <class Area>
Area areaOf(const std::vector<Tie>& ties) {
    Area area;
    for (const Tie& tie : ties) area.add(tie);
    return area;
}

template <class Area, class Ranked>
double valueOfRanked(const Ranked& ranked, std::span<const std::uint32_t> counts) {
    Area area;
    walk(ranked, [&](std::uint32_t sample) { return static_cast<double>(counts[sample]); }, [&](const Tie& tie) { area.add(tie); });
    return area.value();
}

/// What a positive and a negative of each tie add to the figure, n × their influence over n.
struct Influence {
    double ofPositive = 0, ofNegative = 0;
};

std::vector<Influence> rocInfluences(const std::vector<Tie>& ties) {
    const auto roc = areaOf<AreaUnderRoc>(ties);
    const double area = roc.value();
    const Tie& total = roc.total();
    std::vector<Influence> influences;
    Tie above;
    for (const Tie& tie : ties) {
        const double beaten = (total.negatives - above.negatives - tie.negatives / 2) / total.negatives;
        const double beating = (above.positives + tie.positives / 2) / total.positives;
        influences.push_back({(beaten - area) / total.positives, (beating - area) / total.negatives});
        above.positives += tie.positives;
        above.negatives += tie.negatives;
    }
    return influences;
}

// With precision q(t) = right(t) / seen(t) at tie t, the average precision is Σ p(t) q(t) / P. One more sample in tie k raises seen(t) at
// k and below it, right(t) too if it is positive; one more positive adds its own precision and raises P.
std::vector<Influence> precisionInfluences(const std::vector<Tie>& ties) {
    const auto area = areaOf<AveragePrecision>(ties);
    const double average = area.value();
    const Tie& total = area.total();
    std::vector<double> precision, seen;
    double right = 0, all = 0;
    for (const Tie& tie : ties) {
        right += tie.positives;
        all += tie.positives + tie.negatives;
        precision.push_back(right / all);
        seen.push_back(all);
    }
    std::vector<Influence> influences(ties.size());
    double gain = 0, loss = 0;
    for (std::size_t t = ties.size(); t-- > 0;) {
        gain += ties[t].positives / seen[t];
        loss += ties[t].positives * precision[t] / seen[t];
        influences[t] = {(precision[t] - average + gain - loss) / total.positives, -loss / total.positives};
    }
    return influences;
}

}  // namespace

void RankStatistic::add(std::span<const float> scores, std::span<const std::int8_t> labels) {
    // What is no number is ranked where it does most harm.
    const auto key = [&](std::uint32_t i) {
        const int level = !std::isnan(scores[i]) ? 0 : labels[i] > 0 ? -1 : 1;
        return std::pair(level, level == 0 ? scores[i] : 0.0F);
    };
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < scores.size(); ++i)
        if (labels[i] >= 0) order.push_back(i);
    std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) { return key(a) > key(b); });
    Ranked ranked;
    ranked.reserve(order.size());
    for (std::size_t at = 0; at < order.size(); ++at)
        ranked.push_back({order[at], labels[order[at]] > 0, at + 1 == order.size() || key(order[at]) != key(order[at + 1])});
    m_classes.push_back(std::move(ranked));
}

std::size_t RankStatistic::steps() const {
    std::size_t steps = m_samples;
    for (const Ranked& ranked : m_classes) steps += ranked.size();
    return steps;
}

double RankStatistic::valueOfClass(const Ranked& ranked, std::span<const std::uint32_t> counts) const {
    return m_ranking == Ranking::Auc ? valueOfRanked<AreaUnderRoc>(ranked, counts) : valueOfRanked<AveragePrecision>(ranked, counts);
}

double RankStatistic::value(std::span<const std::uint32_t> counts) const {
    double sum = 0;
    std::size_t present = 0;
    for (const Ranked& ranked : m_classes) {
        const double value = valueOfClass(ranked, counts);
        if (std::isnan(value)) continue;
        sum += value;
        ++present;
    }
    return present > 0 ? sum / static_cast<double>(present) : kNaN;
}

void RankStatistic::addScores(const Ranked& ranked, double share, std::vector<double>& scores) const {
    std::vector<Tie> ties;
    walk(ranked, [](std::uint32_t) { return 1.0; }, [&](const Tie& tie) { ties.push_back(tie); });
    const auto influences = m_ranking == Ranking::Auc ? rocInfluences(ties) : precisionInfluences(ties);
    std::size_t tie = 0;
    for (const Entry& entry : ranked) {
        const Influence& influence = influences[tie];
        scores[entry.sample] += share * static_cast<double>(m_samples) * (entry.isPositive ? influence.ofPositive : influence.ofNegative);
        tie += entry.endsTie;
    }
}

std::vector<double> RankStatistic::scores() const {
    const std::vector<std::uint32_t> once(m_samples, 1);
    std::vector<const Ranked*> present;
    for (const Ranked& ranked : m_classes)
        if (!std::isnan(valueOfClass(ranked, once))) present.push_back(&ranked);
    std::vector<double> scores(m_samples, value(once));
    for (const Ranked* ranked : present) addScores(*ranked, 1.0 / static_cast<double>(present.size()), scores);
    return scores;
}

}  // namespace trimtab::evaluate
