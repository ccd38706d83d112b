#include "tests/support/exposition_reader.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>
#include <stdexcept>

namespace callboard::test {

namespace {

[[noreturn]] void refuse(std::string_view line, const char* why) {
  throw std::runtime_error{std::string{why} + ": " + std::string{line}};
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name(std::string_view x) {
  if (x.empty() || !is_letter(x.front()))
    return false;
  for (char c : x)
    if (!is_letter(c) && c != ':' && !(c >= '0' && c <= '9'))
      return false;
  return true;
}

/// One line from left to right.
class reader {
public:
  explicit reader(std::string_view line) : line_(line), left_(line) {}

  std::string until(std::string_view ends) {
    auto n = left_.find_first_of(ends);
    auto out = left_.substr(0, n);
    left_.remove_prefix(out.size());
    return std::string{out};
  }

  std::string name(std::string_view ends) {
    auto out = until(ends);
    if (!is_name(out))
      refuse(line_, "no name");
    return out;
  }

  void take(char c) {
    if (left_.empty() || left_.front() != c)
      refuse(line_, "another character was expected");
    left_.remove_prefix(1);
  }

  bool next_is(char c) const { return !left_.empty() && left_.front() == c; }

  /// Up to a quote, or to the end.
  std::string escaped(bool quoted) {
    std::string out;
    while (!left_.empty() && !(quoted && left_.front() == '"')) {
      char c = left_.front();
      left_.remove_prefix(1);
      out += c == '\\' ? escape(quoted) : c;
    }
    return out;
  }

  double number() {
    auto text = std::string{left_};
    left_ = {};
    if (text == "+Inf")
      return std::numeric_limits<double>::infinity();
    char* end = nullptr;
    auto out = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !std::isfinite(out)
        || text.find_first_not_of("0123456789.e+-") != text.npos)
      refuse(line_, "no number");
    return out;
  }

private:
  char escape(bool quoted) {
    if (left_.empty())
      refuse(line_, "a lone backslash");
    char c = left_.front();
    left_.remove_prefix(1);
    if (c == 'n')
      return '\n';
    if (c != '\\' && !(quoted && c == '"'))
      refuse(line_, "an unknown escape");
    return c;
  }

  std::string_view line_;
  std::string_view left_;
};

metric_sample read_sample(std::string_view line) {
  reader in{line};
  metric_sample out;
  out.name = in.name("{ ");
  if (in.next_is('{')) {
    in.take('{');
    while (!in.next_is('}')) {
      auto name = in.name("=");
      in.take('=');
      in.take('"');
      auto value = in.escaped(true);
      in.take('"');
      if (!out.labels.emplace(name, value).second)
        refuse(line, "a label twice");
      if (!in.next_is('}'))
        in.take(',');
    }
    in.take('}');
  }
  in.take(' ');
  out.value = in.number();
  return out;
}

bool belongs(const std::string& sample, const std::string& family,
             const std::string& type) {
  if (type != "histogram")
    return sample == family;
  for (auto part : {"_bucket", "_sum", "_count"})
    if (sample == family + part)
      return true;
  return false;
}

using buckets = std::map<double, double>;

/// Buckets rise up to `+Inf`, which is the count.
void check_histogram(const std::string& name, const metric_family& x) {
  std::map<std::map<std::string, std::string>, buckets> found;
  std::map<std::map<std::string, std::string>, double> counts;
  for (auto& sample : x.samples) {
    auto labels = sample.labels;
    if (sample.name == name + "_bucket") {
      auto bound = reader{labels.at("le")}.number();
      labels.erase("le");
      found[labels][bound] = sample.value;
    } else if (sample.name == name + "_count") {
      counts[labels] = sample.value;
    }
  }
  if (counts.size() != found.size())
    refuse(name, "buckets without a count");
  for (auto& [labels, list] : found) {
    double before = 0;
    for (auto& [bound, n] : list) {
      if (n < before)
        refuse(name, "a bucket is less than the one before");
      before = n;
    }
    if (!std::isinf(list.rbegin()->first) || before != counts.at(labels))
      refuse(name, "+Inf is not the count");
  }
}

void check_family(const std::string& name, const metric_family& x) {
  std::set<std::pair<std::string, std::map<std::string, std::string>>> seen;
  for (auto& sample : x.samples) {
    if (!seen.emplace(sample.name, sample.labels).second)
      refuse(sample.name, "the same sample twice");
    if (x.type != "gauge" && sample.value < 0)
      refuse(sample.name, "a count below zero");
  }
  if (x.type == "histogram")
    check_histogram(name, x);
  if (x.type == "counter" && !name.ends_with("_total"))
    refuse(name, "a counter's name does not end in _total");
}

} // namespace

std::map<std::string, metric_family> read_exposition(std::string_view text) {
  std::map<std::string, metric_family> out;
  std::string present;
  if (text.empty() || text.back() != '\n')
    refuse(text, "the last line has no end");
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    if (line.starts_with("# HELP ")) {
      reader in{line.substr(7)};
      present = in.name(" ");
      in.take(' ');
      if (!out.emplace(present, metric_family{"", in.escaped(false), {}})
               .second)
        refuse(line, "a family twice");
      continue;
    }
    if (line.starts_with("# TYPE ")) {
      reader in{line.substr(7)};
      if (in.name(" ") != present)
        refuse(line, "the type of another family");
      in.take(' ');
      auto type = in.until("");
      if (type != "counter" && type != "gauge" && type != "histogram")
        refuse(line, "an unknown type");
      out[present].type = type;
      continue;
    }
    auto sample = read_sample(line);
    auto& family = out[present];
    if (family.type.empty() || !belongs(sample.name, present, family.type))
      refuse(line, "a sample without its family");
    family.samples.push_back(std::move(sample));
  }
  for (auto& [name, family] : out)
    check_family(name, family);
  return out;
}

double sum_of(const std::map<std::string, metric_family>& all,
              const std::string& name,
              const std::map<std::string, std::string>& labels) {
  double out = 0;
  for (auto& [family, x] : all)
    for (auto& sample : x.samples) {
      auto fits = sample.name == name;
      for (auto& [key, value] : labels) {
        auto i = sample.labels.find(key);
        fits = fits && i != sample.labels.end() && i->second == value;
      }
      out += fits ? sample.value : 0;
    }
  return out;
}

} // namespace callboard::test
