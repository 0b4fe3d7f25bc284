#pragma once
// One function for each family of operators; the list in agreement_test.cpp is the only caller.
#include <vector>

#include "tests/operators/suite.h"

namespace trimtab::operators {

std::vector<Suite> elementwiseSuites();
std::vector<Suite> numberFormatSuites();
std::vector<Suite> quantizedSuites();
std::vector<Suite> microsoftQuantizedSuites();
std::vector<Suite> microsoftOlderNameSuites();
std::vector<Suite> visionSamplingSuites();
std::vector<Suite> visionRegionSuites();
std::vector<Suite> visionWindowSuites();
std::vector<Suite> visionBorderSuites();
std::vector<Suite> signalSuites();
std::vector<Suite> lossSuites();
std::vector<Suite> randomSuites();
std::vector<Suite> reductionSuites();
std::vector<Suite> indexingSuites();
std::vector<Suite> numericSuites();
std::vector<Suite> attentionSuites();
std::vector<Suite> transformerSuites();
std::vector<Suite> normalizationSuites();
std::vector<Suite> narrowCastSuites();
std::vector<Suite> narrowQuantizationSuites();
std::vector<Suite> sequenceSuites();
std::vector<Suite> optionalSuites();
std::vector<Suite> branchSuites();
std::vector<Suite> loopSuites();
std::vector<Suite> scanSuites();

/// The suites among `all` whose operators take 16-bit floats but which draw none, with such inputs.
std::vector<Suite> sixteenBitSuites(const std::vector<Suite>& all);

}  // namespace trimtab::operators
