#pragma once
// What calibration tells of activations, and what a kept cache takes, as "compress" answers it.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace trimtab::ipc {

/// The input of one layer over the calibration data.
struct ChannelRow {
    struct Outlier {
        std::int64_t channel = 0;
        double largest = 0;      // magnitude
        double timesMedian = 0;  // infinite where the median is 0
    };
    std::string node;
    std::int64_t channels = 0;
    std::int64_t outliers = 0;  // channels whose largest magnitude exceeds 6 times the median of the channels' largest
    double largest = 0;         // magnitude
    double timesMedian = 0;     // of the channels' largest; infinite where that is 0
    double kurtosis = 0;        // 3 of a normal distribution
    std::vector<Outlier> worst; // the largest outliers, a few at most
};
Json toJson(const ChannelRow& row);
Result<ChannelRow> channelRowFromJson(const Json& json);

/// What attention keeps of each token.
struct CacheRow {
    int attentions = 0;
    bool isKnown = true;          // false: some attention's heads stay open, and it is not counted
    double originalPerToken = 0;  // bytes in float32
    double perToken = 0;          // bytes as kept
    double fixed = 0;             // bytes of a sequence of any length
};
Json toJson(const CacheRow& row);
Result<CacheRow> cacheRowFromJson(const Json& json);

}  // namespace trimtab::ipc
