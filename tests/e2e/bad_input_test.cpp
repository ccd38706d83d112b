#define CAF_SUITE bad_input
#include "protocols/jwt.hpp"
#include "tests/support/answer_check.hpp"
#include "tests/support/input_cases.hpp"
#include "tests/support/served.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <functional>

using namespace callboard;
using namespace callboard::test;

namespace {

constexpr auto key = "generated-bad-input-generated-bad-input";

/// An operation of the document.
struct operation {
  std::string method; ///< `POST`
  std::string path;   ///< with its parameters in braces
  const json_value& about;

  /// To everybody, or to some without a token.
  bool open() const {
    auto* security = member_of(about, "security");
    return security != nullptr
           && (security->Empty()
               || std::any_of(security->Begin(), security->End(),
                              [](auto& way) { return way.ObjectEmpty(); }));
  }
  bool for_admins() const { return path.find("/admin/") != path.npos; }
};

void for_each_operation(const std::function<void(const operation&)>& f) {
  auto& document = answer_check::shared().document();
  for (auto& path : document["paths"].GetObject())
    for (auto& x : path.value.GetObject()) {
      std::string method = x.name.GetString();
      for (auto& c : method)
        c = static_cast<char>(c - 32);
      f({method, path.name.GetString(), x.value});
    }
}

/// A server, an admin, somebody with a row of each kind, and a stranger.
struct scene {
  explicit scene(served& x)
      : server(x), admin(x.server.port()), owner(x.server.port()),
        stranger(x.server.port()) {
    admin.log_in("admin", "Adm1nPassw0rd");
    stranger.sign_up("stranger");
    renew();
  }

  /// Another owner with rows of its own: the one before may be gone.
  void renew() {
    owner.token.clear();
    owner.sign_up("owner" + std::to_string(++made));
    auto me = owner.get("/api/v1/auth/me");
    ids["user_id"] = me.text("id");
    ids["project_id"]
        = owner.post("/api/v1/projects", R"({"name":"p"})").text("id");
    ids["task_id"]
        = owner
              .post("/api/v1/tasks", R"({"skill_name":"s","schedule_cron":)"
                                     R"("0 9 * * *","project_id":)"
                                         + ids["project_id"] + '}')
              .text("id");
    ids["agent_id"]
        = owner
              .post("/api/v1/agents", "{\"name\":\"a" + std::to_string(made)
                                          + R"(","type":"coder"})")
              .text("id");
    ids["session_id"] = "1";
    ids["conflict_id"] = "none";
  }

  /// The path with the ids of this owner, `but` one of them.
  std::string path_of(const operation& x, const std::string& name = {},
                      const std::string& but = {}) const {
    auto out = x.path;
    for (size_t at = 0; (at = out.find('{', at)) != out.npos;) {
      auto end = out.find('}', at);
      auto wanted = out.substr(at + 1, end - at - 1);
      auto i = ids.find(wanted);
      auto text = wanted == name ? but : i == ids.end() ? "1" : i->second;
      out.replace(at, end - at + 1, text);
      at += text.size();
    }
    return out;
  }

  served& server;
  api admin;
  api owner;
  api stranger;
  std::map<std::string, std::string> ids;
  int made = 0;
};

const json_value& resolved(const json_value& schema) {
  auto* reference = member_of(schema, "$ref");
  if (reference == nullptr)
    return schema;
  schema_check all{answer_check::shared().document()};
  return *all.find(reference->GetString());
}

/// The schema of the body, or null.
const json_value* body_schema(const operation& x) {
  auto* body = member_of(x.about, "requestBody");
  return body == nullptr
             ? nullptr
             : &resolved((*body)["content"]["application/json"]["schema"]);
}

/// Sends what is wrong; the client compares the answer with the document. None
/// is a 5xx, but of what is switched off.
void judge(api& client, const operation& x, const std::string& target,
           const std::string& body = {}) {
  std::string why;
  try {
    auto got = client.send(x.method, target, body);
    auto off = got.body.find("SCHEDULE_SYNC_ENABLED") != std::string::npos;
    if (got.status == 0 || (got.status >= 500 && !off))
      why = "status " + std::to_string(got.status) + ' ' + got.body;
    if (got.fields.count("x-injected") != 0)
      why = "a header was injected";
  } catch (const std::exception& e) {
    why = e.what();
  }
  if (!why.empty())
    CAF_ERROR(x.method << ' ' << target.substr(0, 300) << ' '
                       << body.substr(0, 300) << ": " << why);
}

