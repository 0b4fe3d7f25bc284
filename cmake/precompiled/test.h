#pragma once
// What nearly every test includes.
#include "cmake/precompiled/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
