#include "actors/yaml.hpp"

#include "protocols/error.hpp"
#include "protocols/unicode.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace callboard::actors {

namespace {

/// Leaves the parser from within an event.
struct refused {
  int line;
  std::string text;
};

/// A text of 64 KiB may have twice that in quotes [bytes].
constexpr std::streamsize most_held = 256 << 10;

/// Hands the parser its bytes as long as something comes of them: what may
/// still become a key, such as `{{{{...`, it holds back, at 230 times its size
/// (yaml-cpp 0.7, measured 2026-11-28).
class metered_input final : public std::stringbuf {
public:
  explicit metered_input(std::string_view bytes)
      : std::stringbuf(std::string{bytes}, std::ios_base::in) {}

  /// The parser came this far.
  void pass(int line) {
    held_ = 0;
    line_ = line;
  }

protected:
  std::streamsize xsgetn(char* out, std::streamsize n) override {
    held_ += n;
    if (held_ > most_held)
      throw refused{line_, "more than " + std::to_string(most_held)
                               + " bytes without a value"};
    return std::stringbuf::xsgetn(out, n);
  }

private:
  std::streamsize held_ = 0;
  int line_ = 1;
};

bool is_nothing(const yaml_node& x) {
  return x.what == yaml_node::kind::plain && x.text.empty();
}

/// Builds the tree from the parser's events; bounded as it grows.
class tree_builder final : public YAML::EventHandler {
public:
  tree_builder(yaml_limits limits, metered_input& input)
      : limits_(limits), input_(input) {}

  yaml_node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      throw refused{mark.line + 1, "there is more than one document"};
  }

  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(made(yaml_node::kind::plain, mark, "", anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw refused{mark.line + 1, "aliases are not accepted"};
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    auto kind = tag == "!" ? yaml_node::kind::quoted : yaml_node::kind::plain;
    auto node = made(kind, mark, tag, anchor);
    node.text = value;
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(made(yaml_node::kind::list, mark, tag, anchor));
  }

  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(made(yaml_node::kind::map, mark, tag, anchor));
  }

  void OnMapEnd() override { close(); }

private:
  /// A list or map whose end is still to come.
  struct frame {
    yaml_node node;
    std::set<std::string> keys = {};
    bool has_key = false; ///< the next node of the map is a value
    int line = 0;         ///< of the last key
  };

  yaml_node made(yaml_node::kind what, const YAML::Mark& mark,
                 const std::string& tag, YAML::anchor_t anchor) {
    yaml_node out;
    out.what = what;
    out.line = mark.line + 1;
    input_.pass(out.line);
    if (anchor != 0)
      throw refused{out.line, "anchors are not accepted"};
    if (!tag.empty() && tag != "?" && tag != "!")
      throw refused{out.line, "tags are not accepted"};
    if (++nodes_ > limits_.nodes)
      throw refused{out.line,
                    "more than " + std::to_string(limits_.nodes) + " values"};
    return out;
  }

  bool wants_key() const {
    return !open_.empty() && open_.back().node.what == yaml_node::kind::map
           && !open_.back().has_key;
  }

  void open(yaml_node node) {
    if (wants_key())
      throw refused{node.line, "a key must be a text"};
    if (static_cast<int>(open_.size()) >= limits_.depth)
      throw refused{node.line,
                    "more than " + std::to_string(limits_.depth) + " levels"};
    open_.push_back({std::move(node)});
  }

  void close() {
    auto done = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(done));
  }

  void add(yaml_node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    if (wants_key())
      return take_key(node);
    auto& parent = open_.back();
    parent.has_key = false;
    if (is_nothing(node) && parent.line != 0)
      node.line = parent.line; // the parser saw it behind
    parent.node.items.push_back(std::move(node));
  }

  void take_key(yaml_node& key) {
    auto& map = open_.back();
    if (is_nothing(key))
      throw refused{key.line, "a key must be a text"};
    if (key.what == yaml_node::kind::plain && key.text == "<<")
      throw refused{key.line, "merge keys are not accepted"};
    if (!map.keys.insert(key.text).second)
      throw refused{key.line, "the key '" + key.text + "' comes twice"};
    map.node.keys.push_back(std::move(key.text));
    map.has_key = true;
    map.line = key.line;
  }

  yaml_limits limits_;
  metered_input& input_;
  size_t nodes_ = 0;
  int documents_ = 0;
  std::vector<frame> open_;
  yaml_node root_;
};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r'
         && c != '\t';
}

