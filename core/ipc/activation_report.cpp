#include "core/ipc/activation_report.h"

#include "core/ipc/json_fields.h"

namespace trimtab::ipc {

Json toJson(const ChannelRow& row) {
    Json worst = Json::array();
    for (const ChannelRow::Outlier& outlier : row.worst)
        worst.push_back({{"channel", outlier.channel},
                         {"largest", encode(outlier.largest)},
                         {"times_median", encode(outlier.timesMedian)}});
    return {{"node", row.node},
            {"channels", row.channels},
            {"outliers", row.outliers},
            {"largest", encode(row.largest)},
            {"times_median", encode(row.timesMedian)},
            {"kurtosis", encode(row.kurtosis)},
            {"worst", std::move(worst)}};
}

namespace {

Result<ChannelRow::Outlier> outlierFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a channel"));
    ChannelRow::Outlier outlier;
    TRIMTAB_TRY(outlier.channel, base::integerAt(json, "channel", 0));
    TRIMTAB_TRY(outlier.largest, realAt(json, "largest", 0));
    TRIMTAB_TRY(outlier.timesMedian, realAt(json, "times_median", 0));
    return outlier;
}

}  // namespace

Result<ChannelRow> channelRowFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a layer's channels"));
    ChannelRow row;
    TRIMTAB_TRY(row.node, base::stringAt(json, "node"));
    TRIMTAB_TRY(row.channels, base::integerAt(json, "channels", 0));
    TRIMTAB_TRY(row.outliers, base::integerAt(json, "outliers", 0));
    TRIMTAB_TRY(row.largest, realAt(json, "largest", 0));
    TRIMTAB_TRY(row.timesMedian, realAt(json, "times_median", 0));
    TRIMTAB_TRY(row.kurtosis, realAt(json, "kurtosis", 0));
    const Json* worst = base::memberAt(json, "worst");
    if (!worst) return row;
    if (!worst->is_array()) return fail(ErrorCode::Refused, "\"worst\" must be an array");
    for (const Json& item : *worst) {
        TRIMTAB_TRY(const auto outlier, outlierFromJson(item));
        row.worst.push_back(outlier);
    }
    return row;
}

Json toJson(const CacheRow& row) {
    return {{"attentions", row.attentions},
            {"all_counted", row.isKnown},
            {"original_bytes_per_token", encode(row.originalPerToken)},
            {"bytes_per_token", encode(row.perToken)},
            {"fixed_bytes", encode(row.fixed)}};
}

Result<CacheRow> cacheRowFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a cache"));
    CacheRow row;
    TRIMTAB_TRY(const std::int64_t attentions, base::integerAt(json, "attentions", 0));
    row.attentions = static_cast<int>(attentions);
    TRIMTAB_TRY(row.isKnown, base::booleanAt(json, "all_counted", true));
    TRIMTAB_TRY(row.originalPerToken, realAt(json, "original_bytes_per_token", 0));
    TRIMTAB_TRY(row.perToken, realAt(json, "bytes_per_token", 0));
    TRIMTAB_TRY(row.fixed, realAt(json, "fixed_bytes", 0));
    return row;
}

}  // namespace trimtab::ipc
