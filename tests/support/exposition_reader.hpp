// Reads Prometheus' text format 0.0.4, strictly.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace callboard::test {

struct metric_sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct metric_family {
  std::string type; ///< counter, gauge, histogram
  std::string help;
  std::vector<metric_sample> samples;
};

/// Name -> family. Throws `std::runtime_error` with the line on what the format
/// does not allow: a sample before its `# TYPE`, or of another family; a name,
/// label, escape or number that is none; two samples of one name and labels; a
/// counter below zero; a histogram whose buckets fall or whose `+Inf` is not
/// its count.
std::map<std::string, metric_family> read_exposition(std::string_view text);

/// The sum of the samples that have these labels among theirs; 0 if none has.
double sum_of(const std::map<std::string, metric_family>& all,
              const std::string& name,
              const std::map<std::string, std::string>& labels = {});

} // namespace callboard::test
