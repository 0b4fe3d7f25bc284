#include "core/base/metric.h"

#include <algorithm>
#include <functional>

namespace trimtab::base {
namespace {

constexpr auto kHigher = Direction::HigherIsBetter;
constexpr auto kLower = Direction::LowerIsBetter;

struct OlderName {
    std::string_view older, current;
};
constexpr OlderName kOlderNames[] = {{"relative_error", "relative_l2"}};

template <class IsMeant>
std::string namesWhere(IsMeant isMeant) {
    std::string names;
    for (const MetricInfo& info : metrics())
        if (std::invoke(isMeant, info)) names += (names.empty() ? "" : ", ") + info.name;
    return names;
}

}  // namespace

const std::vector<MetricInfo>& metrics() {
    static const std::vector<MetricInfo> all{
        {"top1", kHigher, "", true, true, "Share of samples whose label has the highest score."},
        {"top5", kHigher, "", true, true, "Share of samples whose label is among the five highest scores."},
        {"perplexity", kLower, "", false, true, "Exponential of the mean negative log-likelihood (nats) of the tokens that really follow."},
        {"next_token_accuracy", kHigher, "", true, true, "Share of tokens that the model ranks first where they really follow."},
        {"rmse", kLower, "", false, true, "Root of the mean squared difference from the target."},
        {"relative_l2", kLower, "", false, true,
         "Length of the difference from the target over the length of the target, averaged over samples."},
        {"frame_accuracy", kHigher, "", true, true, "Share of labelled frames whose label has the highest score."},
        {"f1", kHigher, "", true, true,
         "Twice the right answers of a class over its labels and answers together, averaged over classes; of two classes "
         "the second alone."},
        {"iou", kHigher, "", true, true,
         "Places where label and answer are one class over places where either is, averaged over the classes present."},
        {"dice", kHigher, "", true, true,
         "Twice the places where label and answer are one class over the places of both together, averaged over the classes present."},
        {"mean_average_precision", kHigher, "", true, true,
         "Area under the steps of precision over recall, averaged over the classes that occur."},
        {"auc", kHigher, "", true, true,
         "Share of pairs of a positive and a negative in which the positive scores higher; ties count half."},
        {"ndcg", kHigher, "", true, true,
         "Discounted gain of the positives among the ten highest of a group over the best that is possible, averaged over groups."},
        {"wer", kLower, "", true, true, "Words to insert, delete or replace over the words of the reference."},
        {"cer", kLower, "", true, true, "Tokens to insert, delete or replace over the tokens of the reference."},
        {"acc", kHigher, "", true, true, "Share of questions whose answer is the likeliest of its choices, after its prompt."},
        {"acc_norm", kHigher, "", true, true,
         "The same by log-likelihood over the bytes of a choice, so that long ones are not at a disadvantage."},
        {"exact_match", kHigher, "", true, true,
         "Share of generated texts that are one of their references, white space at the ends aside."},
        {"bleu", kHigher, "", true, true,
         "BLEU of generated texts against their references over the whole data: runs of one to four words, 13a tokenization, exponential "
         "smoothing."},
        {"chrf", kHigher, "", true, true,
         "chrF2 of generated texts against their references over the whole data: runs of one to six characters without white space."},
        {"agreement", kHigher, "", true, false, "Share of outputs whose highest entry is the reference's, on seeded inputs or over data.",
         true},
        {"sqnr_db", kHigher, "dB", false, false,
         "Power of the reference's output over the power of the difference from it, on seeded inputs; at most 150 dB."},
        {"cosine", kHigher, "", false, false,
         "Cosine of the angle between the output and the reference's, on seeded inputs; 1 where they point the same way."},
        {"kl", kLower, "nats", false, false,
         "Kullback-Leibler divergence of the output's distribution from the reference's, on seeded inputs or over data.", true},
    };
    return all;
}

std::optional<MetricInfo> metricInfo(std::string_view name) {
    const auto found = std::ranges::find(metrics(), currentMetricName(name), &MetricInfo::name);
    return found == metrics().end() ? std::nullopt : std::optional(*found);
}

std::string currentMetricName(std::string_view name) {
    const auto found = std::ranges::find(kOlderNames, name, &OlderName::older);
    return std::string(found == std::end(kOlderNames) ? name : found->current);
}

std::string metricNames(bool onDataset) {
    return namesWhere([&](const MetricInfo& info) { return info.onDataset == onDataset; });
}

std::string besideReferenceNames() { return namesWhere(&MetricInfo::besideReference); }

std::string metricTitle(const std::string& metric, const std::optional<TextWindows>& windows) {
    if (!windows) return metric;
    return metric + " (window " + std::to_string(windows->window) + ", stride " + std::to_string(windows->stride) + ")";
}

bool metricIsShare(std::string_view name) {
    const auto info = metricInfo(name);
    return info && info->isShare;
}

}  // namespace trimtab::base
