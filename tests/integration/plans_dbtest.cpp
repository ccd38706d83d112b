#define CAF_SUITE plans
#include "protocols/error.hpp"
#include "protocols/messages.hpp"
#include "storage/changes.hpp"
#include "storage/erasure.hpp"
#include "storage/lists.hpp"
#include "storage/retention.hpp"
#include "storage/sql.hpp"
#include "tests/support/large_database.hpp"
#include "tests/support/query_plan.hpp"

#include <caf/all.hpp>
#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace callboard;
using namespace callboard::storage;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

/// Visits beyond what is counted: an owner's rows for the total and again for
/// the page, index entries and rows, and what a sorted walk passes over.
constexpr int64_t slack = 8 * owned_rows;

/// A thousand matches of the memory are ranked, and to find them among others'
/// rows may take some more.
constexpr int64_t searched = large_rows / 2;

/// Counts of everybody's rows: by an index, but of all.
constexpr int64_t uncounted = 3 * large_rows;

/// Asks the program's questions of a large database, and looks how it finds the
/// answers.
class judge {
public:
  explicit judge(const test_database& place)
      : session_(place.connect()), noted_(place.connect()), plans_(place) {}

  recorder& session() { return noted_; }

  /// The row with this id.
  template <class T>
  T row(int64_t id) {
    std::vector<cell> params{id};
    auto found = select<T>(*session_, "WHERE id = $1", params);
    CAF_REQUIRE(found);
    return found->front();
  }

  template <class Query>
  auto ask(const Query& query) {
    auto found = answer(noted_, query, deadline_in(1min));
    if (!found)
      CAF_FAIL(detail(found.error()));
    return std::move(*found);
  }

  /// A list: it may visit what it counts, a few times, and the slack.
  template <class Query>
  void list(const Query& query) {
    auto total = ask(query).total;
    look(std::to_string(total) + " rows", 4 * total + slack);
  }

  /// Any other question.
  template <class Query>
  void question(const Query& query, int64_t most = slack) {
    ask(query);
    look("a question", most);
  }

  /// What the session did since the last look.
  void look(const std::string& what, int64_t most) {
    for (auto& x : noted_.statements)
      if (x.text.starts_with("SET ") || seen_.insert(key_of(x)).second)
        for (auto& plan : plans_.plans_of(x))
          judge_plan(x, plan, what, most);
    noted_.statements.clear();
  }

  int64_t statements() const { return static_cast<int64_t>(seen_.size()); }

private:
  static std::string key_of(const statement& x) {
    auto out = x.text;
    for (auto& param : x.params)
      out += '\n' + postgres_text(param).value_or("NULL");
    return out;
  }

  void judge_plan(const statement& x, const query_plan& plan,
                  const std::string& what, int64_t most) {
    for (auto& table : plan.scanned)
      CAF_ERROR("scans " << table << ": " << x.text << "\n" << plan.text);
    if (plan.touched > most)
      CAF_ERROR("visits " << plan.touched << " rows, not " << most << ", for "
                          << what << ": " << x.text << "\n"
                          << plan.text);
    CAF_CHECK(plan.scanned.empty() && plan.touched <= most);
  }

  std::shared_ptr<connection> session_;
  recorder noted_;
  plan_reader plans_;
  std::set<std::string> seen_;
};

template <class F>
void on_both_large(F scene) {
  for (auto kind : {dialect_kind::postgres, dialect_kind::sqlite}) {
    judge x{large_database(kind)};
    scene(x);
    CAF_MESSAGE(x.statements() << " statements");
  }
}

/// The question from its beginning, at an offset, and behind each of the rows.
template <class T, class Query>
void list_everywhere(judge& x, Query query, const std::vector<T>& rows) {
  x.list(query);
  query.offset = 200;
  x.list(query);
  query.offset = 0;
  auto order = order_of(query);
  for (auto& row : rows) {
    query.after = position_of(row, order.column);
    x.list(query);
    if (!order.nullable)
      break; // the others differ in a null alone
  }
}

/// Owner, status, skill, project and search, each given or not, and each order.
template <class F>
void for_each_task_query(const std::string& owner, F use) {
  for (auto status : {"", "pending"})
    for (auto skill : {"", "skill7"})
      for (int64_t project : {0, 207})
        for (auto search : {"", "title 777"})
          for (size_t order = 0; order < enum_names<task_order>.size(); ++order)
            for (auto descending : {true, false}) {
              task_query query;
              query.owner = owner;
              query.status = status;
              query.skill_name = skill;
              query.project_id = project;
              query.search = search;
              query.sort_by = static_cast<task_order>(order);
              query.descending = descending;
              use(query);
            }
}

