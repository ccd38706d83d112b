-- One request for wrk, from the environment: METHOD, BODY, TOKEN; with KEYS set
-- each has an Idempotency-Key of its own, with FORMAT set each is put together
-- anew as those are. Prints what was measured as one line of JSON.
wrk.method = os.getenv("METHOD") or "GET"
wrk.body = os.getenv("BODY")
if wrk.body then
  wrk.headers["Content-Type"] = "application/json"
end
if os.getenv("TOKEN") then
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
end

if os.getenv("KEYS") then
  local prefix, sent = os.getenv("KEYS"), 0
  function request()
    sent = sent + 1
    wrk.headers["Idempotency-Key"] = prefix .. "-" .. sent
    return wrk.format()
  end
elseif os.getenv("FORMAT") then
  function request()
    return wrk.format()
  end
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50_us":%d,"p99_us":%d,"max_us":%d,' ..
    '"failed":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50),
    latency:percentile(99), latency.max,
    e.connect + e.read + e.write + e.status + e.timeout))
end
