-- title: Versions of browsers, without bots
-- where logged: mean_duration, max_duration, total_duration
SELECT browser(user_agent) AS browser, browser_version(user_agent) AS version, count(*) AS requests,
       sum(bytes) AS bytes, approx_count_distinct(client) AS visitors, avg(duration) AS mean_duration,
       sum(duration) AS total_duration, max(duration) AS max_duration
FROM web
WHERE browser(user_agent) IS NOT NULL AND NOT is_bot(user_agent)
GROUP BY ALL ORDER BY requests DESC LIMIT 100