api& caller_of(scene& s, const operation& x) {
  return x.for_admins() || x.path.starts_with("/api/sync")
                 || x.path.starts_with("/api/v1/audit")
             ? s.admin
             : s.owner;
}

} // namespace

CAF_TEST(bad parameters of every operation get a documented answer) {
  for_each_database([](served& server) {
    scene s{server};
    for_each_operation([&](const operation& x) {
      auto* parameters = member_of(x.about, "parameters");
      if (parameters == nullptr || x.method == "DELETE")
        return;
      auto* schema = body_schema(x);
      auto body = schema == nullptr ? "" : body_of(*schema);
      for (auto& parameter : parameters->GetArray()) {
        auto& what = resolved(parameter);
        std::string name = what["name"].GetString();
        std::string in = what["in"].GetString();
        for (auto& text : odd_texts(resolved(what["schema"]))) {
          if (in == "query")
            judge(caller_of(s, x), x, s.path_of(x) + '?' + name + '=' + text,
                  body);
          else if (in == "path" && !text.empty())
            judge(caller_of(s, x), x, s.path_of(x, name, text), body);
        }
      }
      judge(caller_of(s, x), x, s.path_of(x) + "?unknown=1&unknown=2", body);
      s.renew();
    });
  });
}

CAF_TEST(bad bodies of every operation get a documented answer) {
  for_each_database([](served& server) {
    scene s{server};
    for_each_operation([&](const operation& x) {
      auto* schema = body_schema(x);
      if (schema == nullptr)
        return;
      auto send = [&](const std::string& body) {
        judge(caller_of(s, x), x, s.path_of(x), body);
      };
      for (auto body : {"", "{", "[]", "null", "1", "\"x\"", "{}",
                        R"({"unknown":1})", R"({"a":1,"a":2})", "\xff\xfe",
                        R"({"role":"admin","id":1,"user_id":1})"})
        send(body);
      auto* fields = member_of(*schema, "properties");
      if (fields == nullptr)
        return;
      for (auto& field : fields->GetObject()) {
        std::string name = field.name.GetString();
        send(body_of(*schema, {}, {}, name));
        for (auto& value : odd_values(resolved(field.value)))
          send(body_of(*schema, name, value));
      }
      s.renew();
    });
  });
}

CAF_TEST(no operation takes a missing expired or wrong token) {
  auto server = serve_sqlite({{"JWT_SECRET_KEY", key}});
  scene s{*server};
  claims x;
  x.user_id = 1;
  x.type = token_type::access;
  x.iat = 1'000'000;
  x.exp = 1'000'060;
  auto expired = sign_jwt(signing_key{key}, x);
  auto refresh = s.owner.log_in("owner1").text("refresh_token");
  api nobody{server->server.port()};
  for_each_operation([&](const operation& each) {
    if (each.open())
      return;
    for (auto& token : {std::string{}, expired, refresh, s.owner.token + 'x'}) {
      nobody.token = token;
      auto* schema = body_schema(each);
      auto got = nobody.send(each.method, s.path_of(each),
                             schema == nullptr ? "" : body_of(*schema));
      if (got.status != 401)
        CAF_ERROR(each.method << ' ' << each.path << ": " << got.status);
    }
  });
}

CAF_TEST(no operation lets a stranger at the rows of another) {
  for_each_database([](served& server) {
    scene s{server};
    auto rows = [&] {
      return s.owner.get("/api/v1/tasks").body
             + s.owner.get("/api/v1/projects").body
             + s.owner.get("/api/v1/auth/me").body;
    };
    auto before = rows();
    for_each_operation([&](const operation& x) {
      auto about_rows = x.path.find("{task_id}") != x.path.npos
                        || x.path.find("{project_id}") != x.path.npos
                        || x.for_admins();
      auto memory = x.path.find("/memory/") != x.path.npos;
      if (!about_rows || memory)
        return;
      auto* schema = body_schema(x);
      auto got = s.stranger.send(x.method, s.path_of(x),
                                 schema == nullptr ? "" : body_of(*schema));
      if (got.status < 400)
        CAF_ERROR(x.method << ' ' << x.path << ": " << got.status);
    });
    CAF_CHECK_EQUAL(rows(), before);
  });
}
