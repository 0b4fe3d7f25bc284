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
};

/// All metrics, those on a dataset first.
const std::vector<MetricInfo>& metrics();
/// By its name, or by an older name of it. nullopt for others ("exec:PROGRAM" is none of ours).
std::optional<MetricInfo> metricInfo(std::string_view name);
/// Today's name of a metric that older sessions and manifests may write otherwise; other words as they are.
std::string currentMetricName(std::string_view name);
/// "top1, top5, …": the names of one kind, for help and messages.
std::string metricNames(bool onDataset);
bool metricIsShare(std::string_view name);

}  // namespace trimtab::base