/// What the parser takes, or takes for another encoding.
caf::error check_characters(std::string_view bytes) {
  if (!is_valid_utf8(bytes))
    return caf::make_error(errc::bad_request, std::string{"not UTF-8"});
  auto bad = std::find_if(bytes.begin(), bytes.end(), is_control);
  if (bad == bytes.end())
    return caf::none;
  return refuse_line(1 + static_cast<int>(std::count(bytes.begin(), bad, '\n')),
                     "control characters are not accepted");
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

/// RFC 8259 section 6.
bool is_number(std::string_view text) {
  if (text.starts_with('-'))
    text.remove_prefix(1);
  if (auto e = text.find_first_of("eE"); e != text.npos) {
    auto power = text.substr(e + 1);
    if (power.starts_with('+') || power.starts_with('-'))
      power.remove_prefix(1);
    if (!is_digits(power))
      return false;
    text = text.substr(0, e);
  }
  if (auto point = text.find('.'); point != text.npos) {
    if (!is_digits(text.substr(point + 1)))
      return false;
    text = text.substr(0, point);
  }
  return is_digits(text) && (text.size() == 1 || text[0] != '0');
}

void write_scalar(json_writer& out, const yaml_node& x) {
  auto plain = x.what == yaml_node::kind::plain;
  if (plain && (x.text.empty() || x.text == "null" || x.text == "~"))
    out.Null();
  else if (plain && (x.text == "true" || x.text == "false"))
    out.Bool(x.text == "true");
  else if (plain && is_number(x.text))
    out.raw(x.text);
  else
    out.String(x.text);
}

void write_node(json_writer& out, const yaml_node& x) {
  switch (x.what) {
  case yaml_node::kind::list:
    out.StartArray();
    for (auto& item : x.items)
      write_node(out, item);
    out.EndArray();
    return;
  case yaml_node::kind::map:
    out.StartObject();
    for (size_t i = 0; i < x.items.size(); ++i) {
      out.Key(x.keys[i]);
      write_node(out, x.items[i]);
    }
    out.EndObject();
    return;
  default:
    write_scalar(out, x);
  }
}

} // namespace

const yaml_node* yaml_node::find(std::string_view key) const {
  for (size_t i = 0; i < keys.size(); ++i)
    if (keys[i] == key)
      return &items[i];
  return nullptr;
}

caf::error refuse_line(int line, std::string_view text) {
  return caf::make_error(errc::bad_request, "line " + std::to_string(line)
                                                + ": " + std::string{text});
}

caf::expected<yaml_node> read_yaml(std::string_view bytes, yaml_limits limits) {
  if (auto err = check_characters(bytes))
    return err;
  try {
    metered_input input{bytes};
    std::istream in{&input};
    YAML::Parser parser{in};
    tree_builder out{limits, input};
    if (!parser.HandleNextDocument(out))
      return refuse_line(1, "there is no document");
    parser.HandleNextDocument(out); // a second one is refused
    return out.take();
  } catch (const refused& x) {
    return refuse_line(x.line, x.text);
  } catch (const YAML::Exception& x) {
    return refuse_line(x.mark.line + 1, x.msg);
  } catch (const std::exception& x) {
    return caf::make_error(errc::bad_request, std::string{x.what()});
  }
}

std::string json_of(const yaml_node& x) {
  std::string out;
  json_writer writer{out};
  write_node(writer, x);
  return out;
}

} // namespace callboard::actors
