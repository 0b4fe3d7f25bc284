#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/dataset/dataset.h"

namespace trimtab::worker {

/// The first samples of another dataset.
class FirstSamples final : public dataset::Dataset {
public:
    FirstSamples(std::shared_ptr<const dataset::Dataset> whole, std::int64_t count) : m_whole(std::move(whole)), m_count(count) {}
    const std::string& name() const override { return m_whole->name(); }
    const std::string& task() const override { return m_whole->task(); }
    const std::string& metric() const override { return m_whole->metric(); }
    std::int64_t size() const override { return m_count; }
    const std::string& hash() const override { return m_whole->hash(); }
    std::vector<std::string> inputNames() const override { return m_whole->inputNames(); }
    dataset::TokenRules tokenRules() const override { return m_whole->tokenRules(); }
    Result<dataset::Batch> batch(std::int64_t first, std::int64_t count) const override { return m_whole->batch(first, count); }

private:
    std::shared_ptr<const dataset::Dataset> m_whole;
    std::int64_t m_count;
};

}  // namespace trimtab::worker