void list_tasks(const std::string& owner) {
  on_both_large([&](judge& x) {
    std::vector<task> rows{x.row<task>(50'000), x.row<task>(50'001)};
    CAF_REQUIRE(!rows[0].next_run_at && rows[1].next_run_at);
    for_each_task_query(owner,
                        [&](auto& query) { list_everywhere(x, query, rows); });
  });
}

void list_projects(int64_t owner) {
  on_both_large([&](judge& x) {
    std::vector<project> rows{x.row<project>(50'007)};
    for (auto status : {"", "archived"})
      for (auto search : {"", "project 777"})
        for (auto order :
             {project_order::newest, project_order::oldest,
              project_order::by_name, project_order::by_name_down,
              project_order::most_tasks, project_order::fewest_tasks}) {
          if (owner == 0
              && (order == project_order::most_tasks
                  || order == project_order::fewest_tasks))
            continue; // counts everybody's tasks: there is no index of that
          project_query query;
          query.owner = owner;
          query.status = status;
          query.search = search;
          query.sort_by = order;
          for (auto complete : {false, true}) {
            query.complete = complete;
            list_everywhere(x, query, rows);
          }
        }
  });
}

/// The rows that a selector finds, as the repositories ask for them.
template <class T>
void fetch(judge& x, std::vector<selector> wanted) {
  fetch_batch<T> batch;
  batch.wanted = std::move(wanted);
  batch.deadline = deadline_in(1min);
  if (auto err = run_fetches(x.session(), batch))
    CAF_FAIL(detail(err));
  x.look("a fetch", slack);
}

/// A change that looks at these rows and touches the first.
template <class T>
void change(judge& x, change_request<T> wanted) {
  wanted.ctx.user_id = 7;
  wanted.ctx.deadline = deadline_in(1min);
  wanted.decide = [](const facts<T>& now) -> caf::expected<outcome<T>> {
    outcome<T> out;
    if (!now.rows.empty())
      out.rows.push_back(now.rows.front());
    return out;
  };
  change_batch<T> batch;
  batch.requests.push_back(std::move(wanted));
  batch.deadline = deadline_in(1min);
  if (auto err = run_changes(x.session(), batch))
    CAF_FAIL(detail(err));
  CAF_REQUIRE(batch.results.front());
  x.look("a change", slack);
}

} // namespace

CAF_TEST(the tasks of an owner are listed without a scan) { list_tasks("7"); }

CAF_TEST(the tasks of everybody are listed without a scan) { list_tasks(""); }

CAF_TEST(the projects of an owner are listed without a scan) {
  list_projects(7);
}

CAF_TEST(the projects of everybody are listed without a scan) {
  list_projects(0);
}

CAF_TEST(a text that only deleted rows have is missed without a scan) {
  on_both_large([](judge& x) {
    for (auto descending : {true, false}) {
      task_query tasks;
      tasks.search = "gone";
      tasks.descending = descending;
      x.list(tasks);
    }
    for (auto order : {project_order::newest, project_order::by_name}) {
      project_query projects;
      projects.search = "gone";
      projects.sort_by = order;
      x.list(projects);
    }
  });
}

CAF_TEST(agents are listed without a scan) {
  on_both_large([](judge& x) {
    std::vector<agent> rows{x.row<agent>(50'000), x.row<agent>(50'002)};
    CAF_REQUIRE(!rows[0].last_active_at && rows[1].last_active_at);
    for (auto type : {"", "coder"})
      for (auto status : {"", "idle"})
        for (auto complete : {false, true}) {
          agent_query query;
          query.type = type;
          query.status = status;
          query.limit = 20;
          query.complete = complete;
          list_everywhere(x, query, rows);
        }
  });
}

CAF_TEST(the audit log is listed without a scan) {
  on_both_large([](judge& x) {
    std::vector<audit_entry> rows{x.row<audit_entry>(50'000)};
    time_range day;
    day.from = rows.front().at + -24h;
    day.until = rows.front().at;
    for (auto table : {"", "users"})
      for (int64_t record : {0, 77})
        for (auto user : {"", "7"})
          for (auto& written : {time_range{}, day}) {
            audit_query query;
            query.table_name = table;
            query.record_id = record;
            query.user_id = user;
            query.written = written;
            query.limit = 20;
            list_everywhere(x, query, rows);
          }
  });
}

CAF_TEST(runs are found by task and by agent without a scan) {
  on_both_large([](judge& x) {
    auto middle = x.row<execution>(50'000);
    for (int64_t id : {int64_t{77}, middle.task_id}) {
      history_query query;
      query.task_id = id;
      x.question(query);
      query.offset = 5;
      x.question(query);
      query.offset = 0;
      query.after = position_of(middle, "started_at");
      x.question(query);
      query.started.from = middle.started_at + -24h;
      x.question(query);
    }
    for (int64_t agent : {0, 7}) {
      x.question(activity_query{agent, 100});
      x.question(activity_query{agent, 500});
    }
    for (auto complete : {false, true})
      x.question(agent_item_query{7, 50, complete});
    for (auto complete : {false, true})
      x.question(project_tasks_query{207, 1000, 0, complete});
  });
}

CAF_TEST(accounts are listed without a scan) {
  on_both_large([](judge& x) {
    std::vector<user> rows{x.row<user>(50'000)};
    for (auto search : {"", "user77"})
      for (auto as : {"", "admin", "user"})
        for (auto active : {"", "true", "false"}) {
          user_query query;
          query.search = search;
          query.role = as;
          query.active = active;
          list_everywhere(x, query, rows);
        }
  });
}

CAF_TEST(all about a user is found without a scan) {
  on_both_large([](judge& x) { x.question(personal_data_query{7}); });
}

CAF_TEST(the stream is read from a place on without a scan) {
  on_both_large([](judge& x) { x.question(event_query{0, 100}); });
}

CAF_TEST(what is left of an erased account is found without a scan) {
  on_both_large([](judge& x) {
    CAF_REQUIRE(!x.session().begin({1min}));
    std::vector<int64_t> users{7};
    if (auto err = erase_belongings(x.session(), users))
      CAF_FAIL(detail(err));
    x.session().rollback(); // the others ask for these rows
    x.look("an erasure", slack);
  });
}

CAF_TEST(what is past its time is found without a scan) {
  on_both_large([](judge& x) {
    for (auto what : {kept_rows::audit, kept_rows::executions,
                      kept_rows::tokens, kept_rows::idempotency_keys})
      for (int64_t most : {0, 1'000'000'000}) {
        auto removed = prune(x.session(), {what, timestamp{1000}, most, 1000},
                             deadline_in(1min));
        if (!removed)
          CAF_FAIL(detail(removed.error()));
        x.look("retention", slack);
      }
  });
}

CAF_TEST(a summary counts by an index) {
  on_both_large([](judge& x) {
    x.question(summary_query{7}, uncounted); // the registry is everybody's
    x.question(summary_query{0}, uncounted);
  });
}

CAF_TEST(the memory is searched without a scan) {
  on_both_large([](judge& x) {
    for (auto owner : {"", "7", "99999"})
      for (auto text :
           {"common", "common words everywhere", "group7", "absent"})
        for (auto project : {"", "p3"})
          for (auto intent : {"", "bugfix"})
            x.question(memory_query{owner, text, project, intent, 10},
                       searched);
    for (auto owner : {"", "7", "99999"}) {
      for (auto task : {"t7", "absent"})
        x.question(memory_task_query{owner, task, true}, searched);
      x.question(memory_project_query{owner, "p3"}, searched);
    }
  });
}

CAF_TEST(rows are looked up and locked by an index) {
  on_both_large([](judge& x) {
    fetch<user>(x, {{lookup::id, {int64_t{7}}}, {lookup::id, {int64_t{8}}}});
    fetch<user>(x, {{lookup::name, {"user7", "nobody@x"}}});
    fetch<user>(x, {{lookup::admins, {}}});
    fetch<refresh_token>(x, {{lookup::token, {"token77"}}});
    fetch<refresh_token>(x, {{lookup::owner, {int64_t{7}}}});
    fetch<task_detail>(x, {{lookup::id, {int64_t{77}}}});
    change_request<task> one_task;
    one_task.rows = {lookup::id, {int64_t{77}}};
    one_task.also<project_reference>() = {lookup::id, {int64_t{207}}};
    one_task.also<execution>() = {lookup::open_of_task, {int64_t{77}}};
    change(x, one_task);
    change_request<task> all_of_project;
    all_of_project.rows = {lookup::living_of_project, {int64_t{207}}};
    change(x, all_of_project);
    for (auto key : {"key6", "absent"}) {
      one_task.ctx.once = {key, "POST /x", "h"};
      change(x, one_task);
    }
    change_request<project> one_project;
    one_project.rows = {lookup::id, {int64_t{207}}};
    one_project.also<task>() = {lookup::living_of_project, {int64_t{207}}};
    one_project.also<execution>() = {lookup::open_of_project, {int64_t{207}}};
    change(x, one_project);
    one_project.also<task>() = {lookup::deleted_of_project, {int64_t{207}}};
    change(x, one_project);
    change_request<agent> one_agent;
    one_agent.rows = {lookup::name, {int64_t{77}, "agent 78"}};
    change(x, one_agent);
    change_request<user> admins;
    admins.rows = {lookup::admins, {}};
    change(x, admins);
    change_request<refresh_token> family;
    family.rows = {lookup::token, {"token77"}};
    change(x, family);
  });
}
