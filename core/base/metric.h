#pragma once
// The metrics by name: what each counts, which way is better, how it is written. core/evaluate counts them.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trimtab::base {

enum class Direction : std::uint8_t { HigherIsBetter, LowerIsBetter };

struct MetricInfo {
    std::string name;
    Direction direction;
    std::string unit;        // "" (share or plain number), "nats", "dB"
    bool isShare = false;    // written in percent, differences in points
    bool onDataset = true;   // false: fidelity to a reference on seeded inputs
    std::string help;        // one sentence: how it is counted
    bool besideReference = false;  // a fidelity that can be counted over data too, the untouched model run beside
};

/// What a figure over text was counted over: windows of `window` tokens that the model reads, each `stride` behind the one before. A token
/// is scored in the first window that foresees it, so that it has window − stride tokens before it there, or all that there are.
struct TextWindows {
    std::int64_t window = 0, stride = 0;
    bool operator==(const TextWindows&) const = default;
};
/// "perplexity (window 256, stride 128)"; the name alone where nothing was cut.
std::string metricTitle(const std::string& metric, const std::optional<TextWindows>& windows);

/// All metrics, those on a dataset first.
const std::vector<MetricInfo>& metrics();
/// By its name, or by an older name of it. nullopt for others ("exec:PROGRAM" is none of ours).
std::optional<MetricInfo> metricInfo(std::string_view name);
/// Today's name of a metric that older sessions and manifests may write otherwise; other words as they are.
std::string currentMetricName(std::string_view name);
/// "top1, top5, …": the names of one kind, for help and messages.
std::string metricNames(bool onDataset);
/// Of those that are counted over data beside the untouched model.
std::string besideReferenceNames();
bool metricIsShare(std::string_view name);

}  // namespace trimtab::base
